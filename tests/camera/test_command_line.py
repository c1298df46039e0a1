"""`uvanet predict` with a camera in every state."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from camera_kit import CameraRig, State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

PATIENCE = 120.0
# `uvanet` with shorter waits.
HURRIED = """
import sys
from uvanet.cli import main
from uvanet.sources import camera
from uvanet.video import exporter
camera._STALLED_S, camera._GIVE_UP_S, camera._FROZEN_S = 1.0, 2.0, 2.0
exporter._RECONNECT_SECONDS = {reconnect}
sys.exit(main(sys.argv[1:]))
"""


class Export:
    """A running `uvanet predict --events` with a camera.

    Args:
        rig: The camera.
        out: Folder for the maps.
        options: More arguments.
        reconnect: Seconds for which a camera that fails is tried again.
    """

    def __init__(self, rig: CameraRig, out: Path, *options: str, reconnect: float = 20.0) -> None:
        self.out = out / "maps.npz"
        self.process = rig.start(
            sys.executable,
            "-c",
            HURRIED.format(reconnect=reconnect),
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

    def told(self, *words: str) -> dict[str, Any]:
        """The next status with all these words."""
        while True:
            event = self.until("status")
            if all(word in event["problem"] for word in words):
                return event

    def stop(self) -> tuple[dict[str, Any], NDArray[np.float64]]:
        """Stops it and gives the last event and the times of the maps written."""
        assert self.process.stdin is not None
        self.process.stdin.write("stop\n")
        self.process.stdin.flush()
        done = self.until("done")
        assert self.end() == 0
        times = np.load(self.out)["pts"]
        assert len(times) == done["frames"]
        assert (np.diff(times) > 0).all()
        return done, times

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
    rig: CameraRig,
    out: Path,
    watchdog: list[subprocess.Popen[str]],
    *options: str,
    **waits: float,
) -> Export:
    started = Export(rig, out, *options, **waits)
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
    _, pts = running.stop()
    # The pause is in the times: nothing is played faster than it was.
    assert np.diff(pts).max() >= before["retry_in"]


def test_a_stall_is_told_and_the_pause_is_in_the_times(
    camera_rig: CameraRig, tmp_path: Path, watchdog: list[subprocess.Popen[str]]
) -> None:
    running = export(camera_rig, tmp_path, watchdog)
    running.frames()
    camera_rig.set(State.STALL)
    assert "Desk camera has sent no frame for" in running.told("no frame")["problem"]
    camera_rig.set(State.RUN)
    running.until("status", condition="ok")
    running.frames()
    _, times = running.stop()
    assert np.diff(times).max() >= 1.0


def test_a_driver_that_is_ready_late_is_awaited(
    camera_rig: CameraRig, tmp_path: Path, watchdog: list[subprocess.Popen[str]]
) -> None:
    running = export(camera_rig, tmp_path, watchdog)
    running.frames()
    camera_rig.unplug()
    running.told("Desk camera is not connected")
    camera_rig.plug(state=State.GONE)  # the device file is there, the driver is not
    running.told("Desk camera is not ready")
    camera_rig.set(State.RUN)
    running.until("status", condition="ok")
    running.frames()
    running.stop()


def test_a_camera_that_stays_away_ends_the_export_and_keeps_the_frames(
    camera_rig: CameraRig, tmp_path: Path, watchdog: list[subprocess.Popen[str]]
) -> None:
    running = export(camera_rig, tmp_path, watchdog, reconnect=2.0)
    running.frames()
    camera_rig.unplug()
    done = running.until("done")
    assert running.end() == 0
    assert "The camera Desk camera no longer sends frames." in done["stopped"]
    assert len(np.load(running.out)["pts"]) == done["frames"] >= 3


def test_seconds_are_over_without_the_camera(
    camera_rig: CameraRig, tmp_path: Path, watchdog: list[subprocess.Popen[str]]
) -> None:
    running = export(camera_rig, tmp_path, watchdog, "--seconds", "8")
    running.frames()
    camera_rig.unplug()
    done = running.until("done")
    assert running.end() == 0
    assert done["stopped"].startswith("Desk camera sent no frame in the last ")
    assert len(np.load(running.out)["pts"]) == done["frames"] >= 3


def test_another_camera_in_its_place_is_not_exported(
    camera_rig: CameraRig, tmp_path: Path, watchdog: list[subprocess.Popen[str]]
) -> None:
    running = export(camera_rig, tmp_path, watchdog)
    running.frames()
    camera_rig.unplug()
    camera_rig.plug("Door camera")
    assert "Door camera" in running.told("Desk camera is not connected")["hint"]
    seen = len(running.events)
    running.told("Desk camera is not connected")
    assert not any(event["event"] == "progress" for event in running.events[seen:])
    camera_rig.unplug()
    camera_rig.plug()
    running.until("status", condition="ok")
    done, _ = running.stop()
    assert done["source"]["title"] == "Desk camera"


@pytest.mark.parametrize("state", [State.GARBAGE, State.EMPTY, State.CUT])
def test_damaged_frames_without_end_are_told_skipped_and_counted(
    camera_rig: CameraRig, tmp_path: Path, watchdog: list[subprocess.Popen[str]], state: State
) -> None:
    running = export(camera_rig, tmp_path, watchdog)
    running.frames()
    camera_rig.set(state)
    running.until("status", condition="damaged")
    running.told("only damaged frames")
    camera_rig.set(State.RUN)
    running.until("status", condition="ok")
    running.frames()
    done, _ = running.stop()
    assert done["note"].endswith(" damaged frames of Desk camera were skipped.")


def test_a_camera_that_sends_only_garbage_at_first_is_awaited(
    camera_rig: CameraRig, tmp_path: Path, watchdog: list[subprocess.Popen[str]]
) -> None:
    camera_rig.set(State.GARBAGE)
    running = export(camera_rig, tmp_path, watchdog, "--seconds", "1")
    running.told("only damaged frames")
    camera_rig.set(State.RUN)
    running.until("done")
    assert running.end() == 0


def test_the_same_picture_for_ever_is_told_until_another_comes(
    camera_rig: CameraRig, tmp_path: Path, watchdog: list[subprocess.Popen[str]]
) -> None:
    running = export(camera_rig, tmp_path, watchdog)
    running.frames()
    camera_rig.set(State.FREEZE)
    assert (
        "the same picture for 2 seconds" in running.until("status", condition="frozen")["problem"]
    )
    camera_rig.set(State.RUN)
    running.until("status", condition="ok")
    running.stop()


def test_a_camera_that_is_not_there_is_an_error_at_once(
    camera_rig: CameraRig, tmp_path: Path, watchdog: list[subprocess.Popen[str]]
) -> None:
    process = camera_rig.uvanet("predict", "camera:nobody", "-o", str(tmp_path / "a.csv"))
    watchdog.append(process)
    _, error = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert "nobody" in error
    assert "camera:0 (Desk camera)" in error
    assert list(tmp_path.glob("*.csv*")) == []


def test_a_busy_camera_is_told_and_awaited(
    camera_rig: CameraRig, tmp_path: Path, watchdog: list[subprocess.Popen[str]]
) -> None:
    camera_rig.set(State.BUSY)
    # The recovery is told once the connection has lasted a second.
    process = camera_rig.uvanet("predict", "0", "-o", str(tmp_path / "a.csv"), "--seconds", "3")
    watchdog.append(process)
    assert process.stderr is not None
    line = process.stderr.readline()
    assert line == (
        "uvanet: The camera Desk camera is busy or sends no frames. Close other programs that use "
        "it. Reconnecting; Ctrl-C ends the program.\n"
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
