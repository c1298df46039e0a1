"""What the machine could do at best: sums a second, bytes a second, and what a network asks."""

from __future__ import annotations

import time
from typing import Any

import numpy as np


def roofline(seconds: float) -> dict[str, float]:
    """The machine's roof, on the threads that NumPy's own library takes for one large product.

    Returns:
        gmacs: Multiply-accumulates a second of a large float32 matrix product, in 10^9.
        gbytes: Bytes read and written a second by copying 64 MiB, in 10^9.
        knee: MACs a byte above which the sums are the limit, not the memory.
    """
    side = 768
    a = np.random.default_rng(0).random((side, side), np.float32)
    out = np.empty_like(a)
    big, copy = np.ones(1 << 24, np.float32), np.empty(1 << 24, np.float32)
    gmacs = side**3 / _best(lambda: np.matmul(a, a, out=out), seconds) / 1e9
    gbytes = 2 * big.nbytes / _best(lambda: np.copyto(copy, big), seconds) / 1e9
    return {
        "gmacs": round(gmacs, 1),
        "gbytes": round(gbytes, 1),
        "knee": round(gmacs / gbytes, 1),
    }


def _best(run: Any, seconds: float) -> float:
    least, end = float("inf"), time.perf_counter() + seconds
    while True:
        start = time.perf_counter()
        run()
        now = time.perf_counter()
        least = min(least, now - start)
        if now > end:
            return least


def share(model: dict[str, Any], roof: dict[str, float]) -> dict[str, float]:
    """How much of the roof each engine of a `bench_model` row reaches in its best batch."""
    return {
        name: round(row["best_fps"] * model["macs"] / 1e9 / roof["gmacs"], 3)
        for name, row in model["engines"].items()
    }
