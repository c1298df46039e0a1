"""How long an engine needs for a frame; OpenVINO is asked in a process of its own.

Once, in some hundred starts, the program died (SIGSEGV) while OpenVINO compiled a network in it.
What dies or hangs in another process costs nothing: the engine is then not chosen.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from uvanet.runtime.engine import Engine

_SECONDS = 0.04
_LOG = logging.getLogger(__name__)


def least_seconds(engine: Engine) -> float:
    """The least time of a frame, of a few calls."""
    frame = np.zeros((1, *engine.input_size, 3), np.uint8)
    earlier = engine.step(frame).features
    least, end = float("inf"), time.perf_counter() + _SECONDS
    while True:
        start = time.perf_counter()
        engine.step(frame, earlier)
        now = time.perf_counter()
        least = min(least, now - start)
        if now > end:
            return least


def openvino_seconds(
    path: Path, size: tuple[int, int], counts: Sequence[int], limit: float
) -> dict[int, float]:
    """The least time of a frame by OpenVINO, by number of threads.

    Args:
        path: A student's ONNX file.
        size: Height and width of its input.
        counts: Numbers of threads, in the order in which they are tried.
        limit: Seconds after which the process is ended.

    Returns:
        What was measured until then; nothing where OpenVINO fails.
    """
    command = [sys.executable, "-m", __name__, str(path), *map(str, (*size, *counts))]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            check=False,
            timeout=limit,
            # A program without a console would open one on Windows.
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        told = done.stdout
        if done.returncode:
            _LOG.warning("OpenVINO failed (%d): %s", done.returncode, done.stderr[-500:])
            return {}
    except subprocess.TimeoutExpired as late:
        told = late.stdout or b""
    except OSError as error:
        _LOG.warning("OpenVINO cannot be tried: %s", error)
        return {}
    found: dict[int, float] = {}
    with suppress(ValueError):  # Libraries may print there, too.
        for line in told.decode().splitlines():
            count, seconds = line.split()
            found[int(count)] = float(seconds)
    return found


def main() -> None:
    """Tells the time of each number of threads in a line of its own."""
    from uvanet.runtime.openvino_engine import OpenvinoEngine

    path, height, width, *counts = sys.argv[1:]
    for count in counts:
        engine = OpenvinoEngine(Path(path), (int(height), int(width)), int(count))
        sys.stdout.write(f"{count} {least_seconds(engine)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
