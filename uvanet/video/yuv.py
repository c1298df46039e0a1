"""Conversion to planar YUV, the input of encoders, and blending of the heat map there.

A blend is linear, and so is the conversion from RGB to luma and chroma: blending the planes gives
the same picture as blending RGB, with half the values and no lookup of three channels.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from uvanet.video.colormaps import colormap
from uvanet.video.overlay import alpha_table, enlarge_bytes
from uvanet.yuv_picture import Matrix, YuvPicture, as_bgr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from uvanet.video.overlay import OverlayStyle


def to_planes(
    picture: NDArray[np.uint8] | YuvPicture, matrix: Matrix = Matrix.BT601
) -> NDArray[np.uint8]:
    """Converts a picture to planar YUV 4:2:0 in limited range.

    Args:
        picture: BGR, uint8, shape (h, w, 3), or a decoded picture, whose planes are only copied
            where they have the matrix. Odd sizes get one more row or column, a copy of the last,
            since chroma has half the size.
        matrix: Of the planes.

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


def blend(
    planes: NDArray[np.uint8],
    saliency: NDArray[np.float32],
    style: OverlayStyle,
    matrix: Matrix = Matrix.BT601,
) -> None:
    """Blends a heat map over a picture, in place.

    Args:
        planes: I420 as `to_planes` gives it.
        saliency: Float, any shape (h', w'), values 0..1.
        style: Color map, opacity and threshold.
        matrix: Of the planes.
    """
    rows, width = planes.shape
    height = rows * 2 // 3
    tables = _tables(style, matrix)
    found = _heated(saliency, tables.least)
    if found is None:
        return
    luma, (u, v) = planes[:height], planes[height:].reshape(2, height // 2, width // 2)
    # Two rows of luma share their heat, which is far smoother than the picture: half the work.
    values = enlarge_bytes(saliency, (width, height // 2))
    _blend_part({0: [luma[0::2], luma[1::2]]}, values, found, tables)
    _blend_part({1: [u], 2: [v]}, enlarge_bytes(saliency, (width // 2, height // 2)), found, tables)


def _heated(saliency: NDArray[np.float32], least: int) -> tuple[float, float, float, float] | None:
    """The box with visible heat: left, top, right and bottom, 0..1; None without any.

    The cubic kernel spreads a cell over two cells more, and overshoots by up to 1.41.
    """
    seen = np.asarray(np.nan_to_num(saliency) * 255.0 >= 0.7 * least - 1.0, np.uint8)
    x, y, width, height = cv2.boundingRect(seen)
    if not width:
        return None
    rows, columns = saliency.shape
    return (x - 2) / columns, (y - 2) / rows, (x + width + 2) / columns, (y + height + 2) / rows


def _blend_part(
    planes: dict[int, list[NDArray[np.uint8]]],
    values: NDArray[np.uint8],
    box: tuple[float, float, float, float],
    tables: _Tables,
) -> None:
    """Blends planes, by the number of their colors, with the heat of `values`.

    Only inside a box, since most of a map is usually transparent.
    """
    height, width = values.shape
    left, top = max(0, int(box[0] * width)), max(0, int(box[1] * height))
    place = np.s_[top : math.ceil(box[3] * height), left : math.ceil(box[2] * width)]
    values = values[place]
    remaining = cv2.LUT(values, tables.remaining)
    for number, targets in planes.items():
        colors = cv2.LUT(values, tables.colors[number])
        for plane in targets:
            part = plane[place]
            cv2.multiply(part, remaining, dst=part, scale=1 / 255)
            cv2.add(part, colors, dst=part)


@dataclass(frozen=True, slots=True)
class _Tables:
    """Lookup tables by map value.

    Attributes:
        remaining: Weight of the picture, 0..255, uint8 (256,).
        colors: Addends of Y, U and V, three of uint8 (256,).
        least: The least visible value; 256 if none is.
    """

    remaining: NDArray[np.uint8]
    colors: tuple[NDArray[np.uint8], ...]
    least: int


@functools.lru_cache(maxsize=64)
def _tables(style: OverlayStyle, matrix: Matrix) -> _Tables:
    alpha = alpha_table(style)
    colors = np.column_stack([colormap(style.colormap), np.ones(256)]) @ matrix.from_rgb.T
    remaining = (255 - np.rint(255 * alpha)).astype(np.uint8)
    added = tuple(np.rint(plane * alpha).astype(np.uint8) for plane in colors.T)
    changes = (remaining < 255) | np.any(added, axis=0)
    return _Tables(remaining, added, int(np.argmax(changes)) if changes.any() else 256)
