"""Statistics of regions over a clip, and their table with one row per region.

Shares are computed from the whole map. Dwell, first look and entries follow the highest point of
the map, the most probable fixation. docs/tables.md describes all columns.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

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
        dwell: Seconds for which the peak lies in the region; a map counts until the next one.
        first: Time of the first map whose peak lies in the region, seconds; None without one.
        entries: Number of times the peak enters the region; a peak that starts in it counts too.
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
            seconds: Time of the map, later than that of the previous map.
            share: The region's share of the map, 0..1.
            inside: Whether the peak of the map lies in the region.
            longest: Maximum time for which the previous map counts, seconds.
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
        """Returns the statistics of all maps added.

        Args:
            end: Time until which the last map counts, seconds.
        """
        dwell = self.dwell + (end - self.at) * self.inside
        return RegionSummary(self.share / max(1, self.maps), dwell, self.first, self.entries)


class RegionTracker:
    """Collects the statistics of regions over maps that come in the order of time.

    Args:
        regions: The regions.

    Attributes:
        maps: Number of maps added.
        duration: Seconds covered by the maps. The last map counts as long as the one before, so
            the duration of a single picture is 0.
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
            seconds: Time of the map.
            saliency: The map, float32, shape (h, w).
            shares: Share of each region in the map, 0..1.
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
        """Returns the statistics in the order of the regions."""
        return [totals.summary(self._start + self.duration) for totals in self._totals]


def table_names(regions: Iterable[RegionMask]) -> list[str]:
    """Returns the names of regions in tables: later regions of one name get a number, "Logo (2)".

    A name that another region has is not given, so that columns and rows stay apart.
    """
    regions = list(regions)
    given = {region.name for region in regions}
    used: set[str] = set()
    names = []
    for region in regions:
        name = region.name
        if name in used:
            numbered = (f"{region.name} ({number})" for number in itertools.count(2))
            name = next(each for each in numbered if each not in given | used)
        used.add(name)
        names.append(name)
    return names


def summary_rows(
    source: str,
    model: str,
    duration: float,
    regions: Sequence[RegionMask],
    summaries: Iterable[RegionSummary],
) -> list[dict[str, object]]:
    """Returns the rows of the region table.

    Args:
        source: Name of the source.
        model: Name of the model.
        duration: Seconds that the statistics cover; 0 for a picture, which has no times.
        regions: The regions.
        summaries: Their statistics.

    Returns:
        A row for each region with the keys `SUMMARY_COLUMNS`; None for values that do not exist.
    """
    rows: list[dict[str, object]] = []
    for name, summary in zip(table_names(regions), summaries, strict=True):
        times: tuple[float | None, ...] = (None, None, None)
        if duration:
            first = None if summary.first is None else round(summary.first, 3)
            times = (round(summary.dwell, 3), first, summary.entries)
        values = (source, name, round(summary.share, 5), *times, round(duration, 3) or None)
        rows.append(dict(zip(SUMMARY_COLUMNS, (*values, model), strict=True)))
    return rows


def summary_cells(rows: Iterable[dict[str, object]]) -> list[Sequence[object]]:
    """Gives heads and rows for `uvanet.csv_text`; a cell without a value is empty."""
    cells = (["" if value is None else value for value in row.values()] for row in rows)
    return [SUMMARY_COLUMNS, *cells]
