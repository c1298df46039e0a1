"""A camera in every state, read by the library through the real V4L2 code of OpenCV."""

from __future__ import annotations

import itertools
import json
import math
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from camera_kit import FPS, CameraRig, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 60.0
DESK = "camera:/dev/v4l/by-id/usb-Desk_camera-index0"
Event = dict[str, Any]


class Reader:
    """A process that reads a source where the camera is, and reports each frame and status."""

    def __init__(self, rig: CameraRig, spec: str, reconnect: float, **constants: float) -> None:
        script = str(Path(__file__).with_name("read_source.py"))
        changes = [f"{name}={value}" for name, value in constants.items()]
        self.seen: list[Event] = []
        self.ended = False
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._process = rig.start(
            sys.executable,
            script,
            spec,
            str(reconnect),
            *changes,
            stdin=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._thread = threading.Thread(target=self._collect)
        self._thread.start()

    def _collect(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def until(self, wanted: Callable[[Event], object]) -> Event:
        """The next event that fits; those before it are in `seen`."""
        while True:
            line = self._lines.get(timeout=PATIENCE)
            assert line is not None, f"it ended after {self.seen[-5:]}"
            # What is no event is noise on a user's terminal.
            assert line.startswith("{"), line
            event = json.loads(line)
            self.seen.append(event)
            if wanted(event):
                return event

    def frame(self, count: int = 1) -> Event:
        """The n-th next frame."""
        for _ in range(count):
            event = self.until(lambda event: event["kind"] == "frame")
        return event

    def status(self, condition: str) -> Event:
        return self.until(lambda e: e["kind"] == "status" and e["condition"] == condition)

    def error(self) -> Event:
        return self.until(lambda event: event["kind"] == "error")

    def close(self) -> Event:
        """Closes the source from another thread than the one that reads it."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self.until(lambda event: event["kind"] == "closed")

    def end(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(PATIENCE)
        finally:
            self._process.kill()
            self._thread.join(PATIENCE)
            self._process.stdout.close()


@pytest.fixture
def read(camera_rig: CameraRig) -> Iterator[Callable[..., Reader]]:
    readers: list[Reader] = []

    def start(spec: str = "0", reconnect: float = math.inf, **constants: float) -> Reader:
        readers.append(Reader(camera_rig, spec, reconnect, **constants))
        return readers[-1]

    yield start
    for reader in readers:
        reader.end()


def follows(frames: list[Event]) -> bool:
    """Whether every frame of the camera came, in order."""
    numbers = [frame["number"] for frame in frames]
    return all((b - a) % 60 == 1 for a, b in itertools.pairwise(numbers))


def test_the_best_format_and_the_drivers_time_stamps(
    camera_rig: CameraRig, read: Callable[..., Reader]
) -> None:
    reader = read()
    info = reader.until(lambda event: event["kind"] == "opened")["info"]
    assert (info["title"], info["spec"]) == ("Desk camera", DESK)
    assert (info["pixel_format"], info["width"], info["height"]) == ("MJPG", 1280, 720)
    assert info["requested"] == {"width": 1280, "height": 720, "fps": 30.0, "pixel_format": ""}
    frames = [reader.frame() for _ in range(20)]
    assert [frame["index"] for frame in frames] == list(range(20))
    for frame in frames:
        assert frame["size"] == [720, 1280]
        # Stamped at the start of the exposure: a frame cannot arrive before its end.
        assert frame["now"] - frame["captured"] >= 1 / FPS
    # Exactly on the camera's grid, as no time of arrival is. A busy machine may miss frames.
    for before, after in itertools.pairwise(frames):
        steps = (after["captured"] - before["captured"]) * FPS
        assert steps == pytest.approx(round(steps), abs=1e-3)
        assert (after["number"] - before["number"]) % 60 == round(steps) % 60
        assert after["pts"] - before["pts"] == pytest.approx(steps / FPS, abs=1e-4)


def test_a_stall_is_reported_and_ends(camera_rig: CameraRig, read: Callable[..., Reader]) -> None:
    reader = read(_STALLED_S=1)
    reader.frame(3)
    camera_rig.set(State.STALL)
    stalled = reader.status("stalled")
    assert stalled["problem"].startswith("The camera Desk camera has sent no frame for ")
    camera_rig.set(State.RUN)
    reader.status("ok")
    last = [event for event in reader.seen if event["kind"] == "frame"][-1]
    assert reader.frame()["pts"] > last["pts"]
    # A source that waits for a frame closes within the time-out of the driver, not after ten.
    camera_rig.set(State.STALL)
    reader.status("stalled")
    reader.close()


def test_a_stall_without_end_opens_the_camera_anew(
    camera_rig: CameraRig, read: Callable[..., Reader]
) -> None:
    reader = read(_STALLED_S=1, _GIVE_UP_S=2)
    reader.frame()
    camera_rig.set(State.STALL)
    assert "has sent no frame" in reader.status("reconnecting")["problem"]
    # Opening fails too, for as long as nothing comes.
    again = reader.until(lambda e: e["kind"] == "status" and "busy" in e["problem"])
    assert again["retry_in"] > 0
    camera_rig.set(State.RUN)
    reader.status("ok")


def test_a_camera_is_unplugged_and_its_driver_returns_late(
    camera_rig: CameraRig, read: Callable[..., Reader]
) -> None:
    reader = read()
    before = reader.frame(3)
    camera_rig.unplug()
    assert "no longer sends frames" in reader.status("reconnecting")["problem"]
    gone = reader.until(lambda e: e["kind"] == "status" and "not connected" in e["problem"])
    assert gone["retry_in"] > 0
    camera_rig.plug(state=State.GONE)  # the device file is there, the driver is not
    reader.until(lambda e: e["kind"] == "status" and "is not ready" in e["problem"])
    camera_rig.set(State.RUN)
    after = reader.frame()
    assert after["index"] > before["index"]
    assert after["pts"] > before["pts"]
    reader.status("ok")
    # The pauses grow, so that nothing is tried without end at full speed.
    pauses = [e["retry_in"] for e in reader.seen if e["kind"] == "status" and e["retry_in"]]
    assert pauses == [min(0.5 * 2**n, 5.0) for n in range(len(pauses))]


def test_another_camera_in_its_place_is_not_taken_for_it(
    camera_rig: CameraRig, read: Callable[..., Reader]
) -> None:
    reader = read("0")
    reader.frame()
    camera_rig.unplug()
    camera_rig.plug("Door camera")
    waiting = reader.until(lambda e: e["kind"] == "status" and "not connected" in e["problem"])
    assert "The camera Desk camera is not connected." in waiting["problem"]
    assert "camera:0 (Door camera)" in waiting["hint"]
    camera_rig.unplug()
    camera_rig.plug("Desk camera")
    reader.frame()


def test_a_busy_camera_is_awaited_and_opened_when_it_is_free(
    camera_rig: CameraRig, read: Callable[..., Reader]
) -> None:
    camera_rig.set(State.BUSY)
    reader = read()
    assert "is busy" in reader.status("reconnecting")["problem"]
    camera_rig.set(State.RUN)
    reader.until(lambda event: event["kind"] == "opened")
    reader.status("ok")


def test_without_attempts_a_busy_or_absent_camera_is_an_error_at_once(
    camera_rig: CameraRig, read: Callable[..., Reader]
) -> None:
    camera_rig.set(State.BUSY)
    assert read(reconnect=0.0).error()["type"] == "SourceUnavailableError"
    # A name that was mistyped is not awaited, unless for ever.
    wrong = read("camera:nobody", reconnect=PATIENCE).error()
    assert wrong["type"] == "SourceAbsentError"
    assert "camera:0 (Desk camera)" in wrong["hint"]


def test_closing_ends_the_wait_for_a_camera(
    camera_rig: CameraRig, read: Callable[..., Reader]
) -> None:
    camera_rig.unplug()
    reader = read("camera:Desk")
    reader.status("reconnecting")
    camera_rig.plug()
    camera_rig.set(State.BUSY)
    reader.until(lambda e: e["kind"] == "status" and "busy" in e["problem"])
    reader.close()


@pytest.mark.parametrize("state", [State.GARBAGE, State.EMPTY, State.CUT])
def test_damaged_frames_are_skipped_and_counted(
    camera_rig: CameraRig, read: Callable[..., Reader], state: State
) -> None:
    reader = read()
    reader.frame(5)
    camera_rig.set(state)
    assert "damaged frames" in reader.status("damaged")["problem"]
    camera_rig.set(State.RUN)
    after = reader.frame(3)
    assert after["damaged"] >= 1
    frames = [event for event in reader.seen if event["kind"] == "frame"]
    for before, frame in itertools.pairwise(frames):
        # Each picture is that of its time stamp, never the one before in place of a damaged one.
        steps = round((frame["captured"] - before["captured"]) * FPS)
        assert (frame["number"] - before["number"]) % 60 == steps % 60


def test_every_other_frame_damaged_leaves_the_whole_ones(
    camera_rig: CameraRig, read: Callable[..., Reader]
) -> None:
    reader = read(_DAMAGED_S=1)
    reader.frame()
    camera_rig.set(State.FLICKER)
    reader.status("damaged")
    first = reader.frame()
    last = reader.frame(10)
    assert last["damaged"] > first["damaged"]
    assert last["number"] % 2 == 0
    camera_rig.set(State.RUN)
    reader.status("ok")
    # Told once, counted always.
    camera_rig.set(State.FLICKER)
    reader.frame(10)
    camera_rig.set(State.RUN)
    reader.frame(5)
    told = [e for e in reader.seen if e["kind"] == "status" and e["condition"] == "damaged"]
    assert len(told) == 1


def test_garbage_without_end_is_reported_and_the_camera_opened_anew(
    camera_rig: CameraRig, read: Callable[..., Reader]
) -> None:
    reader = read(_STALLED_S=1, _GIVE_UP_S=2)
    reader.frame()
    camera_rig.set(State.GARBAGE)
    reader.status("damaged")
    assert "only damaged frames" in reader.status("stalled")["problem"]
    assert "only damaged frames" in reader.status("reconnecting")["problem"]
    reader.status("reconnecting")  # the attempt itself
    # The reason stays the same where opening fails for it.
    assert "only damaged frames" in reader.status("reconnecting")["problem"]
    camera_rig.set(State.RUN)
    reader.status("ok")


def test_a_camera_that_starts_with_garbage_is_awaited(
    camera_rig: CameraRig, read: Callable[..., Reader]
) -> None:
    camera_rig.set(State.GARBAGE)
    reader = read(_STALLED_S=1, _GIVE_UP_S=2)
    assert "only damaged frames" in reader.status("reconnecting")["problem"]
    camera_rig.set(State.RUN)
    reader.until(lambda event: event["kind"] == "opened")
    assert reader.frame()["damaged"] > 0
    reader.status("ok")


def test_the_same_frame_for_ever_is_reported_until_another_comes(
    camera_rig: CameraRig, read: Callable[..., Reader]
) -> None:
    reader = read(_FROZEN_S=2)
    reader.frame()
    camera_rig.set(State.FREEZE)
    frozen = reader.status("frozen")
    assert "has sent the same picture for 2 seconds" in frozen["problem"]
    reader.frame(3)
    camera_rig.set(State.RUN)
    reader.status("ok")
    told = [e["condition"] for e in reader.seen if e["kind"] == "status"]
    assert told == ["frozen", "ok"]
