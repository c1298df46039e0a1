"""Frames of a camera: format, time stamps, damage, reconnection and closing."""

from __future__ import annotations

import threading
from typing import Any

import cv2
import numpy as np
import pytest
from capture_device import DESK, PATIENCE, Device, source_of

from uvanet.errors import SourceError
from uvanet.sources import (
    CameraFormat,
    CameraSource,
    SourceCondition,
)
from uvanet.sources.cameras import identify


def test_an_unplugged_camera_ends_in_an_error() -> None:
    source, _ = source_of("0", [DESK], Device(frames=3))
    with source:
        assert source.read() is not None  # one of the three went into opening
        assert source.read() is not None
        with pytest.raises(SourceError, match="no longer sends frames"):
            source.read()


def test_a_camera_that_returns_with_another_size_goes_on() -> None:
    devices = [Device(frames=3), Device(image=np.zeros((96, 64, 3), np.uint8))]
    source = CameraSource(
        "0", reconnect=PATIENCE, devices=lambda: identify([DESK]), capture=lambda *_: devices.pop(0)
    )
    with source:
        before = source.info
        frames = [source.read() for _ in range(6)]
        after = source.info
    shapes = [frame.picture.shape[:2] for frame in frames if frame is not None]
    assert sorted(shapes) == shapes
    assert shapes[0] == (before.height, before.width) == (48, 64)
    assert shapes[-1] == (after.height, after.width) == (96, 64)


def test_a_picture_is_stamped_between_grab_and_retrieve() -> None:
    device = Device()
    clock_calls: list[int] = []

    def clock() -> float:
        clock_calls.append(len(device.calls))
        return float(len(device.calls))

    source = CameraSource(
        "0", devices=lambda: identify([DESK]), capture=lambda *_: device, clock=clock
    )
    with source:
        first = source.read()
        before = len(device.calls)
        frame = source.read()
    assert device.calls[before : before + 2] == ["grab", "retrieve"]
    assert before + 1 in clock_calls
    assert first is not None
    assert frame is not None
    # The clock counts calls; two lie between the grabs of two frames.
    assert frame.pts - first.pts == 2.0


def test_a_grey_camera_gives_colour() -> None:
    source, _ = source_of("0", [DESK], Device(image=np.full((4, 6), 9, np.uint8)))
    with source:
        frame = source.read()
    assert frame is not None
    assert frame.image.shape == (4, 6, 3)
    assert (frame.image == 9).all()


def test_v4l2_is_asked_for_two_buffers() -> None:
    device = Device()
    source, _ = source_of("0", [DESK], device, backend=cv2.CAP_V4L2)
    with source:
        pass
    # With one, a driver drops every other frame; with more, frames wait.
    assert device.settings[cv2.CAP_PROP_BUFFERSIZE] == 2


class CompressedDevice(Device):
    """A V4L2 camera that delivers Motion JPEG, not decoded."""

    def __init__(self, pictures: list[bytes]) -> None:
        super().__init__()
        self.pictures = pictures

    def retrieve(self) -> tuple[bool, Any]:
        data = self.pictures.pop(0) if len(self.pictures) > 1 else self.pictures[0]
        return True, np.frombuffer(data, np.uint8).reshape(1, -1)

    def get(self, prop: int) -> float:
        return {
            cv2.CAP_PROP_FOURCC: float(cv2.VideoWriter.fourcc(*"MJPG")),
            cv2.CAP_PROP_FRAME_WIDTH: 64.0,
            cv2.CAP_PROP_FRAME_HEIGHT: 48.0,
            cv2.CAP_PROP_FPS: 30.0,
        }.get(prop, 0.0)


def test_a_damaged_header_is_a_damaged_frame() -> None:
    whole = cv2.imencode(".jpg", np.full((48, 64, 3), 90, np.uint8))[1].tobytes()
    at = whole.index(b"\xff\xc0") + 5  # height and width in the frame header
    huge = whole[:at] + b"\xff\xdc\xff\xdc" + whole[at + 4 :]
    other = cv2.imencode(".jpg", np.full((24, 32, 3), 90, np.uint8))[1].tobytes()
    device = CompressedDevice([whole, huge, other, whole])
    source, _ = source_of("0", [DESK], device, backend=cv2.CAP_V4L2)
    reported: list[str] = []
    source.on_status = lambda status: reported.append(status.problem)
    with source:
        frame = source.read()
    assert frame is not None
    assert frame.image.shape == (48, 64, 3)
    assert source.status.damaged == 2
    assert reported == ["The camera Desk camera sends damaged frames. They are skipped."]


def jpeg(size: tuple[int, int], level: int) -> bytes:
    width, height = size
    return cv2.imencode(".jpg", np.full((height, width, 3), level, np.uint8))[1].tobytes()


