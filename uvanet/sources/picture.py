"""A picture file: one picture, the pages of a TIFF, or the frames of an animated WebP."""

from __future__ import annotations

import bisect
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import av.error
import cv2
import numpy as np

from uvanet.errors import SourceError
from uvanet.i18n import tr
from uvanet.sources._files import check_file, looks_like_text
from uvanet.sources._opencv import quiet, to_bgr
from uvanet.sources._thread_safe import ThreadSafeSource
from uvanet.sources.base import Frame, SourceInfo, SourceKind
from uvanet.sources.frame_conversion import orientation_of
from uvanet.sources.heif import HEIF_SUFFIXES, decode_heif, is_avif, is_heif
from uvanet.sources.media_input import open_file
from uvanet.sources.orientation import Orientation

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

_PICTURES = "avif bmp dib exr hdr jp2 jpe jpeg jpg pbm pgm png pnm ppm tif tiff webp"
_VIDEOS = (
    "3g2 3gp apng asf avi dv f4v flv gif m2ts m4v mjpeg mjpg mkv mov mp4 mpeg mpg mts mxf ogv qt "
    "ts vob webm wmv y4m"
)
PICTURE_SUFFIXES = HEIF_SUFFIXES | {f".{name}" for name in _PICTURES.split()}
VIDEO_SUFFIXES = frozenset(f".{name}" for name in _VIDEOS.split())

_PAGE_SECONDS = 1.0
# FFmpeg has the same limit for video: 16384 x 16384.
_MAX_PIXELS = 1 << 28
# Memory of all frames of an animated WebP, which are decoded together.
_MAX_ANIMATION_BYTES = 1 << 30
_MIN_STEP_MS = 10
_HEAD_BYTES = 64
_PNG = b"\x89PNG\r\n\x1a\n"
_SIGNATURES = (b"\xff\xd8\xff", _PNG, b"BM", b"II*\0", b"MM\0*")
_UPRIGHT = cv2.IMREAD_ANYDEPTH | cv2.IMREAD_ANYCOLOR


def load_picture(path: Path) -> NDArray[np.uint8]:
    """Reads a picture as people see it.

    An orientation in EXIF is applied, values of 16 bits and floats become 8 bits, gray becomes
    color, and transparent pixels are blended with white.

    Returns:
        BGR, uint8, shape (h, w, 3), C-contiguous, a new array.

    Raises:
        SourceError: The file is missing, not a picture, cut off, or too large.
    """
    data = _read_file(path)
    try:
        image = _decode(data, path)
    except (cv2.error, MemoryError, OSError, ValueError) as error:
        raise _undecodable(path, error) from None
    if image is None:
        if looks_like_text(path):
            raise SourceError(
                tr("{path} is a text file, not a picture.").format(path=path),
                tr("Choose a picture."),
            )
        raise SourceError(
            tr("{path} is not a picture that can be read, or it is damaged.").format(path=path),
            tr("Save it again as PNG or JPEG."),
        )
    return to_bgr(image, str(path))


def _read_file(path: Path) -> NDArray[np.uint8]:
    """Reads a file as bytes and checks the size that it states.

    A few kilobytes can state a picture that would fill the memory. The file is not read by OpenCV,
    which cannot open names such as "Bücher.png" on Windows.

    Raises:
        SourceError: The file is missing or cannot be read, or the picture is too large.
    """
    check_file(path)
    quiet()
    try:
        data = np.fromfile(path, dtype=np.uint8)
    except (MemoryError, OSError) as error:
        raise _undecodable(path, error) from None
    width, height = stated_size(path)
    if width * height > _MAX_PIXELS:
        raise SourceError(
            tr("{path} states a size of {width} x {height} pixels, which is too large.").format(
                path=path, width=width, height=height
            ),
            tr("Make it smaller than {most:.0f} million pixels.").format(
                most=_MAX_PIXELS / 1000000.0
            ),
        )
    return data


def _undecodable(path: Path, error: Exception) -> SourceError:
    lines = str(error).strip().splitlines()
    return SourceError(
        tr("{path} cannot be decoded: {reason}.").format(
            path=path, reason=lines[0] if lines else type(error).__name__
        ),
        tr("Save it again as PNG or JPEG, smaller if it is huge."),
    )


