"""Numbers of one map: how spread attention is, where it peaks, how far two maps differ."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def density(saliency: NDArray[np.float32] | NDArray[np.uint8]) -> NDArray[np.float32]:
    """Scales a map to the sum of one; a map without any attention stays zero."""
    total = float(saliency.sum(dtype=np.float64))
    scaled = saliency / total if total > 0 else np.zeros_like(saliency)
    return np.asarray(scaled, np.float32)


def entropy(saliency: NDArray[np.float32]) -> float:
    """How spread the attention is: Shannon's entropy of the density, by its highest value.

    Args:
        saliency: Float, shape (h, w), not negative.

    Returns:
        0 where all attention is on one cell, 1 where it is the same everywhere; 0 for an empty
        map.
    """
    p = density(saliency)
    p = p[p > 0]
    if saliency.size < 2 or p.size < 2:
        return 0.0
    return float(-(p * np.log(p)).sum(dtype=np.float64)) / math.log(saliency.size)


def peak(saliency: NDArray[np.float32]) -> tuple[float, float]:
    """Where the attention is highest: x and y in 0..1, the middle of the highest cell."""
    height, width = saliency.shape
    row, column = divmod(int(np.argmax(saliency)), width)
    return (column + 0.5) / width, (row + 0.5) / height


def change(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """How much attention moved from one map to another: their total variation distance.

    Args:
        first: Float, shape (h, w), not negative.
        second: Of the same shape.

    Returns:
        The share of the attention that is elsewhere, 0..1.
    """
    return float(np.abs(density(first) - density(second)).sum(dtype=np.float64)) / 2
