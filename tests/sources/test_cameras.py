"""Cameras by index, id and name; what is said where one cannot be opened."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import cv2
import pytest
from capture_device import DESK, DOOR, Device, source_of

from uvanet.errors import SourceAbsentError, SourceError
from uvanet.sources import (
    CameraSource,
    SourceKind,
    default_source,
    list_cameras,
    make_source,
)
from uvanet.sources import cameras as cameras_module
from uvanet.sources.cameras import CameraDevice, ListedCamera, choose, find_again, identify

if TYPE_CHECKING:
    import threading
    from pathlib import Path


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
    moved = ListedCamera(7, DESK.name, DESK.path, DESK.vid, DESK.pid)
    source, opened = source_of("id-desk", [DOOR, moved])
    with source:
        pass
    assert opened == [(7, cv2.CAP_ANY)]


def test_another_camera_in_its_place_is_never_taken_for_it() -> None:
    other = ListedCamera(0, "Other camera", "id-other", 0x9999, 0x0001)
    source, opened = source_of("id-desk", [other])
    with pytest.raises(SourceError, match="no camera 'id-desk'") as caught:
        source.open()
    assert "camera:0 (Other camera)" in caught.value.hint
    assert opened == []


def test_a_number_is_an_index_and_never_a_part_of_a_name() -> None:
    device = ListedCamera(0, "Camera 2000", "id-2000")
    with pytest.raises(SourceError, match="no camera '2'"):
        choose("2", identify([device]))


def test_twins_are_told_apart_by_index_or_not_at_all() -> None:
    twins = [ListedCamera(0, "Twin", "", 1, 2), ListedCamera(2, "Twin", "", 1, 2)]
    devices = identify(twins)
    assert [device.spec for device in devices] == ["camera:0", "camera:2"]
    with pytest.raises(SourceError, match="2 cameras match 'Twin'") as caught:
        choose("Twin", devices)
    assert "camera:2 (Twin #2)" in caught.value.hint
    assert choose("2", devices).index == 2
    assert choose("Twin #2", devices).index == 2


def test_a_twin_is_never_taken_for_the_other() -> None:
    twins = [ListedCamera(0, "Twin", "", 1, 2), ListedCamera(2, "Twin", "", 1, 2)]
    first, second = identify(twins)
    assert find_again(second, identify(twins)).index == 2
    assert find_again(second, identify(twins[1:])).index == 2
    with pytest.raises(SourceAbsentError, match="Twin #0 is not connected"):
        find_again(first, identify(twins[1:]))


def test_another_camera_at_the_same_port_is_not_taken_for_the_first() -> None:
    port = "usb-port-3"
    (desk,) = identify([ListedCamera(0, "Desk camera", port)])
    (door,) = identify([ListedCamera(0, "Door camera", port)])
    assert desk.stable_id == door.stable_id
    assert find_again(desk, [desk]) is desk
    twin = ListedCamera(1, "Desk camera", "usb-port-4")
    assert find_again(desk, identify([ListedCamera(0, "Desk camera", port), twin])).index == 0
    with pytest.raises(SourceAbsentError, match="Desk camera is not connected"):
        find_again(desk, [door])


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
    device = identify([ListedCamera(3, "Desk camera", "/dev/video3", 0x046D, 0x082D)])[0]
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
    with pytest.raises(
        SourceError, match=f"no permission to use the camera Desk camera .{node}"
    ) as caught:
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