def stated_size(path: Path) -> tuple[int, int]:
    """Width and height in pixels from the header of a picture; (-1, -1) if it states none."""
    import imagesize  # loads urllib and OpenSSL: 3 MB

    try:
        with path.open("rb") as file:
            width, height = imagesize.get(file)
    except (
        *(ArithmeticError, LookupError, OSError, SyntaxError, TypeError, ValueError),
        struct.error,
    ):
        return -1, -1  # the file is damaged or cannot be read
    return width, height


def _decode(data: NDArray[np.uint8], path: Path) -> NDArray[np.generic] | None:
    """Decodes a picture upright, with its alpha channel; None if it cannot be decoded."""
    head = data[:_HEAD_BYTES].tobytes()
    if is_heif(head):
        return decode_heif(data)
    return _decode_avif(data, path) if is_avif(head) else _decode_by_exif(data)


def _decode_by_exif(data: NDArray[np.uint8]) -> NDArray[np.generic] | None:
    """Decodes a picture of a format that OpenCV reads; see `_decode`.

    OpenCV turns a picture upright only if it drops the alpha channel. The orientation is therefore
    found by comparing the pictures with and without alpha, and applied to the one with alpha.
    """
    if bytes(data[:8]) == _PNG and not _is_whole_png(data.tobytes()):
        return None
    is_jpeg = bytes(data[:2]) == b"\xff\xd8"
    image = None if is_jpeg else cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    has_exif = is_jpeg or b"exif" in data.tobytes().lower()
    if image is None or (has_exif and (image.ndim == 2 or image.shape[2] != 4)):
        return cv2.imdecode(data, _UPRIGHT) if has_exif else image
    if not has_exif:
        return image
    upright, color = cv2.imdecode(data, _UPRIGHT), np.ascontiguousarray(image[:, :, :3])
    if upright is None:
        return image
    for orientation in (Orientation(m, q) for m in (False, True) for q in range(4)):
        if np.array_equal(orientation.apply(color), upright):
            return orientation.apply(image)
    return image


def _is_whole_png(data: bytes) -> bool:
    """Whether the chunks of a PNG lead to its end.

    For other files libpng writes to the terminal, and OpenCV allocates any length that a chunk
    states.
    """
    place = len(_PNG)
    while place + 12 <= len(data):
        if data[place + 4 : place + 8] == b"IEND":
            return True
        place += 12 + int.from_bytes(data[place : place + 4], "big")
    return False


def _decode_avif(data: NDArray[np.uint8], path: Path) -> NDArray[np.generic] | None:
    """Decodes an AVIF upright; OpenCV ignores its rotation and mirroring (irot, imir)."""
    image = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    try:
        with open_file(path) as media:
            orientation = orientation_of(next(media.container.decode(video=0)))
    except (av.error.FFmpegError, OSError, SourceError, StopIteration):
        return image
    return None if image is None else orientation.apply(image)


