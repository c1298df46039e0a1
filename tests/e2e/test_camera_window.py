"""The window on a real X server with a V4L2 camera in every state."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import pytest
from camera_kit import ROOT, CameraRig, State
from home_kit import home_variables
from program_child import PATIENCE
from x11 import User

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Report = dict[str, Any]


class Window:
    """The program where the camera is, and what it reports about its window.

    Args:
        rig: The camera.
        display: The X server's name.
        home: An empty folder.
        source: What the program opens.
    """

    def __init__(self, rig: CameraRig, display: str, home: Path, source: str) -> None:
        self._user = User(display)
        self._reports: queue.Queue[str | None] = queue.Queue()
        self.seen: list[Report] = []
        variables = {**home_variables(home), "QT_QPA_PLATFORM": "xcb", "DISPLAY": display}
        self.process = subprocess.Popen(
            rig.command(sys.executable, str(Path(__file__).with_name("report_window.py")), source),
            env=rig.environment | variables | {"PYTHONPATH": str(ROOT)},
            cwd=ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._thread = threading.Thread(target=self._collect)
        self._thread.start()

    def _collect(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._reports.put(line)
        self._reports.put(None)

    def until(self, wanted: Callable[[Report], object]) -> Report:
        """The next report that fits."""
        deadline = time.monotonic() + PATIENCE
        while True:
            told = [report for report in self.seen if report["kind"] == "window"]
            assert time.monotonic() < deadline, f"waited in vain after {told[-3:]}"
            line = self._reports.get(timeout=PATIENCE)
            assert line is not None, f"it ended after {self.seen[-5:]}"
            # What is no report is noise on a user's terminal.
            assert line.startswith("{"), line
            report = json.loads(line)
            self.seen.append(report)
            if wanted(report):
                return report

    def until_told(self, *words: str) -> Report:
        """The next report of a message with all these words."""
        return self.until(
            lambda r: r["kind"] == "window" and all(word in r["message"] for word in words)
        )

    def until_quiet(self) -> Report:
        """The next report of a window without errors and warnings."""
        return self.until(lambda r: r["kind"] == "window" and not r["alerts"])

    def frame(self) -> Report:
        """The next frame painted with another number than the one before."""
        first = self.until(lambda r: r["kind"] == "frame")
        return self.until(lambda r: r["kind"] == "frame" and r["number"] != first["number"])

    def command(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{text}\n")
        self.process.stdin.flush()

    def keep(self, name: str) -> None:
        """Keeps a picture of the screen among the artefacts of the tests."""
        folder = Path(os.environ.get("UVANET_ARTEFACTS") or ROOT / "artefacts")
        folder.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / f"camera-{name}.png"), self._user.look())

    def end(self) -> None:
        """Ends the process where it has not ended."""
        self.process.kill()
        self.process.wait(PATIENCE)
        self._thread.join(PATIENCE)
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()
        self._user.close()


@pytest.fixture
def window(camera_rig: CameraRig, x_display: str, tmp_path: Path) -> Iterator[Window]:
    """The program on a camera that another program has at first."""
    camera_rig.set(State.BUSY)
    window = Window(camera_rig, x_display, tmp_path / "home", "camera:0")
    yield window
    window.end()


def test_every_state_of_a_camera_is_told_and_survived(
    camera_rig: CameraRig, window: Window
) -> None:
    busy = window.until_told("busy", "Trying again")
    assert busy["button"] == "Stop"
    assert busy["state"] == "opening"
    window.keep("busy")
    camera_rig.set(State.RUN)
    frame = window.frame()
    assert frame["from_exposure"]
    # Measured over several frames.
    assert window.until(lambda r: r["kind"] == "frame" and r["latency_ms"] is not None)
    assert "Asked: 1280\N{MULTIPLICATION SIGN}720, 30 fps" in frame["format"]
    assert "Given: 1280\N{MULTIPLICATION SIGN}720, 30 fps, MJPG" in frame["format"]
    window.keep("playing")

    camera_rig.set(State.STALL)
    window.until_told("no", "seconds")
    window.keep("stall")
    camera_rig.set(State.RUN)
    window.until_quiet()
    window.frame()

    camera_rig.unplug()
    window.until_told("Desk camera", "Trying again")
    window.until_told("not connected", "Trying again")
    window.keep("unplugged")
    camera_rig.plug(state=State.GONE)  # the device file is there, the driver is not
    window.until_told("not ready", "Trying again")
    window.keep("not-ready")
    camera_rig.set(State.RUN)
    window.until_told("is connected again")
    window.keep("connected-again")
    window.frame()

    camera_rig.set(State.FREEZE)
    window.until_told("same")
    window.keep("frozen")
    camera_rig.set(State.RUN)
    window.until_quiet()
    window.frame()

    camera_rig.set(State.FLICKER)
    window.until_told("damaged")
    window.keep("damaged")
    assert window.until(lambda r: r["kind"] == "frame" and r["damaged"] > 0)
    camera_rig.set(State.GARBAGE)
    window.until_told("only damaged frames")
    window.keep("garbage")
    camera_rig.set(State.RUN)
    window.until_quiet()

    camera_rig.unplug()
    window.until_told("not connected", "Trying again")
    camera_rig.plug("Other camera")  # in its place
    window.until_told("A camera was connected: Other camera")
    window.keep("another")
    window.until_told("not connected", "Trying again")
    window.command("press")
    stopped = window.until(lambda r: r.get("state") == "failed")
    assert "Trying again" not in stopped["message"]
    window.keep("stopped")
    window.command("quit")
    assert window.process.wait(PATIENCE) == 0
