"""The program as a process of its own, in one of the states of states.py."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from home_kit import home_variables
from states import running_seconds

if TYPE_CHECKING:
    from camera_kit import CameraRig

SCRIPT = Path(__file__).with_name("states.py")
PATIENCE_S = 300.0  # a bound on a busy machine, not a measure of anything


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
        display_variables = {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
        environment = {**os.environ, **home_variables(folder), **display_variables}
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
