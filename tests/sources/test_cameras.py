"""Cameras: the device is the one thing that is not real here."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from uvanet.errors import SourceError
from uvanet.sources import (
    CameraFormat,
    CameraSource,
    SourceCondition,
    SourceKind,
    default_source,
    list_cameras,
    make_source,
)
from uvanet.sources import cameras as cameras_module
from uvanet.sources.cameras import CameraDevice, Found, choose, identify

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE = 60.0
DESK = Found(0, "Desk camera", "id-desk", 0x046D, 0x082D)
DOOR = Found(1, "Door camera", "id-door", 0x1234, 0x5678)


class Device:
    """A camera at the level of `cv2.VideoCapture`; tests bend it."""

    def __init__(
        self,
        index: int = 0,
        backend: int = 0,
        *,
        opens: bool = True,
        frames: int = 10,
        image: Any = None,
        stuck: threading.Event | None = None,
    ) -> None:
        self.index = index
        self.backend = backend
        self.opens = opens
        self.frames = frames
        self.image = np.zeros((48, 64, 3), np.uint8) if image is None else image
        self.stuck = stuck
        self.calls: list[str] = []
        self.settings: dict[int, float] = {}
        self.busy = False
        self.released_while_busy = False

    def isOpened(self) -> bool:
        return self.opens

    def grab(self) -> bool:
        self.calls.append("grab")
        if self.frames <= 0 and self.stuck is not None:
            self.busy = True
            self.stuck.wait(PATIENCE)
            self.busy = False
        self.frames -= 1
        return self.frames >= 0

    def retrieve(self) -> tuple[bool, Any]:
        self.calls.append("retrieve")
        return True, self.image.copy()

    def get(self, prop: int) -> float:
        return 0.0

    def set(self, prop: int, value: float) -> bool:
        self.settings[prop] = value
        return True

    def release(self) -> None:
        self.calls.append("release")
        self.released_while_busy |= self.busy


def source_of(
    text: str, found: list[Found], device: Device | None = None, backend: int = cv2.CAP_ANY
) -> tuple[CameraSource, list[tuple[int, int]]]:
    opened: list[tuple[int, int]] = []

    def capture(index: int, backend: int) -> Device:
        opened.append((index, backend))
        return device or Device()

    return CameraSource(text, devices=lambda: identify(found, backend), capture=capture), opened


@pytest.mark.parametrize(
    "text", ["1", "id-door", "Door camera", "door CAMERA", "door", "1234:5678 Door camera"]
)
def test_every_name_of_a_camera_opens_that_camera(text: str) -> None:
    source, opened = source_of(text, [DESK, DOOR], backend=cv2.CAP_V4L2)
    with source:
        assert source.info.title == "Door camera"
        assert source.info.spec == "camera:id-door"
    assert opened == [(1, cv2.CAP_V4L2)]


def test_no_name_is_the_first_camera() -> None:
    source, opened = source_of("", [DOOR, DESK])
    with source:
        assert source.info.title == "Desk camera"
    assert opened == [(0, cv2.CAP_ANY)]


def test_a_camera_that_moved_to_another_index_is_found() -> None:
    moved = Found(7, DESK.name, DESK.path, DESK.vid, DESK.pid)
    source, opened = source_of("id-desk", [DOOR, moved])
    with source:
        pass
    assert opened == [(7, cv2.CAP_ANY)]


def test_another_camera_in_its_place_is_never_taken_for_it() -> None:
    other = Found(0, "Other camera", "id-other", 0x9999, 0x0001)
    source, opened = source_of("id-desk", [other])
    with pytest.raises(SourceError, match="no camera 'id-desk'") as caught:
        source.open()
    assert "camera:0 (Other camera)" in caught.value.hint
    assert opened == []


def test_a_number_is_an_index_and_never_a_part_of_a_name() -> None:
    device = Found(0, "Camera 2000", "id-2000")
    with pytest.raises(SourceError, match="no camera '2'"):
        choose("2", identify([device]))


def test_twins_are_told_apart_by_index_or_not_at_all() -> None:
    twins = [Found(0, "Twin", "", 1, 2), Found(2, "Twin", "", 1, 2)]
    devices = identify(twins)
    assert [device.spec for device in devices] == ["camera:0", "camera:2"]
    with pytest.raises(SourceError, match="2 cameras match 'Twin'") as caught:
        choose("Twin", devices)
    assert "camera:2 (Twin)" in caught.value.hint
    assert choose("2", devices).index == 2


@pytest.mark.skipif(os.name != "posix", reason="links of udev")
def test_on_linux_the_lasting_name_is_the_link_of_udev(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = tmp_path / "video3"
    node.touch()
    for folder, name in (("by-id", "usb-Desk-index0"), ("by-path", "pci-0-index0")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).symlink_to(node)
    assert cameras_module._links(str(node), tmp_path) == [
        str(tmp_path / "by-id" / "usb-Desk-index0"),
        str(tmp_path / "by-path" / "pci-0-index0"),
    ]
    # The device file itself is no lasting name: the next camera may get it.
    device = identify([Found(3, "Desk camera", "/dev/video3", 0x046D, 0x082D)])[0]
    assert device.node == "/dev/video3"
    assert device.stable_id == "046d:082d Desk camera"


def test_no_camera_at_all() -> None:
    source, opened = source_of("0", [])
    with pytest.raises(SourceError, match="No camera was found") as caught:
        source.open()
    assert "demo" in caught.value.hint
    assert opened == []


def test_a_busy_camera_is_released_and_named() -> None:
    device = Device(opens=False)
    source, _ = source_of("0", [DESK], device)
    with pytest.raises(SourceError, match="Desk camera is busy") as caught:
        source.open()
    assert "Close other programs" in caught.value.hint
    assert device.calls[-1] == "release"


def test_a_camera_that_opens_but_gives_no_picture() -> None:
    device = Device(frames=0)
    source, _ = source_of("0", [DESK], device)
    with pytest.raises(SourceError, match="Desk camera is busy or sends no frames"):
        source.open()
    assert device.calls[-1] == "release"


@pytest.mark.skipif(os.name != "posix", reason="device files of Unix")
def test_a_camera_we_may_not_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node = tmp_path / "video0"
    node.touch()
    device = CameraDevice("Desk camera", 0, "id", "camera:id", node=str(node))
    # Root may do all; what the system would say to others is put in its mouth.
    monkeypatch.setattr(os, "access", lambda *_: False)
    opened: list[int] = []
    source = CameraSource(
        "0", devices=lambda: [device], capture=lambda i, _: opened.append(i) or Device()
    )
    with pytest.raises(SourceError, match=f"may not use the camera Desk camera .{node}") as caught:
        source.open()
    assert "video" in caught.value.hint
    assert opened == []


def test_a_camera_is_not_opened_before_macos_allows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(cancelled: threading.Event) -> None:
        assert not cancelled.is_set()
        raise SourceError("macOS does not let this program use the camera.")

    monkeypatch.setattr("uvanet.sources.camera.require_camera_access", refuse)
    source, opened = source_of("0", [DESK])
    with pytest.raises(SourceError, match="macOS does not let"):
        source.open()
    assert opened == []


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


def wishing(wish: CameraFormat, device: Device, backend: int = cv2.CAP_ANY) -> CameraSource:
    return CameraSource(
        "0",
        wish=wish,
        devices=lambda: identify([DESK], backend),
        capture=lambda *_: device,
    )


def test_a_camera_is_asked_and_what_it_gives_is_said() -> None:
    device = Device(image=np.zeros((48, 64, 3), np.uint8))
    with wishing(CameraFormat(1280, 720, 60.0), device, cv2.CAP_V4L2) as source:
        info = source.info
    assert device.settings[cv2.CAP_PROP_FRAME_WIDTH] == 1280
    assert device.settings[cv2.CAP_PROP_FRAME_HEIGHT] == 720
    assert device.settings[cv2.CAP_PROP_FPS] == 60
    assert (info.width, info.height, info.fps) == (64, 48, 30.0)
    assert "1280" in info.note
    assert "60" in info.note


def test_a_camera_that_gives_what_was_asked_needs_no_remark() -> None:
    device = Device(image=np.zeros((480, 640, 3), np.uint8))
    with wishing(CameraFormat(640, 480, 30.0), device) as source:
        assert source.info.note == ""
    assert cv2.CAP_PROP_FOURCC not in device.settings


def test_a_camera_is_asked_for_720p_where_nothing_is_wished() -> None:
    device = Device()
    with wishing(CameraFormat(), device) as source:
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


def test_the_first_source_is_the_camera_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("uvanet.sources.spec.list_cameras", lambda: identify([DESK]))
    assert isinstance(default_source(), CameraSource)


def test_the_first_source_is_the_demo_where_there_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("uvanet.sources.spec.list_cameras", list)
    with default_source() as source:
        assert source.info.kind is SourceKind.DEMO
        assert source.info.note.startswith("No camera was found")
    with make_source("demo") as source:
        assert source.info.note == ""


def test_cameras_of_this_machine_can_be_listed() -> None:
    devices = list_cameras()
    assert [device.index for device in devices] == sorted(device.index for device in devices)
    assert len({device.spec for device in devices}) == len(devices)


def test_a_system_that_cannot_list_has_no_cameras(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: int) -> None:
        raise OSError("no access")

    monkeypatch.setattr("cv2_enumerate_cameras.enumerate_cameras", broken)
    assert list_cameras() == []
