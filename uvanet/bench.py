"""Measures the network and the program on this machine.

What is measured: the network alone for each model (one frame on one thread, batches on all
cores), shrinking a frame to the network's size, and the program itself, in a process of its own
on the demo: time from command to the first overlay, capture-to-paint latency, frame rates and
memory. Absolute times mean something only beside the machine's description.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

import uvanet
from uvanet.errors import UvanetError
from uvanet.machine import describe, usable_cores
from uvanet.runtime.preprocess import shrink

if TYPE_CHECKING:
    from collections.abc import Callable

    from uvanet.model import Model

BATCH = 64


def percentiles(run: Callable[[], object], seconds: float) -> dict[str, float]:
    """Times calls of `run` for about so many seconds, after a warm-up of a tenth of it.

    Returns:
        p50_ms and p95_ms of one call in milliseconds, and the number of calls.
    """
    warm = time.perf_counter() + seconds / 10
    while time.perf_counter() < warm:
        run()
    times = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    p50, p95 = np.percentile(times, [50, 95]) * 1e3
    return {"p50_ms": round(float(p50), 3), "p95_ms": round(float(p95), 3), "calls": len(times)}


def bench_network(name: str, seconds: float) -> dict[str, Any]:
    """One model: a frame on one thread, and batches on all cores, network only."""
    rng = np.random.default_rng(0)
    single = uvanet.load(name, threads=1)
    batched = uvanet.load(name, threads=usable_cores())
    size = single.engine.input_size
    frames = rng.integers(0, 256, (BATCH, *size, 3), np.uint8)
    result: dict[str, Any] = {"model": name, "one_frame": _steps(single, frames[:1], seconds)}
    many = _steps(batched, frames, seconds)
    result["batch"] = BATCH
    result["batch_fps"] = round(BATCH / many["p50_ms"] * 1e3)
    return result


def _steps(model: Model, frames: np.ndarray[Any, np.dtype[np.uint8]], seconds: float) -> Any:
    earlier = model.engine.step(frames).features
    return percentiles(lambda: model.engine.step(frames, earlier), seconds)


def bench_preprocess(size: tuple[int, int], seconds: float) -> list[dict[str, Any]]:
    """Shrinking frames of usual sizes to the network's."""
    rng = np.random.default_rng(0)
    rows = []
    for label, shape in (("720p", (720, 1280, 3)), ("1080p", (1080, 1920, 3))):
        image = rng.integers(0, 256, shape, np.uint8)
        times = percentiles(partial(shrink, image, size, bgr=True), seconds)
        rows.append({"frame": label, **times})
    return rows


def bench_program(model: str, seconds: float) -> dict[str, Any]:
    """The program on the demo, in a process of its own, for so many seconds.

    Where this process has no display, Qt paints into memory; `platform` in the result then says
    "offscreen".

    Raises:
        UvanetError: The program did not answer.
    """
    environment = dict(os.environ)
    if sys.platform == "linux" and not (
        environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")
    ):
        environment["QT_QPA_PLATFORM"] = "offscreen"
    command = [sys.executable, "-m", "uvanet", "run", "demo", "--model", model]
    try:
        done = subprocess.run(
            [*command, "--measure", str(seconds)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=seconds + 60,
            check=True,
        )
        result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (subprocess.SubprocessError, ValueError, IndexError) as error:
        words = getattr(error, "stderr", None) or str(error)
        raise UvanetError(
            f"The program could not be measured: {str(words).strip()[-300:]}",
            "Try `uvanet run demo` by hand.",
        ) from error
    result["rss_mib"] = round(result.pop("rss_bytes") / 2**20, 1)
    return result


def bench(models: list[str], seconds: float, program_seconds: float) -> dict[str, Any]:
    """All of it.

    Args:
        models: Names of the models; the first is the one the program runs.
        seconds: Time spent on each figure of the network.
        program_seconds: How long the program runs before its memory is read; 0 leaves it out.

    Returns:
        For JSON: machine, network, preprocess, program.
    """
    sizes = {card.name: card.input_size for card in uvanet.available()}
    return {
        "uvanet": uvanet.__version__,
        "machine": describe(),
        "network": [bench_network(name, seconds) for name in models],
        "preprocess": bench_preprocess(sizes[models[0]], seconds),
        "program": bench_program(models[0], program_seconds) if program_seconds else None,
    }
