"""A picture file: one picture, the pages of a TIFF, or the frames of an animated WebP."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av.error
import cv2
import numpy as np
from numpy.typing import NDArray

from uvanet.errors import SourceError
from uvanet.i18n import tr
from uvanet.sources._opencv import to_bgr
from uvanet.sources._thread_safe import ThreadSafeSource
from uvanet.sources.base import Frame, SourceInfo, SourceKind
from uvanet.sources.heif import HEIF_SUFFIXES, is_avif, is_heif
from uvanet.sources.media_input import open_file
from uvanet.sources.picture_decoding import HEAD_BYTES, load_picture, read_picture_file
from uvanet.sources.tiff_pages import hidden_pages

_PICTURES = (
    "avif bmp dds dib dpx exr fits hdr ico j2c j2k jls jp2 jpe jpeg jpg pbm pcx pfm pgm "
    "png pnm ppm psd qoi ras sgi tga tif tiff webp xbm xpm xwd"
)
_VIDEOS = (
    "3g2 3gp apng asf avi dv f4v flv gif m2ts m4v mjpeg mjpg mkv mov mp4 mpeg mpg mts mxf ogv qt "
    "ts vob webm wmv y4m"
)
PICTURE_SUFFIXES = HEIF_SUFFIXES | {f".{name}" for name in _PICTURES.split()}
VIDEO_SUFFIXES = frozenset(f".{name}" for name in _VIDEOS.split())

_PAGE_SECONDS = 1.0
# Memory of all frames of an animated WebP, which are decoded together.
_MAX_ANIMATION_BYTES = 1 << 30
_MIN_STEP_MS = 10
_PNG, _GIF = b"\x89PNG", (b"GIF87a", b"GIF89a")
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_MATROSKA = b"\x1a\x45\xdf\xa3"
_OTHERS = (b"\xff\xd8\xff", b"BM", b"8BPS", b"SDPX", b"XPDS", b"qoif", b"v/1\1", b"#?RADIANCE")


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
        head = _head(self._path)
        is_webp = _is_webp(head)
        series = None
        if is_webp or head.startswith(_TIFF):
            series = _animation(self._path) if is_webp else _pages(self._path)
        image = load_picture(self._path) if series is None else series.load(0)
        self._series = series or _Series([0.0], 0.0, lambda _: image)
        count, duration = len(self._series.times), self._series.duration
        kind = SourceKind.PICTURE
        if count > 1:
            kind = SourceKind.VIDEO if is_webp else SourceKind.FOLDER
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
    """The pages of a TIFF, each decoded when it is read; None if only the first is to be shown."""
    data = read_picture_file(path)

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
    hidden = hidden_pages(data.data)
    pages = [page for page in range(count) if page not in hidden]
    if count < 2 or pages == [0]:
        return None
    pages = pages or list(range(count))
    times = [_PAGE_SECONDS * index for index in range(len(pages))]
    return _Series(times, _PAGE_SECONDS * len(pages), lambda index: load(pages[index]))


def _animation(path: Path) -> _Series | None:
    """The frames of an animated WebP; None for a still picture, or if decoding fails.

    Raises:
        SourceError: The frames would fill the memory.
    """
    data = read_picture_file(path)
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
    """Whether a PNG, GIF or AVIF file is animated and has to be opened as a video."""
    head = _head(path)
    if not (head.startswith((_PNG, *_GIF)) or is_avif(head)):
        return False
    try:
        with open_file(path) as media:
            if media.container.format.name == "apng":
                return True
            # The image demuxer of a still PNG splits one picture into packets.
            if media.video is None or head.startswith(_PNG):
                return False
            packets = (packet for packet in media.container.demux(media.video) if packet.size)
            return len(list(itertools.islice(packets, 2))) == 2
    except (av.error.FFmpegError, OSError, SourceError, ValueError):
        return False


def is_picture(path: Path) -> bool:
    """Whether a file counts as a picture, by its first bytes, else by its suffix.

    The bytes come first, since browsers and messengers save pictures and videos with wrong
    suffixes.
    """
    head, suffix = _head(path), path.suffix.lower()
    if _is_webp(head) or is_heif(head) or is_avif(head):
        return True
    if suffix in VIDEO_SUFFIXES or head.startswith(_MATROSKA) or head[4:8] == b"ftyp":
        return False
    return suffix in PICTURE_SUFFIXES or head.startswith((_PNG, *_TIFF, *_OTHERS))


def _is_webp(head: bytes) -> bool:
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


def _head(path: Path) -> bytes:
    """The first bytes of a regular file; empty for other paths.

    Raises:
        SourceError: The file cannot be read.
    """
    try:
        if not path.is_file():
            return b""
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError as error:
        raise SourceError(
            tr("{path} cannot be read: {reason}.").format(path=path, reason=error.strerror),
            tr("Check the file and the disk."),
        ) from None
