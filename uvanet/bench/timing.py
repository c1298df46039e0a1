"""Times function calls, in the same way for all benchmarks."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypedDict

import numpy as np

PERCENTILES = (1, 5, 25, 50, 75, 90, 95, 99)
"""Percentiles that a `Timing` keeps, for the plot of the distribution."""

MIN_CALLS = 3


class Timing(TypedDict):
    """Times of one call, milliseconds.

    Attributes:
        p50_ms: Median.
        p95_ms: 95th percentile.
        p99_ms: 99th percentile.
        best_ms: Minimum, which other programs disturb least.
        cpu_ms: Mean processor time of all threads.
        calls: Number of calls.
        percentiles_ms: The percentiles of `PERCENTILES`, in this order.
    """

    p50_ms: float
    p95_ms: float
    p99_ms: float
    best_ms: float
    cpu_ms: float
    calls: int
    percentiles_ms: list[float]


def time_calls(run: Callable[[], object], seconds: float) -> Timing:
    """Times calls of `run` for about `seconds`, after a warm-up of a tenth of that time."""
    warm_until = time.perf_counter() + seconds / 10
    while True:
        run()
        if time.perf_counter() >= warm_until:
            break
    times: list[float] = []
    end, cpu = time.perf_counter() + seconds, time.process_time()
    while len(times) < MIN_CALLS or time.perf_counter() < end:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    cpu_ms = (time.process_time() - cpu) / len(times) * 1e3
    values = [round(float(value) * 1e3, 4) for value in np.percentile(times, PERCENTILES)]
    at = dict(zip(PERCENTILES, values, strict=True))
    return Timing(
        p50_ms=at[50],
        p95_ms=at[95],
        p99_ms=at[99],
        best_ms=round(min(times) * 1e3, 4),
        cpu_ms=round(cpu_ms, 4),
        calls=len(times),
        percentiles_ms=values,
    )
