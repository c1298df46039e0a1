"""Times networks alone, on input of the network's size: one frame, batches, threads, engines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uvanet.bench.timing import Timing, time_calls
from uvanet.extras import is_installed
from uvanet.model_card import Card
from uvanet.registry import resolve_model
from uvanet.runtime.engine import Engine
from uvanet.runtime.engines import open_engine
from uvanet.system_info import usable_cores

BATCHES = (1, 8, 32, 64, 256)
MAX_BATCH_PIXELS = 256 * 64 * 64
"""Number of pixels of the largest batch; larger ones take too long."""


def bench_networks(names: list[str], seconds: float) -> list[dict[str, Any]]:
    """Times each model on ONNX Runtime, and float students also on torch if it is installed.

    Returns:
        A row for each model: its properties, and `engines` with `device`, `one_frame` (one thread),
        `batch_fps` (by threads, then by batch size) and `best_fps` of each engine.
    """
    rows = []
    for path, card in (resolve_model(name).verified() for name in names):
        engines = ["onnx", "torch"] if card.trainable and is_installed("torch") else ["onnx"]
        rows.append(
            {
                "model": card.name,
                "role": card.role,
                "input_size": list(card.input_size),
                "inference_size": list(card.inference_size),
                "macs": card.macs,
                "parameters": card.parameters,
                "file_bytes": path.stat().st_size,
                "engines": {engine: _engine(path, card, engine, seconds) for engine in engines},
            }
        )
    return rows


def _engine(path: Path, card: Card, name: str, seconds: float) -> dict[str, Any]:
    single = open_engine(path, card, name, threads=1)
    device = getattr(single, "device", "cpu")
    result: dict[str, Any] = {
        "device": device,
        "one_frame": time_step(single, 1, seconds),
        "batch_fps": {},
    }
    sizes = [n for n in BATCHES if n * np.prod(card.inference_size) <= MAX_BATCH_PIXELS]
    counts = sorted({1, usable_cores()})
    if device != "cpu":
        sizes, counts = [*BATCHES, 1024], [1]
    elif name == "torch":
        # Only for comparison: torch has one number of threads for the whole process.
        sizes, counts = [1, 64], [1]
    for threads in counts:
        engine = open_engine(path, card, name, threads=threads)
        result["batch_fps"][str(threads)] = {
            str(n): round(n / time_step(engine, n, seconds)["p50_ms"] * 1e3) for n in sizes
        }
    result["best_fps"] = max(fps for row in result["batch_fps"].values() for fps in row.values())
    return result


def time_step(engine: Engine, count: int, seconds: float) -> Timing:
    """Times a streaming step of `count` frames."""
    frames = noise((count, *engine.input_size, 3))
    earlier = engine.step(frames).features
    return time_calls(lambda: engine.step(frames, earlier), seconds)


def noise(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Random bytes, the same at each call."""
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)
