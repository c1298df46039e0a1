"""Statistics of saliency maps: density, entropy, peaks, change, and shares of regions.

All numbers about maps that the program shows or writes come from this module.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from uvanet.analysis.regions import RegionMask, coverage

INHIBITION_SIGMA = 0.1
"""Standard deviation of the inhibition of return, as a share of the picture's shorter side."""


@dataclass(frozen=True, slots=True)
class Peak:
    """A local maximum of a saliency map.

    Attributes:
        x: Center of the cell, 0..1 from the left.
        y: Center of the cell, 0..1 from the top.
        strength: Value of the map divided by its maximum, 0..1.
    """

    x: float
    y: float
    strength: float


def density(saliency: NDArray[np.float32] | NDArray[np.uint8]) -> NDArray[np.float32]:
    """Scales a map to the sum 1.

    Args:
        saliency: Shape (h, w), not negative.

    Returns:
        float32, shape (h, w); zeros if the map is empty.
    """
    total = float(saliency.sum(dtype=np.float64))
    scaled = saliency / total if total > 0 else np.zeros_like(saliency)
    return np.asarray(scaled, np.float32)


def entropy(saliency: NDArray[np.float32]) -> float:
    """Computes Shannon's entropy of the density, divided by its maximum log(h * w).

    Args:
        saliency: Float, shape (h, w), not negative.

    Returns:
        0 (one cell holds everything) to 1 (uniform); 0 for an empty map.
    """
    p = density(saliency)
    p = p[p > 0]
    if p.size < 2:
        return 0.0
    return float(-(p * np.log(p)).sum(dtype=np.float64)) / math.log(saliency.size)


def peak(saliency: NDArray[np.float32]) -> tuple[float, float]:
    """Returns the center of the cell with the highest value: x and y, 0..1."""
    height, width = saliency.shape
    row, column = divmod(int(np.argmax(saliency)), width)
    return (column + 0.5) / width, (row + 0.5) / height


def peaks(
    saliency: NDArray[np.float32], count: int = 5, aspect: float = 1.0, min_strength: float = 0.2
) -> list[Peak]:
    """Finds the highest peaks in order, with inhibition of return.

    The strongest cell wins, its surroundings are inhibited, and the next strongest wins (Koch and
    Ullman 1985; Itti, Koch and Niebur 1998). The order approximates a scanpath; it is not a model
    of eye movements.

    Args:
        saliency: Float, shape (h, w), not negative.
        count: Maximum number of peaks.
        aspect: Width divided by height of the picture, so that the inhibited area is a circle
            on the picture whatever the shape of the map.
        min_strength: The search stops below this share of the first peak.

    Returns:
        The peaks, strongest first; none for an empty map.
    """
    rest = np.array(saliency, np.float64)
    height, width = rest.shape
    across = (np.arange(width) + 0.5) / width * max(aspect, 1.0)
    down = (np.arange(height) + 0.5) / height / min(aspect, 1.0)
    found: list[Peak] = []
    maximum = float(rest.max(initial=0.0))
    while len(found) < count:
        value = float(rest.max(initial=0.0))
        if value <= 0 or value < min_strength * maximum:
            break
        x, y = peak(np.asarray(rest, np.float32))
        found.append(Peak(x, y, value / maximum))
        dx = across - x * max(aspect, 1.0)
        dy = down - y / min(aspect, 1.0)
        distance = dx[None, :] ** 2 + dy[:, None] ** 2
        inhibition = np.exp(-distance / (2 * INHIBITION_SIGMA**2))
        # Zero within two sigma: otherwise the edge of a broad peak would be the next peak.
        rest *= np.where(distance < (2 * INHIBITION_SIGMA) ** 2, 0.0, 1.0 - inhibition)
    return found


def change(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """Computes the total variation distance between the densities of two maps.

    Args:
        first: Float, shape (h, w), not negative.
        second: Float, of the same shape, not negative.

    Returns:
        Share of the attention that differs, 0..1.
    """
    return float(np.abs(density(first) - density(second)).sum(dtype=np.float64)) / 2


def region_shares(saliency: NDArray[np.float32], regions: Sequence[RegionMask]) -> list[float]:
    """Computes the share of the attention in each region.

    Args:
        saliency: Float, shape (h, w), not negative, proportional to the density of fixations.
        regions: The regions; they may overlap, so the shares may sum to more than 1.

    Returns:
        Shares, 0..1, in the order of the regions; zeros if the map is empty.
    """
    height, width = saliency.shape
    total = float(saliency.sum(dtype=np.float64))
    if total <= 0:
        return [0.0] * len(regions)
    values = np.ascontiguousarray(saliency, np.float32)
    covered = (np.multiply(values, coverage(region, height, width)) for region in regions)
    return [cv2.sumElems(cells)[0] / total for cells in covered]
