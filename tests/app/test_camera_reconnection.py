"""Cameras that are lost, busy or broken are opened again, visibly, until the user stops that."""

import time
from functools import partial

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from webcam import OTHER, WEBCAM, Webcam
from window_bench import write_settings

from app.features.cameras.feature import Cameras
from app.features.diagnostics.scheduled_task import Screenshot
from app.pipeline.events import PipelineState
from uvanet.sources import CameraFormat, CameraSource, SourceKind
from uvanet.sources.base import SourceCondition, SourceStatus
from uvanet.sources.cameras import ListedCamera

HURRY = 20.0  # times faster runs the clock of a camera whose seconds would last too long


@pytest.fixture
def webcam(monkeypatch):
    """The only camera of the machine, plugged in."""
    webcam = Webcam()
    make = partial(
        CameraSource,
        devices=webcam.list,
        capture=webcam.open,
        clock=lambda: time.monotonic() * (HURRY if webcam.frozen else 1.0),
    )
    monkeypatch.setattr("uvanet.sources.spec.CameraSource", make)
    monkeypatch.setattr("uvanet.sources.list_cameras", webcam.list)
    monkeypatch.setattr("uvanet.sources.spec.list_cameras", webcam.list)
    monkeypatch.setattr("app.features.cameras.camera_monitor.INTERVAL_SECONDS", 0.01)
    return webcam


@pytest.fixture
def told(player, monkeypatch):
    """All messages since the start of the test."""
    texts, notify = [], player.banner.notify

    def record(level, text, *rest, **options):
        texts.append(text)
        notify(level, text, *rest, **options)

    monkeypatch.setattr(player.banner, "notify", record)
    return texts


def monitor(bench):
    return bench.find(Cameras)._monitor


def lost(bench):
    return "Trying again" in bench.banner.message


def plays_on(bench):
    """Waits for a frame that was not on the canvas before."""
    seen = bench.frame()
    bench.until(lambda: bench.frame() > seen)


def test_an_unplugged_camera_is_opened_again_when_it_returns(player, webcam, told):
    player.open("camera:fake")
    assert not monitor(player).running
    webcam.found = []
    player.until(lambda: lost(player))
    assert player.banner.level == "warning"
    assert player.banner.button.text() == "Stop"
    assert player.canvas.has_picture
    assert player.session.state is PipelineState.PLAYING
    assert not player.transport.live.isEnabled()
    webcam.found = [ListedCamera(5, "Fake camera", "fake", 1, 2)]  # at another index
    plays_on(player)
    player.until(lambda: "Fake camera is connected again." in told)
    assert player.transport.live.isEnabled()
    assert not player.banner.alerts
    assert not monitor(player).running
    assert not any("was connected" in text for text in told)


def test_a_camera_that_returns_with_another_size_goes_on(player, webcam, told):
    player.open("camera:fake")
    player.until(lambda: player.canvas.proportions == (160, 120))
    webcam.found = []
    player.until(lambda: lost(player))
    webcam.size, webcam.found = (120, 240), [WEBCAM]
    plays_on(player)
    player.until(lambda: player.session.info.height == 240)
    player.until(lambda: "Fake camera is connected again." in told)
    player.until(lambda: player.canvas.proportions == (120, 240))
    player.until(lambda: player.predictor.shape == (240, 120, 3))


def test_a_camera_whose_driver_is_not_ready_is_tried_until_it_is(player, webcam):
    player.open("camera:fake")
    webcam.found = []
    player.until(lambda: lost(player))
    webcam.busy, webcam.found = True, [WEBCAM]  # listed, but it cannot be opened
    player.until(lambda: lost(player) and "busy" in player.banner.message)
    webcam.busy = False
    plays_on(player)


