"""Measures the start of the bundle and the scaling over workers, on an idle machine.

    packaging/measure_idle.py [--bundle dist/uvanet-live] [--starts 5] [--clips 24]

Other programs disturb these measurements most. Run it after `make bundle`. Needs Xvfb where there
is no display. Fails if the median start takes longer than `MAX_START_S`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

HERE = Path(__file__).resolve().parent
MAX_START_S = 3.0
"""Largest time from the start of the process to the first overlay of the demo, seconds."""


def main() -> int:
    """Measures and prints; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, default=HERE.parent / "dist" / "uvanet-live")
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--clips", type=int, default=24)
    arguments = parser.parse_args()
    print(f"load at the start: {os.getloadavg()[0]:.1f}", flush=True)
    first, *later = starts(arguments.bundle / "uvanet-live", 1 + arguments.starts)
    median = statistics.median(later)
    print(f"bundle, first start: {first:.2f} s to the first overlay of the demo")
    print(f"bundle, median of {len(later)} more: {median:.2f} s (at most {MAX_START_S:g})")
    scaling = (sys.executable, HERE / "measure_scaling.py", "--clips", str(arguments.clips))
    subprocess.run(scaling, check=True)
    return int(median > MAX_START_S)


def starts(program: Path, count: int) -> list[float]:
    """Seconds from the start of the process to the first overlay, of each start."""
    found = []
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory())
        environment = {**os.environ, "HOME": home} | {
            f"XDG_{name}_HOME": f"{home}/{name.lower()}"
            for name in ("CONFIG", "STATE", "DATA", "CACHE")
        }
        if sys.platform == "linux" and "DISPLAY" not in environment:
            environment["DISPLAY"] = x_server(stack)
        for _ in range(count):
            command = (program, "run", "demo", "--measure", "1")
            done = subprocess.run(
                command, env=environment, check=True, capture_output=True, text=True
            )
            found.append(json.loads(done.stdout.splitlines()[-1])["start_to_first_overlay_s"])
    return found


def x_server(stack: ExitStack) -> str:
    """Runs Xvfb until the stack is closed; returns its display."""
    screen = ("-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset")
    server = subprocess.Popen(
        ("Xvfb", "-displayfd", "1", *screen), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    stack.callback(server.wait)
    stack.callback(server.terminate)
    assert server.stdout is not None
    return f":{server.stdout.readline().decode().strip()}"


if __name__ == "__main__":
    sys.exit(main())