class PictureSource(ThreadSafeSource):
    """The frames of a picture file: usually one.

    The pages of a TIFF are slides, see `SourceInfo.slides`. An animated WebP is played. Animations
    of other formats are opened by `VideoSource`, see `is_animation`.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path.name)
        self._path = path.absolute()
        self._series = _Series([], 0.0, _no_picture)
        self._next_index = 0

    def files(self) -> list[Path]:
        """See `Source.files`."""
        return [self._path]

    def _open(self) -> SourceInfo:
        suffix = self._path.suffix.lower()
        series = None
        if suffix in (".tif", ".tiff", ".webp"):
            series = _pages(self._path) if suffix != ".webp" else _animation(self._path)
        image = load_picture(self._path) if series is None else series.load(0)
        self._series = series or _Series([0.0], 0.0, lambda _: image)
        count, duration = len(self._series.times), self._series.duration
        kind = SourceKind.PICTURE
        if count > 1:
            kind = SourceKind.VIDEO if suffix == ".webp" else SourceKind.FOLDER
        return SourceInfo(
            spec=str(self._path),
            title=self._title,
            kind=kind,
            width=image.shape[1],
            height=image.shape[0],
            fps=count / duration if duration else 0.0,
            frames=count,
            duration=duration or None,
            seekable=count > 1,
            slides=kind is SourceKind.FOLDER,
        )

    def _read(self) -> Frame | None:
        series, index = self._series, self._next_index
        if index >= len(series.times):
            return None
        self._next_index += 1
        return Frame(series.load(index), series.times[index], index)

    def _seek(self, seconds: float) -> None:
        self._next_index = max(0, bisect.bisect_right(self._series.times, seconds + 1e-6) - 1)

    def _release(self) -> None:
        self._series = _Series([], 0.0, _no_picture)


@dataclass(frozen=True, slots=True)
class _Series:
    """The pictures of a file.

    Attributes:
        times: Time at which each picture is shown, seconds.
        duration: Duration of all pictures, seconds; 0 for a single one.
        load: Returns the picture of an index as BGR, uint8, (h, w, 3).
    """

    times: list[float]
    duration: float
    load: Callable[[int], NDArray[np.uint8]]


def _no_picture(index: int) -> NDArray[np.uint8]:
    raise IndexError(index)


def _pages(path: Path) -> _Series | None:
    """The pages of a TIFF, each decoded when it is read; None if there are fewer than two."""
    data = _read_file(path)

    def decode(page: int) -> NDArray[np.generic] | None:
        try:
            done, images = cv2.imdecodemulti(data, cv2.IMREAD_UNCHANGED, range=(page, page + 1))
        except (cv2.error, MemoryError):
            return None
        return images[0] if done and images else None

    def load(page: int) -> NDArray[np.uint8]:
        image = decode(page)
        if image is None:
            raise SourceError(
                tr("Page {page} of {path} cannot be decoded.").format(page=page + 1, path=path),
                tr("The pages before are good."),
            )
        return to_bgr(image, str(path))

    # cv2.imcount takes only file names, and not all of them.
    low, high = 0, 2
    while decode(high - 1) is not None:
        low, high = high, 2 * high
    count = bisect.bisect_left(range(high), True, lo=low, key=lambda page: decode(page) is None)
    if count < 2:
        return None
    times = [_PAGE_SECONDS * page for page in range(count)]
    return _Series(times, _PAGE_SECONDS * count, load)


def _animation(path: Path) -> _Series | None:
    """The frames of an animated WebP; None for a still picture, or if decoding fails.

    Raises:
        SourceError: The frames would fill the memory.
    """
    data = _read_file(path)
    try:
        # Two frames show whether it is animated.
        start = list(cv2.imdecodeanimation(data, 0, 2)[1].frames)
        if len(start) < 2:
            return None
        most = max(2, _MAX_ANIMATION_BYTES // start[0].nbytes)
        animation = cv2.imdecodeanimation(data, 0, most + 1)[1]
        images = [to_bgr(image, str(path)) for image in animation.frames]
    except (cv2.error, MemoryError, SourceError):
        return None  # `load_picture` reads the first frame, or raises the error
    if len(images) > most:
        raise SourceError(
            tr("{path} holds more than {most} frames of {width} x {height} pixels.").format(
                path=path, most=most, width=start[0].shape[1], height=start[0].shape[0]
            ),
            tr("Convert it to a video."),
        )
    steps = [max(int(step), _MIN_STEP_MS) / 1000 for step in animation.durations]
    ends = [float(end) for end in np.cumsum(steps)]
    # Copies, since receivers may draw into their frames, and a seek returns a frame again.
    return _Series([0.0, *ends[:-1]], ends[-1], lambda index: images[index].copy())


def is_animation(path: Path) -> bool:
    """Whether a PNG or AVIF file is animated and has to be opened as a video."""
    if path.suffix.lower() not in (".png", ".avif"):
        return False
    try:
        with open_file(path) as media:
            if media.container.format.name == "apng":
                return True
            track = media.video
            return track is not None and track.frames > 1
    except (av.error.FFmpegError, OSError, SourceError, ValueError):
        return False


def is_picture(path: Path) -> bool:
    """Whether a file counts as a picture: by its suffix, else by its first bytes."""
    suffix = path.suffix.lower()
    if suffix in PICTURE_SUFFIXES:
        return True
    if suffix in VIDEO_SUFFIXES or not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as error:
        raise SourceError(
            tr("{path} cannot be read: {reason}.").format(path=path, reason=error.strerror),
            tr("Check the file and the disk."),
        ) from None
    return head.startswith(_SIGNATURES) or is_heif(head) or is_avif(head)