def test_a_camera_that_another_program_has_at_first_opens_when_it_is_free(player, webcam):
    webcam.busy = True
    player.session.open("camera:fake")
    player.until(lambda: lost(player))
    assert "busy" in player.banner.message
    assert "Close other programs" in player.banner.hint
    assert player.session.state is PipelineState.OPENING
    assert "camera:fake" in player.picker.accessibleName()
    # Nothing names the source before.
    assert player.window.windowTitle() == "UVA-Net Live"
    assert not player.status.source.full_text
    with player.qtbot.waitSignal(player.session.opened, timeout=60_000):
        webcam.busy = False
    player.until(lambda: player.presenter.packet is not None)
    assert not player.banner.alerts


def test_a_camera_that_is_not_there_yet_is_awaited(player, webcam, told):
    webcam.found = []
    player.session.open("camera:fake")
    player.until(lambda: lost(player))
    with player.qtbot.waitSignal(player.session.opened, timeout=60_000):
        webcam.found = [WEBCAM]
    assert not any("was connected" in text for text in told)


def test_stop_ends_the_attempts(player, webcam):
    webcam.busy = True
    player.session.open("camera:fake")
    player.until(lambda: lost(player))
    player.banner.button.click()
    player.wait_state(PipelineState.FAILED)
    assert player.banner.level == "error"
    assert "busy" in player.banner.message
    assert not lost(player)
    webcam.busy = False
    player.open("camera:fake")
    assert not player.banner.alerts


def test_play_tries_again_after_stop(player, webcam):
    player.open("camera:fake")
    webcam.found = []
    player.until(lambda: lost(player))
    player.banner.button.click()
    player.wait_state(PipelineState.FAILED)
    assert player.canvas.has_picture
    player.trigger("play_pause")
    player.until(lambda: lost(player))
    # Stop works for each of the attempts.
    player.banner.button.click()
    player.wait_state(PipelineState.FAILED)
    webcam.found = [WEBCAM]
    player.trigger("play_pause")
    player.wait_state(PipelineState.PLAYING)


def test_the_program_quits_while_a_camera_is_awaited(player, webcam):
    webcam.busy = True
    player.session.open("camera:fake")
    player.until(lambda: lost(player))
    player.window.close()
    assert player.program.clean
    # On a busy machine, the camera's last state came after the features were closed: it started
    # a thread that outlived the window.
    cameras = player.find(Cameras)
    cameras._watch(True)
    assert not cameras._monitor.running


def test_a_measurement_without_a_picture_names_the_reason(launch, webcam, capsys, tmp_path):
    webcam.busy = True
    bench = launch(None)
    task = Screenshot(bench.context, 1.0, tmp_path / "window.png")
    bench.until(lambda: lost(bench))
    task._limit.timeout.emit()
    assert task.code == 1
    assert "busy" in capsys.readouterr().err
    assert not (tmp_path / "window.png").exists()


def test_choosing_another_source_ends_the_attempts(player, webcam, clip):
    webcam.busy = True
    player.session.open("camera:fake")
    player.until(lambda: lost(player))
    player.open(str(clip))
    assert player.session.info.kind is SourceKind.VIDEO
    assert not player.banner.message
    assert not monitor(player).running


def test_another_camera_is_announced_and_not_opened(player, webcam, told):
    player.open("camera:fake")
    webcam.found = []
    player.until(lambda: lost(player))
    searches = webcam.searches
    player.until(lambda: webcam.searches > searches + 3)
    webcam.found = [OTHER]  # at the index that the lost one had
    player.until(lambda: "A camera was connected: Other camera." in told)
    openings = webcam.openings
    player.until(lambda: player.banner.alerts and "not connected" in player.banner.alerts[0])
    assert webcam.openings == openings
    player.banner.acted.emit("camera")  # the button of the message
    player.until(lambda: player.source_title == "Other camera")


def test_a_stall_that_the_camera_reports_is_not_reported_again(player, webcam, told):
    player.open("camera:fake")
    status, stalled = player.session.status_changed, player.session.stalled
    status.emit(SourceStatus(SourceCondition.STALLED, "No frame came for 3 seconds."))
    stalled.emit(6.0)
    assert told == ["No frame came for 3 seconds."]
    assert not player.transport.live.isEnabled()
    status.emit(SourceStatus())
    assert player.transport.live.isEnabled()
    assert not player.banner.message
    stalled.emit(6.0)  # the camera itself hangs and reports nothing
    assert "has sent no picture for 6 seconds" in player.banner.message
    stalled.emit(0.0)
    assert not player.banner.message


