"""A single picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from uvanet.errors import SourceError
from uvanet.sources._files import check_file, looks_like_text
from uvanet.sources._opencv import quiet, to_bgr
from uvanet.sources._thread_safe import ThreadSafeSource
from uvanet.sources.base import Frame, SourceInfo, SourceKind

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

PICTURE_SUFFIXES = frozenset(
    f".{name}"
    for name in (
        *("avif", "bmp", "dib", "exr", "hdr", "jp2", "jpe", "jpeg", "jpg", "pbm", "pgm", "png"),
        *("pnm", "ppm", "tif", "tiff", "webp"),
    )
)

VIDEO_SUFFIXES = frozenset(
    f".{name}"
    for name in (
        *("3gp", "asf", "avi", "flv", "gif", "m2ts", "m4v", "mjpeg", "mjpg", "mkv", "mov", "mp4"),
        *("mpeg", "mpg", "mts", "ogv", "ts", "vob", "webm", "wmv", "y4m"),
    )
)
_PNG = b"\x89PNG\r\n\x1a\n"
_SIGNATURES = (b"\xff\xd8\xff", _PNG, b"BM", b"II*\0", b"MM\0*")
_UPRIGHT = cv2.IMREAD_ANYDEPTH | cv2.IMREAD_ANYCOLOR


def load_picture(path: Path) -> NDArray[np.uint8]:
    """Reads a picture the way people see it.

    The orientation a camera noted (EXIF) is applied, 16 bits and floats become 8 bits, grey
    becomes colour, and what is transparent is laid over white.

    Returns:
        BGR, uint8, shape (h, w, 3), C-contiguous, a new array.

    Raises:
        SourceError: The file is missing, not a picture, cut off, or too large.
    """
    check_file(path)
    quiet()
    try:
        # Read here rather than by OpenCV, which knows no such name as "Bücher.png" on Windows.
        data = np.fromfile(path, dtype=np.uint8)
        image = _decode(data)
    except (cv2.error, OSError, MemoryError) as error:
        words = str(error).strip().splitlines()
        raise SourceError(
            f"{path} cannot be decoded: {words[0] if words else type(error).__name__}.",
            "Save it again as PNG or JPEG, smaller if it is huge.",
        ) from None
    if image is None:
        if looks_like_text(path):
            raise SourceError(f"{path} is a text file, not a picture.", "Choose a picture.")
        raise SourceError(
            f"{path} is not a picture that can be read, or it is damaged.",
            "Save it again as PNG or JPEG.",
        )
    return to_bgr(image, str(path))


def _decode(data: NDArray[np.uint8]) -> NDArray[np.generic] | None:
    """Decodes with alpha where there is any, and upright where there is none.

    OpenCV turns a picture upright only when it may drop the alpha.
    """
    if bytes(data[:8]) == _PNG and b"IEND" not in data.tobytes():
        # Cut off; libpng would say so on the terminal, past all settings of OpenCV.
        return None
    is_jpeg = bytes(data[:2]) == b"\xff\xd8"
    image = None if is_jpeg else cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    if image is not None and image.ndim == 3 and image.shape[2] == 4:
        return image
    head = bytes(data[:65536]).lower()
    if is_jpeg or b"exif" in head:
        image = cv2.imdecode(data, _UPRIGHT)
    return image


class PictureSource(ThreadSafeSource):
    """One frame, then the end.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path.name)
        self._path = path.absolute()
        self._image: NDArray[np.uint8] | None = None

    def files(self) -> list[Path]:
        """See `Source.files`."""
        return [self._path]

    def _open(self) -> SourceInfo:
        self._image = load_picture(self._path)
        return SourceInfo(
            spec=str(self._path),
            title=self._title,
            kind=SourceKind.PICTURE,
            width=self._image.shape[1],
            height=self._image.shape[0],
            fps=0.0,
            frames=1,
        )

    def _read(self) -> Frame | None:
        image, self._image = self._image, None
        return None if image is None else Frame(image, 0.0, 0)

    def _release(self) -> None:
        self._image = None


def is_picture(path: Path) -> bool:
    """Whether a file counts as a picture: by its suffix, else by its first bytes."""
    suffix = path.suffix.lower()
    if suffix in PICTURE_SUFFIXES:
        return True
    if suffix in VIDEO_SUFFIXES or not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}.", "Look at it.") from None
    return head.startswith(_SIGNATURES)
