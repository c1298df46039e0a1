"""Draws the heat map over a picture.

The map is converted to 8 bits, upscaled with a cubic kernel, and looked up in a table of colors and
alpha, in this order: interpolated values give colors of the color map between two cells, while
interpolated colors would give grays.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from uvanet.colormaps import check_colormap, colormap
from uvanet.errors import UsageError
from uvanet.i18n import tr

# Width of the ramp from transparent to full, in map values; a hard edge would flicker with small
# changes of the map.
_EDGE = 0.15


@dataclass(frozen=True, slots=True)
class OverlayStyle:
    """Style of the heat map.

    Attributes:
        colormap: One of `uvanet.colormaps.COLORMAPS`.
        opacity: Maximum alpha, 0..1.
        threshold: Map values below are transparent, 0..1; alpha rises smoothly above.

    Raises:
        UsageError: A value is outside its range.
    """

    colormap: str = "turbo"
    opacity: float = 0.6
    threshold: float = 0.15

    def __post_init__(self) -> None:
        check_colormap(self.colormap)
        for name in ("opacity", "threshold"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise UsageError(
                    tr("The overlay's {name} is {value}.").format(
                        name=name, value=getattr(self, name)
                    ),
                    tr("Give a number from 0 to 1."),
                )


def heat_image(
    saliency: NDArray[np.float32], style: OverlayStyle, size: tuple[int, int]
) -> NDArray[np.uint8]:
    """Draws a saliency map as a translucent picture, to paint over the frame.

    Args:
        saliency: Float, shape (h', w'), values 0..1; NaN counts as 0.
        style: Color map, opacity and threshold.
        size: Width and height of the result in pixels.

    Returns:
        BGRA with premultiplied alpha, uint8, shape (h, w, 4), a new array: Qt's
        `Format_ARGB32_Premultiplied` on a little-endian machine.
    """
    table = _tables(style).packed
    pixels = np.take(table, enlarge_bytes(to_bytes(saliency), size))
    return pixels.view(np.uint8).reshape(size[1], size[0], 4)


def compose(
    image_bgr: NDArray[np.uint8], saliency: NDArray[np.float32], style: OverlayStyle
) -> NDArray[np.uint8]:
    """Blends a heat map over a picture.

    Args:
        image_bgr: BGR, uint8, shape (h, w, 3).
        saliency: Float, any shape (h', w'), values 0..1.
        style: Color map, opacity and threshold.

    Returns:
        BGR, uint8, shape (h, w, 3), a new array.
    """
    height, width = image_bgr.shape[:2]
    tables = _tables(style)
    values = enlarge_bytes(to_bytes(saliency), (width, height))
    # applyColorMap is OpenCV's fastest lookup of three channels. It looks up the transparency
    # too, so that no channel has to be split or merged.
    remaining = cv2.applyColorMap(values, tables.transparency)
    blended = cv2.multiply(image_bgr, remaining, scale=1 / 255)
    return np.asarray(cv2.add(blended, cv2.applyColorMap(values, tables.colors)), np.uint8)


@dataclass(frozen=True, slots=True)
class _Tables:
    """Lookup tables by map value: `packed` BGRA, uint32 (256,); the others uint8 (256, 1, 3)."""

    packed: NDArray[np.uint32]
    colors: NDArray[np.uint8]
    transparency: NDArray[np.uint8]


@functools.lru_cache(maxsize=64)
def _tables(style: OverlayStyle) -> _Tables:
    """Builds the lookup tables of a style."""
    alpha = alpha_table(style)
    colors = colormap(style.colormap)[:, ::-1] * alpha[:, None]
    bgra = np.rint(np.column_stack([colors, 255.0 * alpha])).astype(np.uint8)
    transparency = np.repeat(255 - bgra[:, 3:], 3, axis=1)
    return _Tables(
        packed=np.ascontiguousarray(bgra).view(np.uint32).ravel(),
        colors=np.ascontiguousarray(bgra[:, None, :3]),
        transparency=np.ascontiguousarray(transparency[:, None, :]),
    )


def alpha_table(style: OverlayStyle) -> NDArray[np.float64]:
    """Returns alpha for each of the 256 map values: float64, (256,), 0..1."""
    return style.opacity * _ramp(np.linspace(0.0, 1.0, 256), style.threshold)


def _ramp(values: NDArray[np.float64], threshold: float) -> NDArray[np.float64]:
    """Smoothstep from 0 at the threshold to 1 at the threshold plus the edge's width.

    The edge narrows towards both ends of the scale, so that a threshold of 0 covers the whole
    picture and the maximum stays visible at a threshold of 1.
    """
    edge = min(_EDGE, threshold, 1.0 - threshold)
    if edge <= 0.0:
        return np.asarray(values >= threshold, dtype=np.float64)
    t = np.clip((values - threshold) / edge, 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t), dtype=np.float64)


def to_bytes(saliency: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Converts a map with values 0..1 to 8 bits; NaN counts as 0."""
    # OpenCV rounds to even and converts NaN to 0.
    return np.asarray(cv2.convertScaleAbs(np.clip(saliency, 0.0, 1.0), alpha=255.0), np.uint8)


def enlarge_bytes(values: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Resizes a map of 8 bits to (width, height)."""
    height, width = values.shape
    if (width, height) == size:
        return values
    shrinks = size[0] <= width and size[1] <= height
    kernel = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(values, size, interpolation=kernel), np.uint8)
