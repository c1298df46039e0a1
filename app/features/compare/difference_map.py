"""Where two maps of one picture differ, as something to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.pipeline.agreement import fit

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Blue and orange are told apart with every kind of color blindness.
MORE = (61, 158, 255)
"""BGR where the first map is higher."""

LESS = (255, 155, 61)
"""BGR where the second one is higher."""

_LONG_SIDE = 384
_FLOOR = 0.06  # differences below this are noise to the eye


def difference_image(
    first: NDArray[np.float32],
    second: NDArray[np.float32],
    size: tuple[int, int],
    opacity: float = 0.9,
) -> NDArray[np.uint8]:
    """Draws the difference as a translucent picture, to be painted over the frame.

    Args:
        first: (h, w), 0..1.
        second: (h', w'), 0..1.
        size: Width and height of the frame; the result has its proportions but is small.
        opacity: Of a difference of 1.

    Returns:
        BGRA with premultiplied alpha, uint8, shape (h'', w'', 4), a new array.
    """
    scale = min(1.0, _LONG_SIDE / max(size))
    width, height = (max(1, round(side * scale)) for side in size)
    difference = fit(first, (width, height)) - fit(second, (width, height))
    strength = np.clip((np.abs(difference) - _FLOOR) / (1.0 - _FLOOR), 0.0, 1.0)
    # The root lifts what is faint without hiding what is strong.
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
    """Puts two translucent pictures of one frame side by side at a cut.

    Args:
        left: BGRA, uint8, (h, w, 4), or None for nothing.
        right: Likewise, of any size.
        share: Where the cut is, 0..1 of the width.

    Returns:
        A new array of the left one's size, or the right one's where there is no left one.
    """
    if left is None and right is None:
        return None
    model = left if left is not None else right
    assert model is not None
    height, width = model.shape[:2]
    cut = round(min(max(share, 0.0), 1.0) * width)
    result = np.zeros_like(model)
    if left is not None:
        result[:, :cut] = left[:, :cut]
    if right is not None:
        result[:, cut:] = _resized(right, (width, height))[:, cut:]
    return result


def _resized(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    if image.shape[:2] == (size[1], size[0]):
        return image
    import cv2

    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), np.uint8)
