"""Decoded pictures, converted on demand."""

from __future__ import annotations

import enum
import functools
import threading
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from av.video.frame import VideoFrame
    from av.video.plane import VideoPlane
    from numpy.typing import NDArray

    Packed = Literal["bgr24", "bgra"]
    Size = tuple[int, int]


class Matrix(enum.IntEnum):
    """Matrix between RGB and limited-range YUV; the values are those of ITU-T H.273."""

    BT709 = 1
    BT601 = 6

    @functools.cached_property
    def from_rgb(self) -> NDArray[np.float64]:
        """Y, U and V of R, G, B and 1, each 0..255: float64, (3, 4)."""
        red, blue = (0.2126, 0.0722) if self is Matrix.BT709 else (0.299, 0.114)
        green = 1.0 - red - blue
        luma = 219 / 255 * np.array([red, green, blue])
        cb = 112 / 255 / (1.0 - blue) * np.array([-red, -green, 1.0 - blue])
        cr = 112 / 255 / (1.0 - red) * np.array([1.0 - red, -green, -blue])
        return np.column_stack([np.stack([luma, cb, cr]), (16, 128, 128)])

    @functools.cached_property
    def to_rgb(self) -> NDArray[np.float64]:
        """R, G and B of Y, U, V and 1, each 0..255: float64, (3, 4)."""
        inverse = np.linalg.inv(self.from_rgb[:, :3])
        return np.column_stack([inverse, -inverse @ self.from_rgb[:, 3]])


class DecodedPicture:
    """A decoded picture that is converted when a consumer asks for it. Thread-safe.

    A picture that nobody asks for, such as one that the live view drops, costs its decoding only.

    Args:
        shape: See below.
        convert: Converts it; called once.

    Attributes:
        shape: Shape of the BGR picture: height, width and 3.
    """

    def __init__(
        self, shape: tuple[int, int, int], convert: Callable[[], NDArray[np.uint8]]
    ) -> None:
        self.shape = shape
        self._source: Callable[[], NDArray[np.uint8]] | None = convert
        self._bgr: NDArray[np.uint8] | None = None
        self._lock = threading.Lock()

    def bgr(self) -> NDArray[np.uint8]:
        """Converts to BGR: uint8, (h, w, 3), C-contiguous, the same array at each call."""
        with self._lock:
            if self._source is not None:
                self._bgr = self._source()
                self._source = None  # frees the decoder's memory
            assert self._bgr is not None
            return self._bgr


class YuvPicture(DecodedPicture):
    """A decoded picture: YUV 4:2:0 with 8 bits, limited range, upright.

    It is converted only to the formats that its consumers ask for.

    Args:
        frame: The decoded frame, of the format yuv420p with even sides.
        matrix: Its matrix.
        convert: Converts a frame with a matrix to a packed format and a size (width, height);
            thread-safe.

    Attributes:
        matrix: As given.
    """

    def __init__(
        self,
        frame: VideoFrame,
        matrix: Matrix,
        convert: Callable[[VideoFrame, Matrix, Packed, Size], NDArray[np.uint8]],
    ) -> None:
        shape, size = (frame.height, frame.width, 3), (frame.width, frame.height)
        super().__init__(shape, functools.partial(convert, frame, matrix, "bgr24", size))
        self.matrix = matrix
        self._frame = frame
        self._convert = convert

    def bgra(self, size: Size) -> NDArray[np.uint8]:
        """Converts to BGRA with alpha 255: uint8, (h, w, 4), C-contiguous, a new array.

        Args:
            size: Width and height of the result, pixels.
        """
        return self._convert(self._frame, self.matrix, "bgra", size)

    def planes(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
        """Views of the decoder's memory, read-only: Y (h, w), U and V (h / 2, w / 2), uint8."""
        y, u, v = map(plane_pixels, self._frame.planes)
        return y, u, v


def plane_pixels(plane: VideoPlane) -> NDArray[np.uint8]:
    """A view of the memory of a plane with 8 bits: uint8, (h, w), read-only."""
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]


def as_bgr(picture: NDArray[np.uint8] | DecodedPicture) -> NDArray[np.uint8]:
    """The picture as BGR, uint8, shape (h, w, 3), C-contiguous; no copy of an array."""
    return picture if isinstance(picture, np.ndarray) else picture.bgr()