def test_a_camera_that_changes_its_size_for_good_is_followed() -> None:
    pictures = [jpeg((64, 48), 9)] * 2 + [jpeg((32, 24), level) for level in range(20)]
    device = CompressedDevice(pictures)
    device.frames = 30
    source, _ = source_of("0", [DESK], device, backend=cv2.CAP_V4L2)
    told: list[tuple[int, int]] = []
    source.on_status = lambda _: told.append((source.info.width, source.info.height))
    with source:
        assert (source.info.width, source.info.height) == (64, 48)
        first, second = source.read(), source.read()
        assert (source.info.width, source.info.height) == (32, 24)
    assert first is not None
    assert second is not None
    assert (first.image.shape, second.image.shape) == ((48, 64, 3), (24, 32, 3))
    # Ten in a row are no damage; receivers are told of the new size.
    assert source.status.damaged == 9
    assert told[-1] == (32, 24)


@pytest.mark.parametrize(
    ("level", "step"), [(3, "Open its cover, or end its privacy mode."), (90, "Plug it in again")]
)
def test_a_black_picture_for_ever_is_a_cover_or_a_privacy_mode(level: int, step: str) -> None:
    moment = [100.0]
    source = CameraSource(
        "0",
        devices=lambda: identify([DESK], cv2.CAP_V4L2),
        capture=lambda *_: CompressedDevice([jpeg((64, 48), level)]),
        clock=lambda: moment[0],
    )
    with source:
        source.read()
        moment[0] += 6.0
        source.read()
        assert source.status.condition is SourceCondition.FROZEN
        assert step in source.status.hint


def test_a_receiver_that_reads_seldom_does_not_make_a_stall() -> None:
    first, second, third = (
        cv2.imencode(".jpg", np.full((48, 64, 3), level, np.uint8))[1].tobytes()
        for level in (30, 90, 150)
    )
    device = CompressedDevice([first, second, second[:200], third])
    moment = [100.0]
    source = CameraSource(
        "0",
        devices=lambda: identify([DESK], cv2.CAP_V4L2),
        capture=lambda *_: device,
        clock=lambda: moment[0],
    )
    reported: list[SourceCondition] = []
    source.on_status = lambda status: reported.append(status.condition)
    with source:
        source.read()
        moment[0] += 60.0  # a slow network
        assert source.read() is not None
    # The damaged frame before it is all that is wrong.
    assert reported == [SourceCondition.DAMAGED]
    assert source.status.damaged == 1


def requesting(requested: CameraFormat, device: Device, backend: int = cv2.CAP_ANY) -> CameraSource:
    return CameraSource(
        "0",
        requested=requested,
        devices=lambda: identify([DESK], backend),
        capture=lambda *_: device,
    )


def test_a_camera_is_asked_and_what_it_gives_is_said() -> None:
    device = Device(image=np.zeros((48, 64, 3), np.uint8))
    with requesting(CameraFormat(1280, 720, 60.0), device, cv2.CAP_V4L2) as source:
        info = source.info
    assert device.settings[cv2.CAP_PROP_FRAME_WIDTH] == 1280
    assert device.settings[cv2.CAP_PROP_FRAME_HEIGHT] == 720
    assert device.settings[cv2.CAP_PROP_FPS] == 60
    assert (info.width, info.height, info.fps) == (64, 48, 30.0)
    assert "1280" in info.note
    assert "60" in info.note


def test_a_camera_that_gives_what_was_asked_needs_no_remark() -> None:
    device = Device(image=np.zeros((480, 640, 3), np.uint8))
    with requesting(CameraFormat(640, 480, 30.0), device) as source:
        assert source.info.note == ""
    assert cv2.CAP_PROP_FOURCC not in device.settings


def test_a_camera_is_asked_for_720p_where_nothing_is_wished() -> None:
    device = Device()
    with requesting(CameraFormat(), device) as source:
        assert source.info.note == ""
        assert source.info.requested == CameraFormat(1280, 720, 30.0)
    assert device.settings == {
        cv2.CAP_PROP_FRAME_WIDTH: 1280,
        cv2.CAP_PROP_FRAME_HEIGHT: 720,
        cv2.CAP_PROP_FPS: 30,
    }


def test_close_while_the_driver_hangs_returns_and_leaves_the_release_to_the_reader() -> None:
    go_on = threading.Event()
    device = Device(frames=1, stuck=go_on)
    source, _ = source_of("0", [DESK], device)
    source.open()
    seen: list[SourceError] = []

    def read() -> None:
        try:
            source.read()
        except SourceError as error:
            seen.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    while not device.busy:  # the reader is in the driver now
        assert reader.is_alive()
    source.close()  # returns, or this test never ends
    assert "release" not in device.calls
    go_on.set()
    reader.join(PATIENCE)
    assert not reader.is_alive()
    assert device.calls.count("release") == 1
    assert not device.released_while_busy
    assert "closed" in seen[0].message
