"""`uvanet predict` with a camera in every state."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from camera_kit import CameraRig, State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE = 120.0


class Export:
    """A running `uvanet predict --events` with a camera.

    Args:
        rig: The camera.
        out: Folder for the maps.
        options: More arguments.
    """

    def __init__(self, rig: CameraRig, out: Path, *options: str) -> None:
        self.out = out / "maps.npz"
        self.process = rig.uvanet(
            "predict",
            "0",
            "-o",
            str(self.out),
            "--model",
            "uvanet-64",
            "--events",
            *options,
            stdin=subprocess.PIPE,
        )
        self.events: list[dict[str, Any]] = []

    def until(self, kind: str, **facts: Any) -> dict[str, Any]:
        """The next event of a kind with these facts."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            event = json.loads(line)
            self.events.append(event)
            if event["event"] == kind and all(event[name] == facts[name] for name in facts):
                return event
        raise AssertionError(f"it ended: {self.events} {self.process.communicate()}")

    def frames(self) -> None:
        """Waits until some frames are written."""
        while self.until("progress")["done"] < 3:
            pass

    def end(self) -> int:
        """Waits for the end; nothing but events may be written."""
        out, error = self.process.communicate(timeout=PATIENCE)
        assert error == ""
        self.events += [json.loads(line) for line in out.splitlines()]
        return self.process.returncode


@pytest.fixture
def watchdog() -> Iterator[list[subprocess.Popen[str]]]:
    """Kills the processes in the list after a long time, so that no test waits for ever."""
    processes: list[subprocess.Popen[str]] = []
    timer = threading.Timer(PATIENCE, lambda: [process.kill() for process in processes])
    timer.start()
    yield processes
    timer.cancel()
    timer.join()
    for process in processes:
        process.kill()
        process.communicate()


def export(
    rig: CameraRig, out: Path, watchdog: list[subprocess.Popen[str]], *options: str
) -> Export:
    started = Export(rig, out, *options)
    watchdog.append(started.process)
    return started


def test_seconds_of_a_camera_are_those_of_its_time_stamps(
    camera_rig: CameraRig, tmp_path: Path, watchdog: list[subprocess.Popen[str]]
) -> None:
    running = export(camera_rig, tmp_path, watchdog, "--seconds", "2")
    done = running.until("done")
    assert running.end() == 0
    assert done["stopped"] == ""
    source = done["source"]
    assert (source["title"], source["pixel_format"]) == ("Desk camera", "MJPG")
    assert (source["width"], source["height"]) == (1280, 720)
    assert source["requested"] == "1280\N{MULTIPLICATION SIGN}720, 30 fps"
    pts = np.load(running.out)["pts"]
    assert len(pts) == done["frames"]
    assert pts[0] == 0.0
    assert pts[-1] < 2.0


def test_seconds_are_over_in_a_stall_without_end(
    camera_rig: CameraRig, tmp_path: Path, watchdog: list[subprocess.Popen[str]]
) -> None:
    running = export(camera_rig, tmp_path, watchdog, "--seconds", "8")
    running.frames()
    camera_rig.set(State.STALL)
    done = running.until("done")
    assert running.end() == 0  # files were written; the event tells the rest
    # Ended by the time that was asked for: the source itself would be given up much later.
    assert done["stopped"].startswith("Desk camera sent no frame in the last ")
    assert len(np.load(running.out)["pts"]) == done["frames"] >= 3


def test_a_camera_that_was_unplugged_goes_on_in_the_same_file(
    camera_rig: CameraRig, tmp_path: Path, watchdog: list[subprocess.Popen[str]]
) -> None:
    running = export(camera_rig, tmp_path, watchdog)
    running.frames()
    camera_rig.unplug()
    before = running.until("status", condition="reconnecting")
    assert before["problem"] == "The camera Desk camera no longer sends frames."
    camera_rig.plug()
    running.until("status", condition="ok")
    running.frames()
    assert running.process.stdin is not None
    running.process.stdin.write("stop\n")
    running.process.stdin.flush()
    done = running.until("done")
    running.end()
    pts = np.load(running.out)["pts"]
    assert len(pts) == done["frames"]
    assert (np.diff(pts) > 0).all()
    # The pause is in the times: nothing is played faster than it was.
    assert np.diff(pts).max() >= before["retry_in"]


def test_a_busy_camera_is_told_and_awaited(
    camera_rig: CameraRig, tmp_path: Path, watchdog: list[subprocess.Popen[str]]
) -> None:
    camera_rig.set(State.BUSY)
    process = camera_rig.uvanet("predict", "0", "-o", str(tmp_path / "a.csv"), "--seconds", "1")
    watchdog.append(process)
    assert process.stderr is not None
    line = process.stderr.readline()
    assert line == (
        "uvanet: The camera Desk camera is busy or sends no frames. Close other programs that use "
        "it. Trying again; Ctrl-C ends it.\n"
    )
    camera_rig.set(State.RUN)
    out, error = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, error
    assert "uvanet: The source sends frames again.\n" in error
    assert "of Desk camera (1280x720, 30 fps, MJPG)" in out


def test_the_wait_for_a_busy_camera_ends_by_ctrl_c(
    camera_rig: CameraRig, tmp_path: Path, watchdog: list[subprocess.Popen[str]]
) -> None:
    camera_rig.set(State.BUSY)
    process = camera_rig.uvanet("predict", "0", "-o", str(tmp_path / "a.csv"))
    watchdog.append(process)
    assert process.stderr is not None
    assert "busy" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "Traceback" not in error
    assert list(tmp_path.glob("*.csv*")) == []


def test_damaged_frames_are_told_at_the_end(
    camera_rig: CameraRig, tmp_path: Path, watchdog: list[subprocess.Popen[str]]
) -> None:
    camera_rig.set(State.FLICKER)
    running = export(camera_rig, tmp_path, watchdog, "--seconds", "2")
    done = running.until("done")
    assert running.end() == 0
    assert done["note"].endswith(" damaged frames of Desk camera were skipped.")
