"""From any state the program ends at once when it is asked to, or when its display is closed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from states import running_seconds

from uvanet.sources import make_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from camera_kit import CameraRig

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Xvfb and /proc of Linux")
SCRIPT = Path(__file__).with_name("states.py")
PATIENCE_S = 300.0  # a bound on a busy machine, not a measure of anything
QUIT_S = 2.0
TURN_S = 0.1
CAMERAS = ("camera", "driver_hangs", "driver_hangs_at_first")


class Program:
    """The program in a state.

    Args:
        state: One of the `STATES` of states.py, or several joined by "+".
        folder: Its home, which also takes its files.
        display: The X server.
        rig: A camera to run with.
    """

    def __init__(
        self, state: str, folder: Path, display: str, rig: CameraRig | None = None
    ) -> None:
        command = [sys.executable, str(SCRIPT), state, str(folder)]
        environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
        for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
            environment[name] = str(folder / name)
        environment["XDG_STATE_HOME"] = str(folder / "XDG_STATE_HOME")
        if rig is not None:
            command, environment = rig.command(*command), rig.environment | environment
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line == "ready\n", self.process.communicate()
        self.children = psutil.Process(self.process.pid).children(recursive=True)

    def ended(self) -> tuple[float, str]:
        """Waits for the end; gives the seconds until then, and what the program wrote."""
        began, deadline = running_seconds(self.process.pid), time.monotonic() + PATIENCE_S
        options = os.WEXITED | os.WNOWAIT | os.WNOHANG  # not reaped: its clock is read after that
        while os.waitid(os.P_PID, self.process.pid, options) is None:
            assert time.monotonic() < deadline, "it does not end"
            time.sleep(0.005)
        seconds = running_seconds(self.process.pid) - began
        out, errors = self.process.communicate()
        assert "Traceback" not in errors, errors
        return seconds, out

    def kill(self) -> None:
        """Ends the program and its children in any case."""
        for one in [*self.children, self.process]:
            try:
                one.kill()
            except psutil.NoSuchProcess:
                continue
        self.process.communicate()


@pytest.fixture
def programs() -> Iterator[list[Program]]:
    """Those that are killed at the end."""
    started: list[Program] = []
    yield started
    for one in started:
        one.kill()


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
