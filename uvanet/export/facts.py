"""What a saliency map says in a few numbers: its peaks, its spread, the shares of regions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from uvanet.export.job import Region

_FINE = 256  # side of the square on which a region's edge is drawn
_INHIBITION = 0.12  # radius around a peak in which no other is looked for, of the square's side


def peak(saliency: NDArray[np.float32]) -> tuple[float, float]:
    """The place of the highest value, x and y from 0 to 1 of the picture."""
    row, column = np.unravel_index(int(np.argmax(saliency)), saliency.shape)
    height, width = saliency.shape
    return (float(column) + 0.5) / width, (float(row) + 0.5) / height


def peaks(
    saliency: NDArray[np.float32], most: int = 4, least: float = 0.35
) -> list[tuple[float, float]]:
    """The highest points, one after the other, each inhibiting its surroundings.

    Args:
        saliency: Shape (h, w), 0..1.
        most: How many at most.
        least: Stop below this part of the highest value.

    Returns:
        x and y from 0 to 1 each, the highest first; nothing on an empty map.
    """
    rest = np.array(saliency, np.float32)
    height, width = rest.shape
    rows, columns = np.ogrid[:height, :width]
    floor = least * float(rest.max())
    found: list[tuple[float, float]] = []
    while len(found) < most and (highest := float(rest.max())) > 0 and highest >= floor:
        x, y = peak(rest)
        found.append((x, y))
        far = np.hypot((columns + 0.5) / width - x, (rows + 0.5) / height - y)
        rest[far < _INHIBITION] = 0
    return found


def spread(saliency: NDArray[np.float32]) -> float:
    """The entropy of the map as a distribution, from 0 (one cell) to 1 (the same everywhere)."""
    total = float(saliency.sum())
    if total <= 0:
        return 1.0
    shares = saliency[saliency > 0] / total
    return float(-(shares * np.log(shares)).sum() / np.log(saliency.size))


class Shares:
    """The share of attention in each of some regions.

    Args:
        regions: Each with a name and a mask.
    """

    def __init__(self, regions: Iterable[Region]) -> None:
        self._masks = {
            region.name: np.asarray(region.mask(_FINE, _FINE), np.float32) for region in regions
        }
        self._shape: tuple[int, ...] = ()
        self._weights: dict[str, NDArray[np.float32]] = {}

    @property
    def names(self) -> list[str]:
        """The regions' names."""
        return list(self._masks)

    def of(self, saliency: NDArray[np.float32]) -> dict[str, float]:
        """By name, from 0 to 1."""
        if saliency.shape != self._shape:
            self._shape = saliency.shape
            size = (saliency.shape[1], saliency.shape[0])
            self._weights = {
                name: np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA))
                for name, mask in self._masks.items()
            }
        total = float(saliency.sum())
        if total <= 0:
            return dict.fromkeys(self._masks, 0.0)
        return {
            name: float((weights * saliency).sum()) / total
            for name, weights in self._weights.items()
        }
