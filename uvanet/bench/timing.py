"""How calls are timed, the same for everything that is compared."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypedDict

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

LEVELS = (1, 5, 25, 50, 75, 90, 95, 99)
"""Percentiles that are kept, for the picture of the distribution."""

FEWEST = 3


class Timing(TypedDict):
    """Times of one call, in milliseconds.

    Attributes:
        p50_ms: Median.
        p95_ms: 95th percentile.
        p99_ms: 99th percentile.
        best_ms: The least: what the machine does when nothing else runs.
        cpu_ms: Processor time of all threads, mean.
        calls: How many.
        levels_ms: The percentiles of `LEVELS`.
    """

    p50_ms: float
    p95_ms: float
    p99_ms: float
    best_ms: float
    cpu_ms: float
    calls: int
    levels_ms: list[float]


def time_calls(run: Callable[[], object], seconds: float) -> Timing:
    """Times calls of `run` for about so many seconds, after a warm-up of a tenth of it."""
    warm = time.perf_counter() + seconds / 10
    while True:
        run()
        if time.perf_counter() >= warm:
            break
    times: list[float] = []
    end, cpu = time.perf_counter() + seconds, time.process_time()
    while len(times) < FEWEST or time.perf_counter() < end:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    used = (time.process_time() - cpu) / len(times) * 1e3
    levels = [round(float(value) * 1e3, 4) for value in np.percentile(times, LEVELS)]
    at = dict(zip(LEVELS, levels, strict=True))
    return Timing(
        p50_ms=at[50],
        p95_ms=at[95],
        p99_ms=at[99],
        best_ms=round(min(times) * 1e3, 4),
        cpu_ms=round(used, 4),
        calls=len(times),
        levels_ms=levels,
    )
