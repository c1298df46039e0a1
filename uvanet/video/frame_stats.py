"""What a saliency map says in a few numbers: its peaks, its spread, the shares of regions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from uvanet.video.job import Region

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

    def inside(self, x: float, y: float) -> dict[str, bool]:
        """By name, whether a place is in the region; x and y from 0 to 1."""
        row, column = (min(_FINE - 1, int(place * _FINE)) for place in (y, x))
        return {name: bool(mask[row, column] > 0.5) for name, mask in self._masks.items()}

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


class Got:
    """What each region got over a clip.

    Args:
        shares: Of the regions.
    """

    def __init__(self, shares: Shares) -> None:
        self._shares = shares
        self._frames = 0
        self._sums = dict.fromkeys(shares.names, 0.0)
        self._entries = dict.fromkeys(shares.names, 0)
        self._first: dict[str, float | None] = dict.fromkeys(shares.names)
        self._inside = dict.fromkeys(shares.names, False)

    def add(self, seconds: float, at: tuple[float, float], shares: Iterable[float]) -> None:
        """Takes a frame: its time, its peak, and the regions' shares in their order."""
        self._frames += 1
        for name, share in zip(self._sums, shares, strict=True):
            self._sums[name] += share
        for name, inside in self._shares.inside(*at).items():
            self._entries[name] += inside and not self._inside[name]
            if inside and self._first[name] is None:
                self._first[name] = seconds
            self._inside[name] = inside

    def summary(self) -> dict[str, dict[str, float | int | None]]:
        """By name: `share`, the mean, 0..1; `entries` of the peak; `first_peak`.

        The last is in seconds of the clip; None where the peak never was inside.
        """
        return {
            name: {
                "share": round(total / max(1, self._frames), 5),
                "entries": self._entries[name],
                "first_peak": self._first[name],
            }
            for name, total in self._sums.items()
        }
