"""Memory of the window."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from home_kit import home_variables
from program_child import ROOT

from uvanet.bench.program import write_video

# Measured where uvanet-256 runs: 249e6 to 260e6, and 267e6 with both cores busy, as more frames of
# 2.8e6 wait then. Other drivers, fonts and processors take some more or less.
BOUND = 280e6


def test_the_first_run_and_a_scan_leave_little_memory_in_use(
    x_display: str, tmp_path: Path
) -> None:
    video = write_video(tmp_path / "film.mp4", 30, 4.0)
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("memory_child.py")), str(video)],
        env={
            **os.environ,
            "DISPLAY": x_display,
            "QT_QPA_PLATFORM": "xcb",
            **home_variables(tmp_path),
            "PYTHONPATH": str(ROOT),
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["started"] < BOUND
    assert found["scanned"] < BOUND
