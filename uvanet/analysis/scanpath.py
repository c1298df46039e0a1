"""The order in which people may look: peaks, one after the other.

After Koch and Ullman (1985) and Itti, Koch and Niebur (1998): the strongest place wins, is then
inhibited so that attention does not return to it, and the next strongest wins. It is a guess from
one map, not a model of eye movements.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from uvanet.analysis.map_stats import peak

if TYPE_CHECKING:
    from numpy.typing import NDArray

REACH = 0.1
"""Standard deviation of the inhibition, as a share of the picture's shorter side."""


@dataclass(frozen=True, slots=True)
class ScanpathPoint:
    """One predicted look.

    Attributes:
        x: 0..1 from the left.
        y: 0..1 from the top.
        strength: The map's value there, by the value of the first look, 0..1.
    """

    x: float
    y: float
    strength: float


def order_of_looks(
    saliency: NDArray[np.float32], count: int = 5, aspect: float = 1.0, least: float = 0.2
) -> list[ScanpathPoint]:
    """Finds the first few peaks with inhibition of return.

    Args:
        saliency: Float, shape (h, w), not negative.
        count: At most so many.
        aspect: Width by height of the picture the map belongs to, so that the inhibition is
            round on it.
        least: Peaks weaker than this share of the first are not looked at.

    Returns:
        The looks, first one first; none for an empty map.
    """
    left = np.array(saliency, np.float64)
    height, width = left.shape
    across = (np.arange(width) + 0.5) / width * max(aspect, 1.0)
    down = (np.arange(height) + 0.5) / height / min(aspect, 1.0)
    looks: list[ScanpathPoint] = []
    first = float(left.max(initial=0.0))
    while len(looks) < count:
        strongest = float(left.max(initial=0.0))
        if strongest <= 0 or strongest < least * first:
            break
        x, y = peak(np.asarray(left, np.float32))
        looks.append(ScanpathPoint(x, y, strongest / first))
        dx = across - x * max(aspect, 1.0)
        dy = down - y / min(aspect, 1.0)
        distance = dx[None, :] ** 2 + dy[:, None] ** 2
        inhibited = np.exp(-distance / (2 * REACH**2))
        # Nothing is left within the reach itself, or a broad peak would win again at its edge.
        left *= np.where(distance < (2 * REACH) ** 2, 0.0, 1.0 - inhibited)
    return looks
