"""Camera reconnection: a lost camera is opened again, another one is only announced."""

import threading

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from window_bench import FakeCamera

import uvanet.sources
from app.features.cameras.feature import Cameras
from app.pipeline.events import PipelineState
from uvanet.errors import SourceError
from uvanet.sources import CameraFormat, SourceKind
from uvanet.sources.cameras import Found, identify

FAKE = Found(0, "Fake camera", "fake", 1, 2)
OTHER = Found(0, "Other camera", "other", 3, 4)


class Plugs:
    """What is plugged in, as the system lists it."""

    def __init__(self):
        self.found = []
        self.looks = 0

    def list(self):
        self.looks += 1
        return identify(self.found)


@pytest.fixture
def plugs(monkeypatch):
    plugs = Plugs()
    monkeypatch.setattr("uvanet.sources.list_cameras", plugs.list)
    monkeypatch.setattr("uvanet.sources.spec.list_cameras", plugs.list)
    monkeypatch.setattr("app.features.cameras.camera_monitor.INTERVAL_SECONDS", 0.01)
    return plugs


@pytest.fixture
def cameras(plugs, monkeypatch):
    """The cameras that were opened; each is a new object, as of a driver."""
    real, opened = uvanet.sources.make_source, []

    def make(spec, **wishes):
        if not spec.startswith("camera:"):
            return real(spec)
        opened.append((FakeCamera(), wishes))
        return opened[-1][0]

    monkeypatch.setattr("uvanet.sources.make_source", make)
    yield opened
    for camera, _ in opened:
        camera.free.set()


def feature(bench):
    return bench.find(Cameras)


def unplug(bench, plugs, cameras):
    plugs.found = []
    cameras[-1][0].broken = SourceError("Fake camera was unplugged.", "Plug it in again.")
    bench.wait_state(PipelineState.FAILED)
    bench.until(lambda: bench.banner.level == "error")


def plug_in(bench, plugs, *found):
    """Connects cameras and returns the next message; it may vanish before a test sees it."""
    shown, notify = [], bench.banner.notify

    def record(level, text, *rest, **options):
        shown.append(text)
        notify(level, text, *rest, **options)

    bench.banner.notify = record
    plugs.found = list(found)
    bench.until(lambda: shown)
    bench.banner.notify = notify
    return shown[0]


def test_a_reconnected_camera_is_opened_again(player, plugs, cameras):
    plugs.found = [FAKE]
    player.open("camera:fake")
    assert not feature(player)._monitor.running
    unplug(player, plugs, cameras)
    looks = plugs.looks
    player.until(lambda: plugs.looks > looks + 2)
    assert len(cameras) == 1
    plugs.found = [Found(5, "Fake camera", "fake", 1, 2)]  # at another index
    player.until(lambda: len(cameras) == 2)
    player.wait_state(PipelineState.PLAYING)
    assert "is connected again" in player.banner.message
    player.until(lambda: not feature(player)._monitor.running)


def test_another_camera_is_announced_but_not_opened(player, plugs, cameras):
    plugs.found = [FAKE]
    player.open("camera:fake")
    unplug(player, plugs, cameras)
    player.until(lambda: plugs.looks > 3)
    assert "Other camera" in plug_in(player, plugs, OTHER)
    assert len(cameras) == 1
    assert player.session.state is PipelineState.FAILED


def test_a_camera_known_by_its_index_only_is_not_opened_again(player, plugs, cameras):
    player.open("camera:fake")
    feature(player)._info = FakeCamera().info.__class__(
        "camera:0", "Twin", SourceKind.CAMERA, 160, 120, 30.0, live=True
    )
    unplug(player, plugs, cameras)
    looks = plugs.looks
    player.until(lambda: plugs.looks > looks + 2)
    assert "A camera was connected" in plug_in(
        player, plugs, Found(0, "Twin", "", 1, 2), Found(2, "Twin", "", 1, 2)
    )
    assert len(cameras) == 1


def test_a_camera_that_returns_does_not_replace_a_source_being_opened(
    player, plugs, cameras, clip, monkeypatch
):
    plugs.found = [FAKE]
    player.open("camera:fake")
    unplug(player, plugs, cameras)
    make, proceed = uvanet.sources.make_source, threading.Event()

    def make_slowly(spec, **wishes):
        if spec == str(clip):
            assert proceed.wait(60)
        return make(spec, **wishes)

    monkeypatch.setattr("uvanet.sources.make_source", make_slowly)
    player.session.open(str(clip))
    looks = plugs.looks
    plugs.found = [FAKE]
    player.until(lambda: plugs.looks > looks + 3)
    player.qtbot.wait(50)  # for the signal of the search
    with player.qtbot.waitSignal(player.session.opened, timeout=20_000):
        proceed.set()
    assert player.session.info.kind is SourceKind.VIDEO
    assert len(cameras) == 1


def test_a_video_that_cannot_be_opened_leaves_the_camera(player, plugs, cameras):
    plugs.found = [FAKE]
    player.open("camera:fake")
    player.session.open("/no/such/film\0.mp4")
    player.until(lambda: player.banner.level == "error")
    assert player.session.state is PipelineState.PLAYING
    assert not feature(player)._monitor.running
    assert len(cameras) == 1


def test_a_missing_video_awaits_no_camera(player, plugs):
    player.session.open("/no/such/film.mp4")
    player.wait_state(PipelineState.FAILED)
    assert not feature(player)._monitor.running
    player.session.open("camera:nobody")
    player.until(lambda: feature(player)._monitor.running)


def test_the_demo_in_place_of_a_camera_awaits_one(launch, plugs):
    bench = launch(None)
    bench.until(lambda: bench.presenter.overlay_seen)
    assert feature(bench)._monitor.running
    assert "Fake camera" in plug_in(bench, plugs, FAKE)
    # The camera is offered, not opened.
    assert bench.session.info.kind is SourceKind.DEMO


def test_a_chosen_video_awaits_no_camera(player, plugs):
    assert not feature(player)._monitor.running


def test_the_requested_format_is_remembered_and_shown(player, plugs, cameras):
    player.open("camera:fake")
    menu = feature(player)._menu
    assert menu.isVisible()
    assert menu.text().startswith("160\N{MULTIPLICATION SIGN}120, 30 fps")
    with player.qtbot.waitSignal(player.session.opened, timeout=60_000):
        menu._sizes[(1280, 720)].trigger()
    with player.qtbot.waitSignal(player.session.opened, timeout=60_000):
        menu._rates[60].trigger()
    assert cameras[-1][1]["camera"] == CameraFormat(1280, 720, 60.0)
    assert player.settings.camera_size == (1280, 720)
    assert player.settings.camera_fps == 60
    assert menu._sizes[(1280, 720)].isChecked()
    # By keyboard: the menu opens, and an arrow and Return choose.
    player.until(player.actions["camera_options"].isEnabled)
    player.trigger("camera_options")
    player.until(menu.menu().isVisible)
    QTest.keyClick(menu.menu(), Qt.Key.Key_Down)
    with player.qtbot.waitSignal(player.session.opened, timeout=60_000):
        QTest.keyClick(menu.menu(), Qt.Key.Key_Return)
    assert player.settings.camera_size == (640, 480)
    player.open("demo")
    assert not menu.isVisible()
