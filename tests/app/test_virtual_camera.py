"""The virtual camera: what other programs get, and what is said where there is none.

No kernel here has a loopback device, so that the device stands at the border: a module in place
of pyvirtualcam. One test asks the real module, which finds no device.
"""

from __future__ import annotations

import sys
import threading
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest

from app.features.virtual_camera.feature import VirtualCamera
from uvanet.resizing import letterbox


class Device:
    """Stands for a camera driver; keeps what it was sent."""

    device = "/dev/video10"
    made: ClassVar[list[Device]] = []

    def __init__(self, width: int, height: int, fps: float, *, fmt: str) -> None:
        self.size, self.fps, self.layout = (width, height), fps, fmt
        self.sent: list[np.ndarray] = []
        self.closed = threading.Event()
        self.made.append(self)

    def __enter__(self) -> Device:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed.set()

    def send(self, picture: np.ndarray) -> None:
        width, height = self.size
        assert picture.shape == (height, width, 3)
        assert picture.dtype == np.uint8
        assert picture.flags.c_contiguous
        self.sent.append(picture.copy())


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> list[Device]:
    module: Any = ModuleType("pyvirtualcam")
    module.Camera, module.PixelFormat = Device, SimpleNamespace(BGR="BGR")
    module.__spec__ = ModuleSpec("pyvirtualcam", None)
    monkeypatch.setitem(sys.modules, "pyvirtualcam", module)
    monkeypatch.setattr(Device, "made", [])
    return Device.made


def test_other_programs_get_the_picture_with_its_heat_map(still, driver):
    still.trigger("virtual_camera")
    still.until(lambda: driver and driver[0].sent)
    (device,) = driver
    assert device.size == (160, 120)
    assert "/dev/video10" in still.banner.message
    assert still.actions["virtual_camera"].isChecked()
    expected = still.presenter.snapshot()()
    still.until(lambda: np.array_equal(device.sent[-1], expected))
    plain = still.presenter.packet.frame.image
    assert (np.abs(expected.astype(int) - plain) > 8).mean() > 0.005
    still.seek(1.5)
    moved = still.presenter.snapshot()()
    assert not np.array_equal(moved, expected)
    still.until(lambda: np.array_equal(device.sent[-1], moved))
    still.trigger("virtual_camera")
    assert device.closed.wait(60)
    assert not still.actions["virtual_camera"].isChecked()


def test_a_paused_picture_is_sent_again(still, driver):
    still.trigger("virtual_camera")
    still.until(lambda: driver and len(driver[0].sent) >= 3)
    still.trigger("virtual_camera")
    assert driver[0].closed.wait(60)


def test_the_late_failure_of_an_earlier_camera_leaves_the_current_one_open(still, driver):
    entered, go_on = threading.Event(), threading.Event()
    module = sys.modules["pyvirtualcam"]

    def first(*_: object, **__: object) -> None:
        module.Camera = Device
        entered.set()
        assert go_on.wait(60)
        raise RuntimeError("no device")

    module.Camera = first
    still.trigger("virtual_camera")
    assert entered.wait(60)
    sender = still.find(VirtualCamera)._sender
    still.trigger("virtual_camera")
    still.until(lambda: driver and driver[0].sent)
    go_on.set()
    assert sender.close(60)
    count = len(driver[0].sent)
    still.until(lambda: len(driver[0].sent) > count + 1)
    assert still.actions["virtual_camera"].isChecked()
    assert not still.banner.alerts
    still.trigger("virtual_camera")
    assert driver[0].closed.wait(60)


def test_the_camera_is_closed_with_the_window(player, driver):
    player.trigger("virtual_camera")
    player.until(lambda: driver and len(driver[0].sent) > 5)
    player.leave()
    assert driver[0].closed.wait(60)


def test_without_a_device_the_next_step_is_named(still):
    pytest.importorskip("pyvirtualcam")
    still.trigger("virtual_camera")
    still.until(lambda: still.banner.alerts)
    assert "no virtual camera" in still.banner.message
    assert still.banner.hint
    assert not still.actions["virtual_camera"].isChecked()


def test_without_the_extra_its_command_is_named(still, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)
    monkeypatch.setattr("uvanet.extras.is_installed", lambda _: False)
    still.trigger("virtual_camera")
    still.until(lambda: still.banner.alerts)
    assert "uvanet[virtualcam]" in still.banner.hint
    assert not still.find(VirtualCamera)._sender


@pytest.mark.parametrize("shape", [(120, 160), (60, 80), (200, 100), (3, 999)])
def test_other_sizes_are_centered_on_black(shape):
    picture = np.full((*shape, 3), 200, np.uint8)
    fitted = letterbox(picture, (160, 120))
    assert fitted.shape == (120, 160, 3)
    assert fitted[59:61, 79:81].max() == 200
    share = (fitted > 100).mean()
    scale = min(160 / shape[1], 120 / shape[0])
    assert share == pytest.approx(shape[0] * shape[1] * scale**2 / (160 * 120), abs=0.02)
