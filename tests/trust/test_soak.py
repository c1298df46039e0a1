"""The short form of `make soak`: nothing grows with frames, sources, models and dialogs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import soak

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPT = Path(soak.__file__)
FRAMES, CYCLES = 5_000, 40


@pytest.fixture(params=[False, True], ids=["idle", "busy"])
def burnt_cores(request: pytest.FixtureRequest) -> Iterator[None]:
    """Other programs may take every core."""
    command = [sys.executable, "-c", "while True: pass"]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    others = [subprocess.Popen(command) for _ in range(cores or 1)] if request.param else []
    yield
    for other in others:
        other.kill()
        other.wait()


@pytest.mark.usefixtures("burnt_cores")
def test_nothing_grows_with_frames() -> None:
    """Latency is bounded by the few frames that are under way, however slow the machine is."""
    report = soak.run_frames(FRAMES, lambda text: None)
    assert report["captured"] >= FRAMES
    assert report["unbalanced"] == 0
    assert report["failed"] == 0
    assert report["in_flight_at_the_end"] == 0
    assert report["all_threads_ended"]
    assert max(sample["in_flight"] for sample in report["samples"]) <= 4


def test_no_thread_handle_or_object_is_left_by_what_is_opened_and_closed(tmp_path: Path) -> None:
    """In a process of its own, whose counts no other test changes."""
    code = f"""
import sys
sys.path[:0] = [{str(SCRIPT.parent)!r}]
import soak
report = soak.run_cycles({CYCLES}, lambda text: None, short=True)
assert report["balanced"]
before, after = report["samples"][soak._WARM_UP - 1], report["samples"][-1]
assert after["objects"] <= before["objects"], report["samples"]
assert after["widgets"] <= before["widgets"], report["samples"]
assert after["threads"] <= before["threads"] + 1, report["samples"]
assert after["handles"] <= before["handles"] + 1, report["samples"]
print("flat", flush=True)
"""
    environment = {**os.environ, "HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert "flat" in done.stdout, done.stdout + done.stderr


def test_growth_is_found() -> None:
    steady = [{"rss": 100, "threads": 5, "objects": 9} for _ in range(12)]
    assert soak.growing(steady) == []
    leaking = [{**one, "objects": 9 + number} for number, one in enumerate(steady)]
    assert soak.growing(leaking) == ["objects grew from 12 to 19"]
