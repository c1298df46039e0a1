"""Draws the layers of an exported picture into a BGR frame, in place."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from uvanet.analysis.map_stats import Peak, peaks, region_shares
from uvanet.analysis.regions import RegionMask
from uvanet.colormaps import colormap
from uvanet.i18n import percent_text
from uvanet.overlay import OverlayStyle, enlarge_bytes, to_bytes
from uvanet.redaction import printable
from uvanet.video.label_layout import Box, place_labels

# Okabe and Ito's palette, which color-blind people can distinguish.
REGION_COLORS = ("#56b4e9", "#e69f00", "#2bb58f", "#cc79a7", "#f0e442", "#d55e00")
"""Colors of regions by their place in the list; after the last color the first follows."""

_LEVELS = (0.5, 0.75)
_WHITE, _DARK = (255, 255, 255), (16, 15, 14)
_BOLD = 600


def region_color(index: int) -> str:
    """Gives the color of a place in the list of regions, "#rrggbb"."""
    return REGION_COLORS[index % len(REGION_COLORS)]


def color_of(region: RegionMask, index: int) -> str:
    """Gives the color of a region, "#rrggbb": its own, or that of its place in the list."""
    # Regions given by a mask have no color of their own.
    return getattr(region, "color", None) or region_color(index)


def draw_contours(image: NDArray[np.uint8], saliency: NDArray[np.float32]) -> None:
    """Draws contour lines at half and three quarters of the maximum."""
    values = enlarge_bytes(to_bytes(saliency), (image.shape[1], image.shape[0]))
    highest = float(values.max())
    for level in _LEVELS:
        above = np.asarray(values >= max(1.0, level * highest), np.uint8)
        lines, _ = cv2.findContours(above, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        _stroke(image, [np.asarray(line, np.int32) for line in lines], _WHITE)


def draw_peaks(image: NDArray[np.uint8], saliency: NDArray[np.float32]) -> None:
    """Draws numbered rings at the highest peaks."""
    height, width = image.shape[:2]
    _draw_numbers(image, peaks(saliency, count=4, aspect=width / height, min_strength=0.35))


def draw_scanpath(image: NDArray[np.uint8], saliency: NDArray[np.float32]) -> None:
    """Draws the predicted scanpath, numbered fixations joined by a line, as the window does."""
    height, width = image.shape[:2]
    fixations = peaks(saliency, aspect=width / height)
    points = np.array([_place(image, peak) for peak in fixations], np.int32).reshape(-1, 1, 2)
    thick = _thickness(image) + 1
    for color, more in ((_DARK, 2), (_WHITE, 0)):
        cv2.polylines(image, [points], isClosed=False, color=color, thickness=thick + more)
    _draw_numbers(image, fixations)


def draw_regions(
    image: NDArray[np.uint8],
    regions: Sequence[RegionMask],
    saliency: NDArray[np.float32] | None = None,
) -> None:
    """Draws outlines and names of regions.

    Args:
        image: BGR, uint8, shape (h, w, 3).
        regions: The regions.
        saliency: Map whose shares are written after the names; None for names alone.
    """
    height, width = image.shape[:2]
    size, thick = _text_size(image), _thickness(image) + 1
    colors = [
        tuple(int(color_of(region, index)[at : at + 2], 16) for at in (5, 3, 1))
        for index, region in enumerate(regions)
    ]
    outlines = [_outline(region, height, width) for region in regions]
    for lines, color in zip(outlines, colors, strict=True):
        _stroke(image, lines, color, thick)
    shown = [index for index, lines in enumerate(outlines) if lines]
    names = [printable(regions[index].name) for index in shown]
    boxes = tuple(_box(outlines[index]) for index in shown)
    # Room for the widest share, so that labels keep their places while the shares change.
    widest = [name if saliency is None else f"{name}  {percent_text(1.0)}" for name in names]
    sizes = tuple(_label_size(text, size) for text in widest)
    places = place_labels(boxes, sizes, (0, 0, width, height), thick + 2)
    shares = None if saliency is None else region_shares(saliency, regions)
    for index, name, place in zip(shown, names, places, strict=True):
        text = name if shares is None else f"{name}  {percent_text(shares[index])}"
        draw_label(image, text, size, (round(place[0]), round(place[1])), colors[index])


def draw_color_bar(image: NDArray[np.uint8], style: OverlayStyle) -> None:
    """Draws the colors of the heat map from "low" to "high" into the lower right corner."""
    height, width = image.shape[:2]
    size = _text_size(image)
    wide, high, margin = max(32, width // 5), max(4, size // 2), size // 2 + 2
    top, left = height - margin - high, width - margin - wide
    if top < size + margin or left < 0:
        return
    back = image[top - size - margin :, left - margin :]
    back[:] = back // 3
    ramp = colormap(style.colormap)[np.linspace(0, 255, wide).astype(int), ::-1]
    image[top : top + high, left : left + wide] = ramp
    baseline = top - size // 3
    _write(image, "low", (left, baseline), size)
    end = _text_box("high", size)
    _write(image, "high", (left + wide - end[0], baseline), size)


def draw_label(
    image: NDArray[np.uint8],
    text: str,
    size: int,
    place: tuple[int, int] = (0, 0),
    color: tuple[int, ...] = _WHITE,
) -> None:
    """Writes a line of text on a darkened box.

    Args:
        image: BGR, uint8, shape (h, w, 3).
        text: Any characters.
        size: Height of the letters, pixels.
        place: Left and top of the box; the box is moved into the picture.
        color: Color of the text, BGR.
    """
    text = printable(text)
    margin = size // 2
    wide, high = _label_size(text, size)
    left = max(0, min(place[0], image.shape[1] - wide))
    top = max(0, min(place[1], image.shape[0] - high))
    back = image[top : top + high, left : left + wide]
    back[:] = back // 3
    _write(image, text, (left + margin, top + margin + round(size * 0.85)), size, color)


def _label_size(text: str, size: int) -> tuple[int, int]:
    """Width and height of the box of a label, pixels."""
    return _text_box(text, size)[0] + size // 2 * 2, size + size // 2 * 2


def _box(lines: Sequence[NDArray[np.int32]]) -> Box:
    """Left, top, right and bottom of an outline, pixels."""
    points = np.concatenate(lines)[:, 0]
    (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return left, top, right, bottom


@functools.lru_cache(maxsize=64)
def _outline(region: RegionMask, height: int, width: int) -> tuple[NDArray[np.int32], ...]:
    mask = region.mask(height, width).astype(np.uint8)
    lines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return tuple(np.asarray(line, np.int32) for line in lines)


def _stroke(
    image: NDArray[np.uint8],
    lines: Sequence[NDArray[np.int32]],
    color: tuple[int, ...],
    thick: int | None = None,
) -> None:
    """Draws a colored line with a dark edge, visible on dark and bright pictures."""
    thick = _thickness(image) if thick is None else thick
    cv2.drawContours(image, lines, -1, _DARK, thick + 2, lineType=cv2.LINE_AA)
    cv2.drawContours(image, lines, -1, color, thick, lineType=cv2.LINE_AA)


def _draw_numbers(image: NDArray[np.uint8], places: Sequence[Peak]) -> None:
    radius, thick = max(7, image.shape[0] // 40), _thickness(image)
    for number, peak in enumerate(places, start=1):
        x, y = _place(image, peak)
        cv2.circle(image, (x, y), radius, _DARK, -1, lineType=cv2.LINE_AA)
        cv2.circle(image, (x, y), radius, _WHITE, thick, lineType=cv2.LINE_AA)
        wide, high = _text_box(str(number), radius)
        _write(image, str(number), (x - wide // 2, y + high // 2), radius)


def _place(image: NDArray[np.uint8], peak: Peak) -> tuple[int, int]:
    return round(peak.x * image.shape[1]), round(peak.y * image.shape[0])


def _thickness(image: NDArray[np.uint8]) -> int:
    short: int = min(image.shape[:2])
    return max(1, round(short / 400))


def _text_size(image: NDArray[np.uint8]) -> int:
    short: int = min(image.shape[:2])
    return max(10, round(short / 32))


@functools.cache
def _face() -> cv2.FontFace:
    # The font is built into OpenCV; it has Latin, Greek, Cyrillic and Chinese letters.
    return cv2.FontFace("sans")


@functools.lru_cache(maxsize=256)
def _text_box(text: str, size: int) -> tuple[int, int]:
    """Width and height of a text in pixels."""
    _, _, width, height = cv2.getTextSize((0, 0), text, (0, 0), _face(), size, _BOLD)
    return int(width), int(height)


def _write(
    image: NDArray[np.uint8],
    text: str,
    baseline: tuple[int, int],
    size: int,
    color: tuple[int, ...] = _WHITE,
) -> None:
    cv2.putText(image, text, baseline, color, _face(), size, _BOLD)
