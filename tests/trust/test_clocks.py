"""The wall clock may jump, and the machine may sleep: no duration is measured by it."""

from __future__ import annotations

import concurrent.futures
import itertools
import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from started_program import Program
from test_no_bypass import calls, modules
from training_kit import adapt, write_scene, write_teacher

from app.features.training.run_folders import new_run_folder
from app.pipeline.watchdog import STALL_S
from uvanet.sources import make_source
from uvanet.training.progress import StepEvent

JUMP_S = 3600  # of the clock in jumping_clock.c
WALL_CLOCKS = {
    *("time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.ctime"),
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "QTime.currentTime"),
    *("datetime.datetime.now", "datetime.datetime.utcnow", "datetime.date.today"),
    *("QDateTime.currentDateTime", "QDateTime.currentMSecsSinceEpoch", "QDate.currentDate"),
}
DATES = {
    "app/features/training/run_view.py": "when a line of a log was written",
    "uvanet/bench/__init__.py": "when a benchmark was run",
    "uvanet/training/progress.py": "when an event was written",
    "uvanet/system_info.py": "when a process started, where the system tells it in this clock",
}
"""What says when something was, by module."""


def test_no_duration_is_measured_by_a_clock_that_jumps() -> None:
    users = {
        path
        for path, tree in modules().items()
        if any(name in WALL_CLOCKS or name.endswith("clock_settime") for name, _ in calls(tree))
    }
    assert users == set(DATES)


def test_runs_of_one_second_get_folders_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of two programs at once, and after the clock was set back."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(time, "strftime", lambda _: "20300101-120000")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        folders = list(pool.map(lambda _: new_run_folder(), range(40)))
    assert len(set(folders)) == 40
    assert all(folder.is_dir() for folder in folders)


@pytest.fixture
def jumping_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs that are started see a wall clock that goes back an hour each second."""
    if sys.platform != "linux" or shutil.which("gcc") is None:
        pytest.skip("the clock needs Linux and gcc")
    library = tmp_path / "clock.so"
    source = Path(__file__).with_name("jumping_clock.c")
    options = ["-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o", str(library)]
    subprocess.run(["gcc", *options, str(source), "-ldl"], check=True)
    monkeypatch.setenv("LD_PRELOAD", str(library))


@pytest.mark.usefixtures("jumping_clock")
def test_the_clock_jumps() -> None:
    code = "import time\nwhile True: print(time.time(), flush=True)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        times = map(float, process.stdout)
        assert any(later < now - JUMP_S / 2 for now, later in itertools.pairwise(times))
        process.kill()


@pytest.mark.usefixtures("jumping_clock")
def test_live_view_and_recording_follow_no_jump_and_no_sleep(
    tmp_path: Path, x_display: str, programs: list[Program]
) -> None:
    program = Program("recording", tmp_path, x_display)
    programs.append(program)
    program.process.send_signal(signal.SIGSTOP)
    time.sleep(STALL_S + 1)
    program.process.send_signal(signal.SIGCONT)
    time.sleep(1)  # a wrong message would come now
    program.process.send_signal(signal.SIGTERM)
    report = json.loads(program.ended()[1])
    assert report["problems"] == []
    assert "no picture" not in report["said_last"]
    (film,) = (path for path in tmp_path.rglob("*") if path.suffix in (".mp4", ".mkv"))
    with make_source(str(film)) as source:
        times = [frame.pts for frame in iter(source.read, None)]
    assert times == sorted(times)
    assert times[-1] - times[0] < JUMP_S / 2


def test_an_export_is_the_same_while_the_clock_jumps(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    def export(name: str) -> bytes:
        path = tmp_path / name
        words = ["predict", "demo", "--quiet", "--end", "2", "-o", str(path)]
        subprocess.run([sys.executable, "-m", "uvanet", *words], check=True)
        return path.read_bytes()

    steady = export("steady.csv")
    request.getfixturevalue("jumping_clock")
    assert export("jumping.csv") == steady


@pytest.mark.usefixtures("jumping_clock")
def test_the_time_that_a_training_needs_is_estimated_without_the_jumps(tmp_path: Path) -> None:
    clip, teacher = write_scene(tmp_path / "scene.mp4"), write_teacher(tmp_path / "green.onnx")
    words = ["--steps", "3", "--start", "uvanet-32"]
    child = adapt(clip, tmp_path / "run", teacher, *words, fresh=True)
    code, errors = child.end()
    assert code == 0, errors
    assert child.kinds()[-1] == "done"
    left = [one.left for one in child.events if isinstance(one, StepEvent) and one.left is not None]
    assert left
    assert max(left) < JUMP_S / 2
