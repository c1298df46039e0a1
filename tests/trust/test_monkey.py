"""The short form of `make monkey`, with the seeds that failed once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from home_kit import home_variables

SCRIPT = Path(__file__).with_name("monkey.py")
SEEDS = (1, 2)
STEPS = 60


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_walk_leaves_the_window_alive(tmp_path: Path, seed: int) -> None:
    environment = {**os.environ, **home_variables(tmp_path)}
    if sys.platform == "linux":
        del environment["QT_QPA_PLATFORM"]  # it needs no display of the user
        environment.pop("DISPLAY", None)
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--steps", str(STEPS), "--seed", str(seed)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not list(tmp_path.iterdir())  # the user's home stays as it was