def test_a_camera_that_opens_and_fails_at_once_is_not_called_connected(player, webcam, told):
    player.open("camera:fake")
    webcam.stops = True
    openings = webcam.openings
    player.until(lambda: lost(player) and webcam.openings > openings + 2)
    assert not any("is connected again" in text for text in told)
    webcam.stops = False
    player.until(lambda: "Fake camera is connected again." in told)


def test_the_same_frame_for_ever_is_told_until_it_moves(player, webcam):
    player.open("camera:fake")
    webcam.frozen = True
    player.until(lambda: "the same picture" in player.banner.message)
    assert player.banner.level == "warning"
    webcam.frozen = False
    player.until(lambda: not player.banner.alerts)


def test_a_source_being_opened_is_not_replaced_by_a_camera_that_returns(player, webcam, clip):
    player.open("camera:fake")
    webcam.found = []
    player.until(lambda: lost(player))
    with player.qtbot.waitSignal(player.session.opened, timeout=60_000):
        player.session.open(str(clip))
        webcam.found = [WEBCAM]
    assert player.session.info.kind is SourceKind.VIDEO


def test_a_video_that_cannot_be_opened_leaves_the_camera(player, webcam):
    player.open("camera:fake")
    player.session.open("/no/such/film\0.mp4")
    player.until(lambda: player.banner.level == "error")
    assert player.session.state is PipelineState.PLAYING
    assert not monitor(player).running
    webcam.found = []
    player.until(lambda: monitor(player).running)


def test_a_missing_video_awaits_no_camera(player, webcam):
    player.session.open("/no/such/camera.mp4")
    player.wait_state(PipelineState.FAILED)
    assert not monitor(player).running


def test_the_demo_in_place_of_a_camera_announces_one(launch, webcam):
    webcam.found = []
    bench = launch(None)
    bench.until(lambda: bench.presenter.overlay_seen)
    assert monitor(bench).running
    webcam.found = [WEBCAM]
    bench.until(lambda: "Fake camera" in bench.banner.message)
    # The camera is offered, not opened.
    assert bench.session.info.kind is SourceKind.DEMO


def test_a_chosen_video_awaits_no_camera(player, webcam):
    assert not monitor(player).running


def test_the_first_camera_is_awaited_where_it_is_busy_at_the_start(launch, webcam):
    webcam.busy = True
    bench = launch(None)
    bench.until(lambda: lost(bench))
    webcam.busy = False
    bench.until(lambda: bench.presenter.overlay_seen)
    assert bench.source_title == "Fake camera"


def test_the_requested_format_is_remembered_and_shown(player, webcam):
    player.open("camera:fake")
    menu = player.find(Cameras)._menu
    assert menu.isVisible()
    assert menu.text().startswith("160\N{MULTIPLICATION SIGN}120, 30 fps")
    with player.qtbot.waitSignal(player.session.opened, timeout=60_000):
        menu._sizes[(1920, 1080)].trigger()
    assert (1920, 1080) in webcam.sizes
    with player.qtbot.waitSignal(player.session.opened, timeout=60_000):
        menu._rates[60].trigger()
    assert "Asked: 1920\N{MULTIPLICATION SIGN}1080, 60 fps" in menu.toolTip()
    assert "Given: 160\N{MULTIPLICATION SIGN}120, 30 fps" in menu.toolTip()
    assert player.settings.camera_size == (1920, 1080)
    assert player.settings.camera_fps == 60
    assert menu._sizes[(1920, 1080)].isChecked()
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


def test_one_side_of_a_size_alone_is_ignored(launch, webcam):
    write_settings(camera_size=[640, 0], camera_fps=60)
    bench = launch("demo")
    assert bench.session.camera_format == CameraFormat(fps=60.0)
