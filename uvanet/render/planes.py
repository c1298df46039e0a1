"""Pictures in the form encoders take, and the heat blended there.

A blend is linear, and so is the way from RGB to luma and chroma: blending the planes gives the
same picture as blending RGB, with half the values to touch and no colour lookup of three
channels.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from uvanet.render.colormaps import colormap
from uvanet.render.overlay import alpha_table, enlarge_bytes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from uvanet.render.overlay import OverlayStyle


def to_planes(image_bgr: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Converts a picture to planar YUV 4:2:0, BT.601 in limited range.

    Args:
        image_bgr: BGR, uint8, shape (h, w, 3). Odd sizes get one more row or column, a copy of
            the last, since chroma has half the size.

    Returns:
        I420, uint8, shape (3 h / 2, w), a new array.
    """
    height, width = image_bgr.shape[:2]
    if width % 2 or height % 2:
        image_bgr = cv2.copyMakeBorder(  # type: ignore[assignment]
            image_bgr, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE
        )
    return np.asarray(cv2.cvtColor(image_bgr, cv2.COLOR_BGR2YUV_I420), np.uint8)


def blend(planes: NDArray[np.uint8], saliency: NDArray[np.float32], style: OverlayStyle) -> None:
    """Blends the heat of a map over a picture, in place.

    Args:
        planes: I420 as `to_planes` gives it.
        saliency: Float, any shape (h', w'), values 0..1.
        style: Colours, opacity and threshold.
    """
    rows, width = planes.shape
    height = rows * 2 // 3
    tables = _tables(style)
    flat = planes.reshape(-1)
    quarter = width * height // 4
    chroma = (height // 2, width // 2)
    _blend_plane(planes[:height], enlarge_bytes(saliency, (width, height)), tables, 0)
    values = enlarge_bytes(saliency, (width // 2, height // 2))
    for number in (1, 2):
        start = width * height + (number - 1) * quarter
        plane = flat[start : start + quarter].reshape(chroma)
        _blend_plane(plane, values, tables, number)


def _blend_plane(
    plane: NDArray[np.uint8], values: NDArray[np.uint8], tables: _Tables, number: int
) -> None:
    cv2.multiply(plane, cv2.LUT(values, tables.remaining), dst=plane, scale=1 / 255)
    cv2.add(plane, cv2.LUT(values, tables.colours[number]), dst=plane)


@dataclass(frozen=True, slots=True)
class _Tables:
    """What a map value becomes: `remaining` uint8 (256,); `colours` three of Y, U and V."""

    remaining: NDArray[np.uint8]
    colours: tuple[NDArray[np.uint8], ...]


@functools.lru_cache(maxsize=64)
def _tables(style: OverlayStyle) -> _Tables:
    alpha = alpha_table(style)
    rgb = colormap(style.colormap).astype(np.float64)
    red, green, blue = rgb.T
    luma = 16 + (65.481 * red + 128.553 * green + 24.966 * blue) / 255
    cb = 128 + (-37.797 * red - 74.203 * green + 112.0 * blue) / 255
    cr = 128 + (112.0 * red - 93.786 * green - 18.214 * blue) / 255
    return _Tables(
        remaining=(255 - np.rint(255 * alpha)).astype(np.uint8),
        colours=tuple(np.rint(plane * alpha).astype(np.uint8) for plane in (luma, cb, cr)),
    )
