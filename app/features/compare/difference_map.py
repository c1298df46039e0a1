"""Images of two maps of one frame: their difference, and a wipe between them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from app.pipeline.agreement import fit

# Orange and blue, which people with any kind of color blindness can distinguish.
MORE = (61, 158, 255)
"""BGR where the first map is higher."""

LESS = (255, 155, 61)
"""BGR where the second map is higher."""

_LONG_SIDE = 384
_MIN_DIFFERENCE = 0.06  # smaller differences are noise


def difference_image(
    first: NDArray[np.float32],
    second: NDArray[np.float32],
    size: tuple[int, int],
    opacity: float = 0.9,
) -> NDArray[np.uint8]:
    """Draws the difference as a translucent image to paint over the frame.

    Args:
        first: Map, float32, shape (h, w), 0..1.
        second: Map, float32, shape (h', w'), 0..1.
        size: Width and height of the frame; the result is smaller, in the same aspect ratio.
        opacity: Opacity of a difference of 1, 0..1.

    Returns:
        BGRA with premultiplied alpha, uint8, shape (h'', w'', 4), a new array.
    """
    scale = min(1.0, _LONG_SIDE / max(size))
    width, height = (max(1, round(side * scale)) for side in size)
    difference = fit(first, (width, height)) - fit(second, (width, height))
    excess = np.abs(difference) - _MIN_DIFFERENCE
    strength = np.clip(excess / (1.0 - _MIN_DIFFERENCE), 0.0, 1.0)
    # The root makes small differences visible.
    alpha = np.sqrt(strength) * opacity
    more, less = np.array(MORE, np.float32), np.array(LESS, np.float32)
    colors = np.where(difference[..., None] > 0, more, less)
    result = np.empty((height, width, 4), np.uint8)
    result[..., :3] = colors * alpha[..., None]
    result[..., 3] = 255 * alpha
    return result


def wipe(
    left: NDArray[np.uint8] | None, right: NDArray[np.uint8] | None, share: float
) -> NDArray[np.uint8] | None:
    """Joins the left part of one translucent image and the right part of another.

    Args:
        left: BGRA, uint8, shape (h, w, 4); None for a transparent image.
        right: BGRA, uint8, any size; None for a transparent image.
        share: Position of the divider, 0..1 of the width.

    Returns:
        A new array of the size of `left`, or of `right` if `left` is None; None if both are.
    """
    image = right if left is None else left
    if image is None:
        return None
    height, width = image.shape[:2]
    cut = round(min(max(share, 0.0), 1.0) * width)
    result = np.zeros_like(image)
    if left is not None:
        result[:, :cut] = left[:, :cut]
    if right is not None:
        result[:, cut:] = cv2.resize(right, (width, height))[:, cut:]
    return result
