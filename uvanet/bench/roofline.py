"""Roofline of the machine: arithmetic and memory throughput, and the share that a network reaches.

Source: Williams, Waterman and Patterson, *Roofline: An Insightful Visual Performance Model*, CACM
52(4), 2009.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable


def roofline(seconds: float) -> dict[str, float]:
    """Measures the machine, with the threads that NumPy uses for a large matrix product.

    Args:
        seconds: For each of the two measurements.

    Returns:
        gmacs: 10^9 multiply-accumulates a second of a large float32 matrix product.
        gbytes: 10^9 bytes a second, read and written, of a copy of 64 MiB.
        knee: MACs per byte above which arithmetic is the limit, not memory.
    """
    side = 768
    a = np.random.default_rng(0).random((side, side), np.float32)
    out = np.empty_like(a)
    large, copy = np.ones(1 << 24, np.float32), np.empty(1 << 24, np.float32)
    gmacs = side**3 / _min_seconds(lambda: np.matmul(a, a, out=out), seconds) / 1e9
    gbytes = 2 * large.nbytes / _min_seconds(lambda: np.copyto(copy, large), seconds) / 1e9
    return {
        "gmacs": round(gmacs, 1),
        "gbytes": round(gbytes, 1),
        "knee": round(gmacs / gbytes, 1),
    }


def roofline_share(model: dict[str, Any], roof: dict[str, float]) -> dict[str, float]:
    """Share of `roof` that each engine of a `bench_model` row reaches with its best batch."""
    return {
        name: round(row["best_fps"] * model["macs"] / 1e9 / roof["gmacs"], 3)
        for name, row in model["engines"].items()
    }


def _min_seconds(run: Callable[[], object], seconds: float) -> float:
    least, end = float("inf"), time.perf_counter() + seconds
    while True:
        start = time.perf_counter()
        run()
        now = time.perf_counter()
        least = min(least, now - start)
        if now > end:
            return least
