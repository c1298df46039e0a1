"""The recorder between the capture thread and the replay buffer on disk."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from app.features.export.recorder import Recorder
from app.pipeline.packets import FramePacket
from uvanet.errors import OutputError
from uvanet.video.replay_buffer import ReplayBuffer

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE = 30.0


def packet(number: int) -> FramePacket:
    image = np.full((48, 64, 3), number % 256, np.uint8)
    return FramePacket(number, number / 30, number / 30, number / 30, number, image, 0)


def offer(recorder: Recorder, first: int, last: int) -> None:
    """Offers frames no faster than they are taken."""
    end = time.monotonic() + PATIENCE
    for number in range(first, last):
        recorder.offer(packet(number))
        while recorder._frames.qsize() > 4:
            assert time.monotonic() < end
            time.sleep(0.001)
    while (
        recorder._frames.qsize()
        or recorder.buffer is None
        or ((recorder.buffer.span or (0, 0))[1] < (last - 1) / 30 - 1e-6)
    ):
        assert time.monotonic() < end
        time.sleep(0.001)


def test_a_recording_that_starts_before_its_buffer_is_complete(tmp_path: Path) -> None:
    may_start = threading.Event()

    def make_buffer() -> ReplayBuffer:
        may_start.wait(PATIENCE)
        return ReplayBuffer(tmp_path / "live", 5.0)

    recorder = Recorder(make_buffer, lambda error: None)
    recorder.hold(0.0)
    may_start.set()
    offer(recorder, 0, 600)
    assert recorder.buffer is not None
    assert recorder.missed == 0
    assert recorder.buffer.save(tmp_path / "take.mkv", 0.0).frames == 600
    assert recorder.close(PATIENCE)
    assert list((tmp_path / "live").iterdir()) == []


def test_a_slow_disk_drops_frames_and_never_blocks(tmp_path: Path) -> None:
    stuck = threading.Event()

    def make_buffer() -> ReplayBuffer:
        stuck.wait(PATIENCE)
        return ReplayBuffer(tmp_path / "live", 5.0)

    recorder = Recorder(make_buffer, lambda error: None)
    for number in range(50):
        recorder.offer(packet(number))
    assert recorder.missed == 50 - 8
    stuck.set()
    assert recorder.close(PATIENCE)


def test_a_folder_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "live").write_text("in the way")
    errors: list[Exception] = []
    recorder = Recorder(lambda: ReplayBuffer(tmp_path / "live", 5.0), errors.append)
    recorder._thread.join(PATIENCE)
    assert isinstance(errors[0], OutputError)
    assert "live" in str(errors[0])
    recorder.offer(packet(0))
    assert recorder.missed == 0
    assert recorder.close(PATIENCE)


def test_frames_from_before_a_failure_can_be_saved(tmp_path: Path) -> None:
    errors: list[Exception] = []
    recorder = Recorder(lambda: ReplayBuffer(tmp_path / "live", 5.0), errors.append)
    recorder.hold(0.0)
    offer(recorder, 0, 300)
    assert recorder.buffer is not None
    put = recorder.buffer.put

    def full(image: object, t: float) -> None:
        raise OutputError("The disk is full.", "Make room.")

    recorder.buffer.put = full  # type: ignore[method-assign]
    recorder.offer(packet(300))
    recorder._thread.join(PATIENCE)
    assert len(errors) == 1
    recorder.buffer.put = put  # type: ignore[method-assign]
    assert recorder.buffer.salvage(tmp_path / "kept.mkv", 0.0).frames > 200
    assert recorder.close(PATIENCE)
    assert list((tmp_path / "live").iterdir()) == []


def test_frames_of_another_size_split_a_recording(tmp_path: Path) -> None:
    parts: list[tuple[float, int]] = []

    def resized(t: float) -> None:
        assert recorder.buffer is not None
        parts.append((t, recorder.buffer.save(tmp_path / "first.mkv", 0.0).frames))

    recorder = Recorder(lambda: ReplayBuffer(tmp_path / "live", 5.0), lambda _: None, resized)
    recorder.hold(0.0)
    offer(recorder, 0, 60)
    turned = packet(60)
    recorder.offer(replace(turned, picture=np.zeros((64, 48, 3), np.uint8)))
    end = time.monotonic() + PATIENCE
    while not parts or recorder.buffer is None or recorder.buffer.size != (48, 64):
        assert time.monotonic() < end
        time.sleep(0.001)
    assert parts == [(2.0, 60)]
    assert recorder.close(PATIENCE)


@pytest.mark.parametrize("error", [MemoryError(), cv2.error("encoder"), RuntimeError("driver")])
def test_any_error_ends_the_recording_and_is_reported(tmp_path: Path, error: Exception) -> None:
    errors: list[Exception] = []
    recorder = Recorder(lambda: ReplayBuffer(tmp_path / "live", 5.0), errors.append)
    recorder.hold(0.0)
    offer(recorder, 0, 60)
    assert recorder.buffer is not None

    def broken(image: object, t: float) -> None:
        raise error

    recorder.buffer.put = broken  # type: ignore[method-assign]
    recorder.offer(packet(60))
    recorder._thread.join(PATIENCE)
    (reported,) = errors
    assert isinstance(reported, OutputError)
    assert reported.hint
    assert recorder.buffer.save(tmp_path / "kept.mkv", 0.0).frames == 60
    assert recorder.close(PATIENCE)
