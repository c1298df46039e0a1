"""The range of a chart's axis: round steps, and no change that the data do not need."""

from __future__ import annotations

import math

_INTERVALS = 4  # between ticks, at most
_SHRINK = 0.5  # a narrower range is taken once it is this share of the current one


class SteadyAxis:
    """Chooses ranges that end at round numbers and stay while data come and go.

    The range grows as soon as a value is outside of it. It shrinks only where the data need half
    of it or less, so that a curve near a limit does not make the axis jump.

    Args:
        low: The lower end is this or less; by default there is no such bound.
        top: The upper end is this or more; likewise.
        intervals: Most intervals between ticks.
    """

    def __init__(
        self, low: float = math.inf, top: float = -math.inf, intervals: int = _INTERVALS
    ) -> None:
        self._least = low, top
        self._intervals = intervals
        self._ticks: list[float] = []
        self.reset()

    @property
    def ticks(self) -> list[float]:
        """Round numbers at equal distances; the first and the last one are the range's ends."""
        return self._ticks

    def fit(self, low: float, high: float) -> list[float]:
        """Returns the ticks for values from `low` to `high`; values that are not finite: none."""
        if not (math.isfinite(low) and math.isfinite(high)):
            return self._ticks
        low, high = min(low, self._least[0]), max(high, self._least[1])
        wanted = _round_ticks(low, high, self._intervals)
        outside = low < self._ticks[0] or high > self._ticks[-1]
        if outside or _span(wanted) <= _SHRINK * _span(self._ticks):
            self._ticks = wanted
        return self._ticks

    def reset(self) -> None:
        """Forgets the data."""
        low, top = self._least
        self._ticks = [0.0, 1.0] if low > top else _round_ticks(low, top, self._intervals)


def _span(ticks: list[float]) -> float:
    return ticks[-1] - ticks[0]


def _round_ticks(low: float, high: float, intervals: int) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten around `low` to `high`."""
    span = max(high - low, 1e-9 * max(1.0, abs(low), abs(high)))
    power = 10.0 ** math.floor(math.log10(span / intervals))
    for factor in (1, 2, 5, 10, 20):
        step = factor * power
        # The ends may be off a round number by a rounding error.
        first, last = math.floor(low / step + 1e-6), math.ceil(high / step - 1e-6)
        if last - first <= intervals:
            break
    return [round(number * step, 12) for number in range(first, max(last, first + 1) + 1)]
