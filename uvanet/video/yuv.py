"""Converts pictures to planar YUV, the input of encoders, and blends the heat map over the planes.

Blending and the conversion from RGB to YUV are both linear. So blending the planes gives the same
picture as blending RGB, with half the values and no lookup of three channels.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from uvanet.colormaps import colormap
from uvanet.decoded_picture import DecodedPicture, Matrix, YuvPicture, as_bgr
from uvanet.overlay import alpha_table, enlarge_bytes, to_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cv2.typing import MatLike
    from numpy.typing import NDArray

    from uvanet.overlay import OverlayStyle


def to_planes(
    picture: NDArray[np.uint8] | DecodedPicture, matrix: Matrix = Matrix.BT601
) -> NDArray[np.uint8]:
    """Converts a picture to planar YUV 4:2:0 in limited range.

    Args:
        picture: BGR, uint8, shape (h, w, 3), or a decoded picture; planes of a decoded picture
            with this matrix are copied without conversion. An odd size gets one more row or
            column, a copy of the last, since chroma has half the size.
        matrix: Color matrix of the planes.

    Returns:
        I420, uint8, shape (3 h / 2, w), a new array.
    """
    if isinstance(picture, YuvPicture) and picture.matrix is matrix:
        return _joined(picture.planes())
    image = as_bgr(picture)
    height, width = image.shape[:2]
    if width % 2 or height % 2:
        border = cv2.BORDER_REPLICATE
        image = np.asarray(cv2.copyMakeBorder(image, 0, height % 2, 0, width % 2, border), np.uint8)
    if matrix is Matrix.BT601:
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420), np.uint8)
    yuv = cv2.transform(image, matrix.from_rgb[:, [2, 1, 0, 3]])
    small = cv2.resize(yuv, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return _joined((yuv[..., 0], small[..., 1], small[..., 2]))


def _joined(planes: Sequence[NDArray[Any]]) -> NDArray[np.uint8]:
    height, width = planes[0].shape
    joined = np.empty((height * 3 // 2, width), np.uint8)
    joined[:height] = planes[0]
    joined[height:].reshape(2, height // 2, width // 2)[:] = planes[1:]
    return joined


class PlaneBlender:
    """Blends heat maps over pictures in planes. Not thread-safe.

    It reuses its memory: new memory for each frame takes as long as the arithmetic, since the
    system clears its pages.
    """

    def __init__(self) -> None:
        self._memory: dict[str, NDArray[Any]] = {}

    def blend(
        self,
        planes: NDArray[np.uint8],
        saliency: NDArray[np.float32],
        style: OverlayStyle,
        matrix: Matrix = Matrix.BT601,
    ) -> None:
        """Blends a heat map over a picture, in place.

        Args:
            planes: I420, see `to_planes`.
            saliency: Float, any shape (h', w'), values 0..1.
            style: Color map, opacity and threshold.
            matrix: Color matrix of the planes.
        """
        rows, width = planes.shape
        half_height, half_width = rows // 3, width // 2
        table = _table(style, matrix)
        values = to_bytes(saliency)
        box = _visible_box(values, table.least, (half_height, half_width))
        if box is None:
            return
        # Each 2 x 2 pixels of luma share one value of the heat map, which is far smoother than the
        # picture. This halves the work, at a PSNR of 56 to 64 dB against a heat map of full size.
        visible = self._enlarged(values, (half_height, half_width))[box]
        height, width = visible.shape
        heat = cv2.LUT(visible, table.packed, dst=self._array("heat", height, width, kind=np.int32))
        parts = [self._array(f"part {n}", height, width) for n in range(4)]
        remaining, y, *colors = cv2.split(heat.view(np.uint8).reshape(height, width, 4), parts)
        double = [
            cv2.merge((part, part), self._array(f"double {n}", height, width, 2))
            for n, part in enumerate((remaining, y))
        ]
        luma = planes[: 2 * half_height].reshape(half_height, 2, half_width, 2)
        for row in (luma[:, 0], luma[:, 1]):
            _mix(row[box], *double)
        chroma = planes[2 * half_height :].reshape(2, half_height, half_width)
        for plane, color in zip(chroma, colors, strict=True):
            _mix(plane[box], remaining, color)

    def _enlarged(self, values: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
        """Resizes a map to (height, width).

        The cubic filter makes a third of the size, where that is not smaller than the map, and a
        linear one the rest. This takes less than half of the time; the blended picture has a PSNR
        of 60 to 66 dB against one with the cubic filter alone.
        """
        height, width = size
        third = height // 3, width // 3
        if values.shape[0] > third[0] or values.shape[1] > third[1]:
            return enlarge_bytes(values, (width, height))
        for name, (rows, columns), kernel in (
            ("third", third, cv2.INTER_CUBIC),
            ("whole", size, cv2.INTER_LINEAR),
        ):
            into = self._array(name, rows, columns)
            cv2.resize(values, (columns, rows), dst=into, interpolation=kernel)
            values = into
        return values

    def _array(self, name: str, *shape: int, kind: type = np.uint8) -> NDArray[Any]:
        """An array in memory that the next call with this name overwrites."""
        size = math.prod(shape)
        if name not in self._memory or self._memory[name].size < size:
            self._memory[name] = np.empty(size, kind)
        return self._memory[name][:size].reshape(shape)


def _mix(part: NDArray[np.uint8], remaining: MatLike, color: MatLike) -> None:
    cv2.multiply(part, remaining, dst=part, scale=1 / 255)
    cv2.add(part, color, dst=part)


def _visible_box(
    values: NDArray[np.uint8], least: int, size: tuple[int, int]
) -> tuple[slice, slice] | None:
    """Rows and columns of a picture in which the heat map is visible; None without any.

    Most of a map is usually transparent. The cubic kernel spreads a cell to the two next cells, and
    overshoots by a factor of up to 1.41; the linear one spreads it to at most one more.

    Args:
        values: The map, uint8.
        least: The smallest visible value.
        size: Height and width of the picture.
    """
    x, y, width, height = cv2.boundingRect(np.asarray(values >= 0.7 * least - 1.0, np.uint8))
    if not width:
        return None
    rows, columns = size[0] / values.shape[0], size[1] / values.shape[1]
    return (
        slice(max(0, int((y - 3) * rows)), min(size[0], math.ceil((y + height + 3) * rows))),
        slice(max(0, int((x - 3) * columns)), min(size[1], math.ceil((x + width + 3) * columns))),
    )


@dataclass(frozen=True, slots=True)
class _Table:
    """Lookup table by map value.

    Attributes:
        packed: The weight of the picture and the addends of Y, U and V, each 0..255, as the four
            bytes of an int32, (256,).
        least: The smallest visible value; 256 if no value is visible.
    """

    packed: NDArray[np.int32]
    least: int


@functools.lru_cache(maxsize=64)
def _table(style: OverlayStyle, matrix: Matrix) -> _Table:
    alpha = alpha_table(style)[:, None]
    colors = np.column_stack([colormap(style.colormap), np.ones(256)]) @ matrix.from_rgb.T
    entries = np.rint(np.column_stack([255 - np.rint(255 * alpha), colors * alpha]))
    changes = (entries[:, 0] < 255) | np.any(entries[:, 1:], axis=1)
    packed = np.ascontiguousarray(entries, np.uint8).view(np.int32).ravel()
    return _Table(packed, int(np.argmax(changes)) if changes.any() else 256)
