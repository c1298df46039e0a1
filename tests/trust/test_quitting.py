"""From any state the program ends at once when it is asked to, or when its display is closed."""

from __future__ import annotations

import json
import signal
import sys
from typing import TYPE_CHECKING

import psutil
import pytest
from started_program import PATIENCE_S, Program

from uvanet.sources import make_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Xvfb and /proc of Linux")
QUIT_S = 2.0
TURN_S = 0.1
CAMERAS = ("camera", "driver_hangs", "driver_hangs_at_first")


# What may be at the same time is in one program: each start takes more than what it shows.
@pytest.mark.parametrize(
    "state",
    [
        "comparing+scanning",
        "paused+training+in_a_dialog",
        "connecting+trying_a_model",
        *("camera", "driver_hangs", "driver_hangs_at_first"),
        *("retrying", "exporting", "recording", "asked"),
    ],
)
def test_a_signal_ends_the_program(
    tmp_path: Path,
    x_display: str,
    programs: list[Program],
    request: pytest.FixtureRequest,
    state: str,
) -> None:
    rig = request.getfixturevalue("camera_rig") if state in CAMERAS else None
    program = Program(state, tmp_path, x_display, rig)
    programs.append(program)
    program.process.send_signal(signal.SIGTERM)
    seconds, out = program.ended()
    assert program.process.returncode == 0
    assert seconds <= QUIT_S
    report = json.loads(out)
    assert report["problems"] == []
    assert report["longest_turn_s"] <= TURN_S
    if "training" in state:
        assert all(one.is_running() for one in program.children)  # as it is meant to
    else:
        assert psutil.wait_procs(program.children, PATIENCE_S)[1] == []


@pytest.mark.parametrize("state", ["exporting", "recording"])
def test_the_program_ends_with_its_display(
    tmp_path: Path,
    x_display: str,
    make_display: Callable[[str], str],
    programs: list[Program],
    state: str,
) -> None:
    before = psutil.Process().children()
    display = make_display("1280x800")
    (server,) = [one for one in psutil.Process().children() if one not in before]
    program = Program(state, tmp_path, display)
    programs.append(program)
    server.kill()
    program.ended()
    assert psutil.wait_procs(program.children, PATIENCE_S)[1] == []
    assert list(tmp_path.rglob("*.part")) == []
    films = [path for path in tmp_path.rglob("*") if path.suffix in (".mp4", ".mkv")]
    for path in films:
        with make_source(str(path)) as source:
            assert len(list(iter(source.read, None))) >= 2
    assert len(films) <= 1
    if state == "recording":
        assert films
    if state == "exporting":  # the first may just have ended
        again = Program("told", tmp_path, x_display)
        programs.append(again)
        again.process.send_signal(signal.SIGTERM)
        assert "cancelled" in json.loads(again.ended()[1])["said"]
