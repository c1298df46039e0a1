"""Statistics of regions over a clip, and their table: one row a region.

Shares are those of the whole map. Dwell, first look and entries follow its highest point, the most
probable place of a look. docs/tables.md describes every column.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from uvanet.analysis.regions import RegionMask

SUMMARY_COLUMNS = (
    *("source", "region", "share", "dwell_s", "first_look_s", "entries", "duration_s", "model"),
)
"""Columns of the table of regions."""


@dataclass(frozen=True, slots=True)
class RegionSummary:
    """Statistics of a region over a clip.

    Attributes:
        share: Mean share of the attention over all maps, 0..1.
        dwell: Seconds during which the peak lies in the region. A map counts until the next one.
        first: Seconds of the first map whose peak lies in the region; None if none does.
        entries: How often the peak entered the region, the first map included.
    """

    share: float
    dwell: float
    first: float | None
    entries: int


@dataclass(slots=True)
class RegionTotals:
    """Running totals of one region; maps are added in the order of time."""

    maps: int = 0
    share: float = 0.0
    dwell: float = 0.0
    first: float | None = None
    entries: int = 0
    inside: bool = False
    at: float = 0.0

    def add(self, seconds: float, share: float, inside: bool, longest: float = math.inf) -> None:
        """Adds a map.

        Args:
            seconds: Its time, later than that of the map before.
            share: The region's share of it, 0..1.
            inside: Whether its peak lies in the region.
            longest: Seconds for which the map before counts at most.
        """
        if self.inside:
            self.dwell += min(seconds - self.at, longest)
        self.maps += 1
        self.share += share
        self.entries += inside and not self.inside
        if inside and self.first is None:
            self.first = seconds
        self.inside, self.at = inside, seconds

    def summary(self, end: float) -> RegionSummary:
        """Gives the statistics of all maps added.

        Args:
            end: Seconds up to which the last map counts.
        """
        dwell = self.dwell + (end - self.at) * self.inside
        return RegionSummary(self.share / max(1, self.maps), dwell, self.first, self.entries)


class RegionTracker:
    """Statistics of regions over maps that come in the order of time.

    Args:
        regions: The regions.

    Attributes:
        maps: Number of maps.
        duration: Seconds from the first map on; the last one counts as long as the one before,
            so a single picture has the duration 0.
    """

    def __init__(self, regions: Sequence[RegionMask]) -> None:
        self.maps = 0
        self.duration = 0.0
        self._regions = regions
        self._totals = [RegionTotals() for _ in regions]
        self._start = self._last = 0.0

    def add(self, seconds: float, saliency: NDArray[np.float32], shares: Iterable[float]) -> None:
        """Adds a map.

        Args:
            seconds: Its time.
            saliency: float32, shape (h, w).
            shares: The regions' shares of it, 0..1.
        """
        if not self.maps:
            self._start = self._last = seconds
        self.maps += 1
        self.duration = 2 * seconds - self._last - self._start
        self._last = seconds
        height, width = saliency.shape
        cell = divmod(int(saliency.argmax()), width)
        for region, totals, share in zip(self._regions, self._totals, shares, strict=True):
            totals.add(seconds, share, bool(region.mask(height, width)[cell]))

    def summaries(self) -> list[RegionSummary]:
        """Gives the statistics in the order of the regions."""
        return [totals.summary(self._start + self.duration) for totals in self._totals]


def summary_rows(
    source: str,
    model: str,
    duration: float,
    regions: Iterable[RegionMask],
    summaries: Iterable[RegionSummary],
) -> list[dict[str, object]]:
    """Gives the rows of the table, by the names of `SUMMARY_COLUMNS`.

    Args:
        source: Name of the source.
        model: Name of the model.
        duration: Seconds that the statistics cover; 0 for a picture, which has no times.
        regions: The regions.
        summaries: Their statistics.

    Returns:
        Plain values; None where there is none.
    """
    rows = []
    for region, one in zip(regions, summaries, strict=True):
        times = (
            (round(one.dwell, 3), None if one.first is None else round(one.first, 3), one.entries)
            if duration
            else (None, None, None)
        )
        values = (source, region.name, round(one.share, 5), *times, round(duration, 3) or None)
        rows.append(dict(zip(SUMMARY_COLUMNS, (*values, model), strict=True)))
    return rows


def summary_cells(rows: Iterable[dict[str, object]]) -> list[Sequence[object]]:
    """Gives heads and rows for `uvanet.csv_text`; a cell without a value is empty."""
    cells = (["" if value is None else value for value in row.values()] for row in rows)
    return [SUMMARY_COLUMNS, *cells]
