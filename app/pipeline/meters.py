"""Rates and percentiles over the last seconds. Not thread-safe: the caller holds a lock."""

from __future__ import annotations

from collections import deque

RATE_WINDOW_S = 1.0
RATE_SILENCE_S = 3.0
LATENCY_WINDOW_S = 5.0
LATENCY_SAMPLES = 300


class RateMeter:
    """Events per second over about the last second.

    Below two events per second, the rate is that of the last two events; it is 0 after
    RATE_SILENCE_S without any.
    """

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=1024)

    def add(self, t: float) -> None:
        """Adds an event at `t` seconds; times must not decrease."""
        times = self._times
        times.append(t)
        # The last two are kept at any age, for the rate of a slow source.
        while len(times) > 2 and times[0] < t - RATE_WINDOW_S:
            times.popleft()

    def rate(self, now: float) -> float:
        """Events per second at the time `now`."""
        recent = [t for t in self._times if t >= now - RATE_WINDOW_S]
        if len(recent) >= 2 and recent[-1] > recent[0]:
            # When events stop, the open interval at the end lowers the rate at once.
            gap = (recent[-1] - recent[0]) / (len(recent) - 1)
            return 1.0 / max(gap, (now - recent[0]) / len(recent))
        if len(self._times) < 2 or now - self._times[-1] > RATE_SILENCE_S:
            return 0.0
        last, before = self._times[-1], self._times[-2]
        return 1.0 / max(last - before, now - last, RATE_WINDOW_S / 2)


class DurationMeter:
    """Percentiles of the durations of the last seconds."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float]] = deque(maxlen=LATENCY_SAMPLES)

    def add(self, t: float, seconds: float) -> None:
        """Adds a duration that ended at `t`."""
        self._samples.append((t, seconds))

    def percentiles_ms(self, now: float, *ranks: float) -> list[float | None]:
        """Percentiles in milliseconds by linear interpolation.

        Args:
            now: The time; samples older than LATENCY_WINDOW_S do not count.
            ranks: Each 0..1.

        Returns:
            One value per rank; None for each where there is no sample.
        """
        values = sorted(d for t, d in self._samples if t >= now - LATENCY_WINDOW_S)
        if not values:
            return [None] * len(ranks)
        return [1000.0 * _interpolate(values, rank) for rank in ranks]


def _interpolate(values: list[float], rank: float) -> float:
    index = rank * (len(values) - 1)
    low = int(index)
    high = min(low + 1, len(values) - 1)
    return values[low] + (index - low) * (values[high] - values[low])
