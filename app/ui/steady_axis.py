"""The range of the axis of a chart, which has round ticks and changes rarely."""

from __future__ import annotations

import math

_INTERVALS = 4  # maximum number of intervals between ticks
_SHRINK = 0.5  # the range shrinks when the needed range is this share of it, or less


class SteadyAxis:
    """Chooses ranges that end at round numbers.

    The range grows when a value is outside of it. It shrinks only when the data need half of it or
    less, so that a curve near a limit does not change the axis again and again.

    Args:
        low: The range starts at this value or below; infinity for no limit.
        top: The range ends at this value or above; minus infinity for no limit.
        intervals: Maximum number of intervals between ticks.
    """

    def __init__(
        self, low: float = math.inf, top: float = -math.inf, intervals: int = _INTERVALS
    ) -> None:
        self._always = low, top  # values that every range includes
        self._intervals = intervals
        self._ticks: list[float] = []
        self.reset()

    @property
    def ticks(self) -> list[float]:
        """Round numbers at equal distances; the first and the last one end the range."""
        return self._ticks

    def fit(self, low: float, high: float) -> list[float]:
        """Returns the ticks for values from `low` to `high`; NaN and infinity change nothing."""
        if not (math.isfinite(low) and math.isfinite(high)):
            return self._ticks
        low, high = min(low, self._always[0]), max(high, self._always[1])
        ticks = _round_ticks(low, high, self._intervals)
        outside = low < self._ticks[0] or high > self._ticks[-1]
        if outside or _span(ticks) <= _SHRINK * _span(self._ticks):
            self._ticks = ticks
        return self._ticks

    def reset(self) -> None:
        """Resets the range."""
        low, top = self._always
        self._ticks = [0.0, 1.0] if low > top else _round_ticks(low, top, self._intervals)


def _span(ticks: list[float]) -> float:
    return ticks[-1] - ticks[0]


def _round_ticks(low: float, high: float, intervals: int) -> list[float]:
    """Returns multiples of 1, 2 or 5 times a power of ten that include `low` to `high`."""
    # A small share of the value at least: ticks of a constant value would have nine digits.
    least = max(0.003 * max(abs(low), abs(high)), 1e-9)
    if (missing := least - (high - low)) > 0:
        low, high = low - missing / 2, high + missing / 2
    span = high - low
    power = 10.0 ** math.floor(math.log10(span / intervals))
    for factor in (1, 2, 5, 10, 20):
        step = factor * power
        # The tolerance is for rounding errors of round numbers.
        first, last = math.floor(low / step + 1e-6), math.ceil(high / step - 1e-6)
        if last - first <= intervals:
            break
    return [round(number * step, 12) for number in range(first, max(last, first + 1) + 1)]
