"""Records the attention over the time of a clip: one map per short interval.

Maps are stored by the time in the clip, so that a clip that is played twice counts once. They may
come in any order: from playing, seeking, or a scan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from uvanet.analysis.map_stats import change, density, entropy, peak
from uvanet.analysis.region_summary import RegionSummary, RegionTotals
from uvanet.analysis.regions import Region, coverage
from uvanet.i18n import tr

STEP = 0.1
"""Length of the interval of one map, seconds; longer for long clips, see `MOST`."""

MOST = 4096
"""Maximum number of maps, which need 16 MB."""

_SIDE = 64
_THUMB = (16, 9)
# Neighbors that are further apart than this many steps are not compared, since maps are missing.
_GAP = 3
_CUT = 0.09
_CHUNK = 512
T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Series:
    """Statistics over time, in the order of time.

    Attributes:
        seconds: float64, (n,).
        entropy: float32, (n,), 0..1; see `map_stats.entropy`.
        change: float32, (n,), 0..1: share of the attention that moved since the previous map; 0 if
            unknown.
        moved: float32, (n,): distance of the peak from the previous one, where the width and the
            height of the picture count as 1.
        cuts: bool, (n,): whether the scene changes at this frame.
        peaks: float32, (n, 2): x and y of the peak, 0..1.
    """

    seconds: NDArray[np.float64]
    entropy: NDArray[np.float32]
    change: NDArray[np.float32]
    moved: NDArray[np.float32]
    cuts: NDArray[np.bool_]
    peaks: NDArray[np.float32]


class Record:
    """Maps by time. Not thread-safe.

    If only the newest maps are kept, averages and region statistics still cover all maps added.
    Statistics of a region that was added later cover the maps kept at that time and all later maps.

    Args:
        duration: Length of the clip, seconds. None if unknown: then only the newest maps are kept.
        step: Length of the interval of one map, seconds; longer if the clip needs too many maps.
        most: Maximum number of maps.
    """

    def __init__(self, duration: float | None = None, step: float = STEP, most: int = MOST) -> None:
        self.step = max(step, (duration or 0.0) / most * 1.001)
        self._most = most
        self._rows: dict[int, int] = {}
        self._next = 0
        self._order: NDArray[np.intp] | None = None
        self._maps: NDArray[np.uint8] = np.empty((0, 0, 0), np.uint8)
        self._total = np.zeros((0, 0), np.float64)  # the sum of all densities
        self._seconds = np.empty(0, np.float64)
        self._sums = np.empty(0, np.float32)  # of each map
        self._numbers = np.empty((0, 4), np.float32)  # entropy, change, x, y
        self._thumbs: NDArray[np.uint8] = np.empty((0, *_THUMB[::-1], 3), np.uint8)
        self._shares: dict[Region, NDArray[np.float32]] = {}  # by outline
        self._past: dict[Region, RegionTotals] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, seconds: float, saliency: NDArray[np.float32], image: NDArray[np.uint8]) -> bool:
        """Adds the map of a frame; it replaces the map of its interval.

        Args:
            seconds: Time in the clip.
            saliency: Float, shape (h, w), 0..1.
            image: The frame, uint8, shape (h', w', 3 or 4); a small copy is used to detect cuts.

        Returns:
            Whether the map was stored; an empty map is not.
        """
        if not saliency.any():
            return False
        small = _small(saliency)
        if not self._rows:
            self._maps = np.empty((0, *small.shape), np.uint8)
            self._total = np.zeros(small.shape, np.float64)
        elif small.shape != self._maps.shape[1:]:
            # A map of another aspect ratio is stretched to the shape of the first one.
            height, width = self._maps.shape[1:]
            small = np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_AREA))
        bucket = self._bucket(seconds)
        row = self._row(bucket)
        self._seconds[row] = seconds
        self._maps[row] = small
        self._sums[row] = small.sum()
        self._total += density(small)
        self._thumbs[row] = _thumb(image)
        self._numbers[row] = (entropy(saliency), 0.0, *peak(saliency))
        self._numbers[row, 1] = self._change(bucket)
        for later in range(bucket + 1, bucket + _GAP + 1):
            if later in self._rows:
                self._numbers[self._rows[later], 1] = self._change(later)
                break
        for region, values in self._shares.items():
            values[row] = float((small * coverage(region, *small.shape)).sum()) / self._sums[row]
        return True

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Returns the arrays for `from_arrays`, without the statistics of dropped maps."""
        rows = self._ordered()
        return {
            "step": np.array(self.step),
            "buckets": np.array(sorted(self._rows), np.int64),
            "seconds": self._seconds[rows],
            "maps": self._maps[rows],
            "numbers": self._numbers[rows],
            "thumbs": self._thumbs[rows],
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> Record:
        """Restores a record from the result of `arrays`.

        Raises:
            ValueError: The arrays do not match each other, or a number is out of range.
            KeyError: An array is missing.
        """
        step, buckets = float(arrays["step"]), np.asarray(arrays["buckets"], np.int64)
        seconds = np.asarray(arrays["seconds"], np.float64)
        maps = np.asarray(arrays["maps"], np.uint8)
        numbers = np.asarray(arrays["numbers"], np.float32)
        thumbs = np.asarray(arrays["thumbs"], np.uint8)
        count = len(buckets)
        shapes = (seconds.shape, numbers.shape, thumbs.shape, maps.shape[:1])
        if shapes != ((count,), (count, 4), (count, *_THUMB[::-1], 3), (count,)):
            raise ValueError(tr("its arrays differ in length"))
        sides = maps.shape[1:]
        if count > MOST or len(sides) != 2 or not all(0 < side <= _SIDE for side in sides):
            raise ValueError(tr("its maps have the shape {shape}").format(shape=maps.shape))
        finite = np.isfinite(seconds).all() and np.isfinite(numbers).all()
        if not finite or not STEP <= step <= 1e6 or (np.diff(buckets) <= 0).any():
            raise ValueError(tr("a number is out of range"))
        sums = maps.sum(axis=(1, 2), dtype=np.float32)
        if not sums.all():
            raise ValueError(tr("a map is empty"))
        record = cls(step=step)
        record._rows = {int(bucket): row for row, bucket in enumerate(buckets)}
        record._maps, record._seconds, record._sums = maps.copy(), seconds.copy(), sums
        record._numbers, record._thumbs = numbers.copy(), thumbs.copy()
        record._total = np.zeros(sides, np.float64)
        for saliency in maps:
            record._total += density(saliency)
        return record

    def average(self) -> NDArray[np.float32] | None:
        """Returns the mean density of all maps added, scaled to a maximum of 1.

        Returns:
            float32, shape (h, w); None before the first map.
        """
        if not self._rows:
            return None
        return np.asarray(self._total / self._total.max(), np.float32)

    def series(self) -> Series:
        """Returns all statistics in the order of time."""
        rows = self._ordered()
        seconds, numbers = self._seconds[rows], self._numbers[rows]
        peaks = numbers[:, 2:]
        moved = np.zeros(len(rows), np.float32)
        cuts = np.zeros(len(rows), bool)
        if len(rows) > 1:
            near = np.diff(seconds) <= _GAP * self.step
            moved[1:] = np.hypot(*np.diff(peaks, axis=0).T) * near
            cuts[1:] = self._cuts(rows) & near
        return Series(seconds, numbers[:, 0], numbers[:, 1], moved, cuts, peaks)

    def shares(self, region: Region) -> NDArray[np.float32]:
        """Returns the region's share in each map, in the order of time: float32, (n,), 0..1."""
        outline = region.outline
        if outline not in self._shares:
            self._shares[outline] = self._shares_of(outline)
        return self._shares[outline][self._ordered()]

    def keep_only(self, regions: Sequence[Region]) -> None:
        """Drops the shares of all regions except `regions`."""
        kept = {region.outline for region in regions}
        self._shares = {key: shares for key, shares in self._shares.items() if key in kept}
        self._past = {key: totals for key, totals in self._past.items() if key in kept}

    def summary(self, region: Region) -> RegionSummary:
        """Returns the statistics of a region over all maps added.

        A map counts until the next one, but for at most three steps.
        """
        rows = self._ordered()
        if not len(rows):
            return RegionSummary(0.0, 0.0, None, 0)
        shares, past = self.shares(region), self._past.get(region.outline, RegionTotals())
        seconds, peaks = self._seconds[rows], self._numbers[rows, 2:]
        inside = region.inside(peaks[:, 0], peaks[:, 1])
        entries = int(inside[0] and not past.inside) + int((inside[1:] & ~inside[:-1]).sum())
        first = past.first
        if first is None and inside.any():
            first = float(seconds[int(np.argmax(inside))])
        mean = (past.share + float(shares.sum())) / (past.maps + len(rows))
        dwell = past.dwell + float(self._lengths()[inside].sum())
        if past.inside:
            dwell += min(float(seconds[0]) - past.at, _GAP * self.step)
        return RegionSummary(mean, dwell, first, past.entries + entries)

    @property
    def covered(self) -> float:
        """Seconds of the clip that the stored maps cover."""
        return float(self._lengths().sum())

    def moments(self, count: int = 12, apart: float = 0.5) -> list[float]:
        """Returns the times of highest change.

        Args:
            count: Maximum number.
            apart: Minimum seconds between two of them.

        Returns:
            Times in the clip, seconds, in ascending order; only times at which more than the usual
            share of the attention moves.
        """
        series = self.series()
        if len(series.seconds) < 3:
            return []
        least = max(0.05, float(series.change.mean() + series.change.std()))
        chosen: list[float] = []
        for place in np.argsort(-series.change, kind="stable"):
            if series.change[place] < least or len(chosen) == count:
                break
            at = float(series.seconds[place])
            if all(abs(at - other) >= apart for other in chosen):
                chosen.append(at)
        return sorted(chosen)

    def _bucket(self, seconds: float) -> int:
        # The addend keeps 0.3 s in the third interval, despite the rounding of 0.3 / 0.1.
        return int(seconds / self.step + 1e-6)

    def _row(self, bucket: int) -> int:
        """Returns the row for an interval's map; replaces the oldest map if all rows are used."""
        if bucket in self._rows:
            row = self._rows[bucket]
            self._total -= density(self._maps[row])
            return row
        if len(self._rows) == self._most:
            row = self._rows.pop(min(self._rows))
            x, y = self._numbers[row, 2:]
            for region, values in self._shares.items():
                inside = bool(region.inside(np.array([x]), np.array([y]))[0])
                past = self._past.setdefault(region, RegionTotals())
                longest = _GAP * self.step
                past.add(float(self._seconds[row]), float(values[row]), inside, longest)
        else:
            row = len(self._rows)
            if row == len(self._seconds):
                self._grow()
        self._rows[bucket] = row
        self._order = None
        return row

    def _grow(self) -> None:
        size = min(self._most, max(64, 2 * len(self._seconds)))
        for name in ("_maps", "_seconds", "_sums", "_numbers", "_thumbs"):
            setattr(self, name, _longer(getattr(self, name), size))
        self._shares = {key: _longer(shares, size) for key, shares in self._shares.items()}

    def _ordered(self) -> NDArray[np.intp]:
        """The used rows in the order of time."""
        if self._order is None:
            self._order = np.array([row for _, row in sorted(self._rows.items())], np.intp)
        return self._order

    def _lengths(self) -> NDArray[np.float64]:
        """Seconds for which each map counts, in the order of time."""
        after = np.diff(self._seconds[self._ordered()])
        return np.append(np.minimum(after, _GAP * self.step), self.step)[: len(self._rows)]

    def _shares_of(self, region: Region) -> NDArray[np.float32]:
        """The region's share in every row; only cells of the region are read."""
        values = np.zeros(len(self._seconds), np.float32)
        cells = coverage(region, *self._maps.shape[1:])
        down, across = (np.flatnonzero(cells.any(axis=axis)) for axis in (1, 0))
        if not self._rows or not len(down):
            return values
        box = np.s_[down[0] : down[-1] + 1, across[0] : across[-1] + 1]
        weights = cells[box].ravel()
        for start in range(0, len(self._rows), _CHUNK):
            rows = slice(start, min(start + _CHUNK, len(self._rows)))
            inner = self._maps[rows][:, *box].reshape(rows.stop - start, -1)
            values[rows] = inner.astype(np.float32) @ weights / self._sums[rows]
        return values

    def _change(self, bucket: int) -> float:
        """The change since the nearest earlier map within `_GAP` steps; 0 without one."""
        for earlier in range(bucket - 1, bucket - _GAP - 1, -1):
            if earlier in self._rows:
                before, now = self._maps[self._rows[earlier]], self._maps[self._rows[bucket]]
                return change(before.astype(np.float32), now.astype(np.float32))
        return 0.0

    def _cuts(self, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Whether a cut precedes each frame but the first.

        At a cut, a frame differs much from the previous one, and much more than the neighboring
        frames differ from each other. In a fast pan all frames differ by about the same amount.
        """
        thumbs = self._thumbs[rows].astype(np.int16)
        differs = np.abs(np.diff(thumbs, axis=0)).mean(axis=(1, 2, 3)) / 255
        around = np.pad(differs, 1, mode="reflect" if len(differs) > 1 else "edge")
        usual = np.maximum(around[:-2], around[2:])
        return np.asarray((differs > _CUT) & (differs > 2.5 * usual))


def _longer(values: NDArray[T], size: int) -> NDArray[T]:
    """A copy with more rows; the new rows are zero."""
    result = np.zeros((size, *values.shape[1:]), values.dtype)
    result[: len(values)] = values
    return result


def _small(saliency: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The map in 8 bits with maximum 255, and with sides of at most `_SIDE`."""
    height, width = saliency.shape
    if max(height, width) > _SIDE:
        size = min(width, _SIDE), min(height, _SIDE)
        saliency = np.asarray(cv2.resize(saliency, size, interpolation=cv2.INTER_AREA), np.float32)
    top = float(saliency.max())
    return np.asarray(np.rint(saliency * (255.0 / top)), np.uint8)


def _thumb(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A small copy of a picture, made from a few pixels: all pixels would take a millisecond."""
    across, down = max(1, image.shape[1] // 128), max(1, image.shape[0] // 72)
    sparse = np.ascontiguousarray(image[::down, ::across, :3])
    return np.asarray(cv2.resize(sparse, _THUMB, interpolation=cv2.INTER_AREA), np.uint8)
