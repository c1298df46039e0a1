"""Resizes pictures of 8 bits; the aspect ratio is kept."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def shrink(
    image: NDArray[np.uint8], max_width: float, max_height: float = float("inf")
) -> NDArray[np.uint8]:
    """Scales a picture down to fit into a size; a smaller picture is not enlarged.

    Args:
        image: uint8, shape (h, w) or (h, w, channels).
        max_width: Largest width of the result, pixels.
        max_height: Largest height of the result, pixels.

    Returns:
        C-contiguous; `image` itself where it fits and is contiguous.
    """
    fits = image.shape[1] <= max_width and image.shape[0] <= max_height
    return np.ascontiguousarray(image if fits else _fitted(image, (max_width, max_height)))


def fit(size: tuple[int, int], room: tuple[float, float]) -> tuple[int, int]:
    """The largest width and height, pixels, of the proportions of `size` that fit into `room`."""
    scale = min(room[0] / size[0], room[1] / size[1])
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def letterbox(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Fits a picture into (width, height) with black bars; C-contiguous, uint8, (h, w, 3)."""
    width, height = size
    if image.shape[:2] == (height, width):
        return np.ascontiguousarray(image)
    inner = _fitted(image, size)
    canvas = np.zeros((height, width, 3), np.uint8)
    x, y = (width - inner.shape[1]) // 2, (height - inner.shape[0]) // 2
    canvas[y : y + inner.shape[0], x : x + inner.shape[1]] = inner
    return canvas


def small_gray(image: NDArray[np.uint8], width: int) -> NDArray[np.float32]:
    """Brightness of an RGB picture at a width; float32, shape (h, width), 0..255."""
    size = (width, max(1, round(image.shape[0] * width / image.shape[1])))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.float32)


def _fitted(image: NDArray[np.uint8], room: tuple[float, float]) -> NDArray[np.uint8]:
    before = (image.shape[1], image.shape[0])
    size = fit(before, room)
    kernel = cv2.INTER_AREA if size < before else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size, interpolation=kernel), np.uint8)
