"""Play, pause, seek, step, loop and speed on a real clip."""

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from window_bench import PATIENCE

from app.features.diagnostics.feature import Diagnostics
from app.pipeline.events import PipelineState
from app.ui.controls import IconButton
from app.ui.time_text import clock_text


def test_pause_and_play(player):
    player.pause()
    held = player.frame()
    player.trigger("play_pause")
    player.wait_state(PipelineState.PLAYING)
    player.until(lambda: player.frame() != held)


def test_the_timeline_seeks(still):
    for seconds in (0.2, 1.8, 0.0):
        still.seek(seconds)
        assert still.frame() == pytest.approx(seconds * 30, abs=1)
    assert still.session.state is PipelineState.PAUSED


def test_the_timeline_shows_the_position(still):
    still.seek(1.2)
    assert still.transport.timeline.value() == pytest.approx(1200, abs=40)
    assert still.transport.position.text() == "00:00:01:06"
    assert still.transport.position.toolTip() == "00:00:01:06   frame 36"
    assert still.transport.length.text() == "/ 00:00:02:00"


def test_a_range_is_marked_by_buttons_beside_the_timeline(still):
    buttons = still.slots.timeline_buttons.findChildren(IconButton)
    first, last = (
        next(each for each in buttons if each.defaultAction() is still.actions[name])
        for name in ("mark_in", "mark_out")
    )
    assert first.isVisible()
    assert "(I)" in first.toolTip()
    assert "(O)" in last.toolTip()
    still.seek(0.5)
    first.click()
    still.seek(1.0)
    last.click()
    assert still.transport.timeline.marks == pytest.approx((0.5, 31 / 30))


def test_a_click_on_the_timeline_seeks(still):
    before = still.presenter.packet
    timeline = still.transport.timeline
    place = timeline.rect().center()
    place.setX(round(timeline.axis.x(0.5)))
    still.qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=place)
    still.until(lambda: still.presenter.packet is not before)
    still.settle()
    assert still.frame() == pytest.approx(15, abs=3)


def test_single_steps(still):
    start = still.frame()
    for name, frame in (
        ("step_forward", start + 1),
        ("step_forward", start + 2),
        ("step_back", start + 1),
        ("step_back", start),
        ("step_back", start - 1),
    ):
        still.trigger(name)
        still.until(lambda frame=frame: still.frame() == frame)
        still.settle()


def test_jump_keys(still):
    still.trigger("jump_back")
    still.until(lambda: still.frame() == 0)
    still.settle()
    still.trigger("jump_forward")
    still.until(lambda: still.frame() >= 58)
    still.settle()
    still.trigger("jump_start")
    still.until(lambda: still.frame() == 0)
    still.settle()
    still.trigger("jump_end")
    still.until(lambda: still.frame() == 59)
    assert still.session.state is PipelineState.PAUSED


def test_loop_restarts_at_the_end(player):
    player.until(lambda: player.frame() > 50)
    player.until(lambda: player.frame() < 20)
    assert player.session.state is PipelineState.PLAYING


def test_playback_ends_without_loop_and_play_restarts(player):
    player.trigger("loop")
    assert not player.settings.loop
    player.wait_state(PipelineState.ENDED)
    player.settle()
    assert player.frame() >= 58
    player.trigger("play_pause")
    player.until(lambda: player.frame() < 40)
    player.wait_state(PipelineState.ENDED)


def test_speed(player):
    player.trigger("faster")
    assert player.session.speed == 1.5
    assert player.transport.speed.text().startswith("1.5")
    player.trigger("slower")
    player.trigger("slower")
    assert player.session.speed == 0.75
    for _ in range(10):
        player.trigger("slower")
    assert player.session.speed == 0.25
    player.trigger("normal_speed")
    assert player.session.speed == 1.0
    player.transport._speeds[2.0].trigger()
    assert player.session.speed == 2.0


def test_only_supported_controls_are_shown(player, tmp_path, clip):
    bar = player.transport
    assert bar.timeline.isVisible()
    assert bar.loop.isVisible()
    assert not bar.live.isVisible()
    picture = tmp_path / "one.png"
    cv2.imwrite(str(picture), np.full((40, 60, 3), 90, np.uint8))
    player.open(picture)
    assert not bar.timeline.isVisible()
    assert not bar.loop.isVisible()
    assert not bar.play.isVisible()


def test_a_still_picture_offers_nothing_that_needs_time(player, tmp_path):
    picture = tmp_path / "one.png"
    cv2.imwrite(str(picture), np.full((40, 60, 3), 90, np.uint8))
    player.open(picture)
    names = ["play_pause", "play_forwards", "play_backwards", "stop", "loop", "faster", "slower"]
    names += ["normal_speed", "step_forward", "step_back", "average"]
    player.until(lambda: not any(player.actions[name].isEnabled() for name in names))
    player.until(lambda: player.actions.missing("average") == "Only for moving pictures")
    assert not player.plots.isVisible()
    player.until(lambda: not player.find(Diagnostics).labels.drops.isVisible())
    player.open("demo")
    player.until(lambda: player.actions["play_pause"].isEnabled())
    assert player.transport.play.isVisible()
    assert player.plots.isVisible()
    player.until(player.find(Diagnostics).labels.drops.isVisible)


def test_times():
    assert [clock_text(t) for t in (0, 7.9, 61, 3723)] == ["0:00", "0:07", "1:01", "1:02:03"]


def test_a_drag_of_the_timeline_ends_with_its_source(still):
    timeline, sought = still.transport.timeline, []
    middle = timeline.rect().center()
    QTest.mousePress(timeline, Qt.MouseButton.LeftButton, pos=middle)
    still.open("demo")
    still.transport.sought.connect(sought.append)
    QTest.mouseMove(timeline, middle + QPoint(20, 0))
    QTest.mouseRelease(timeline, Qt.MouseButton.LeftButton, pos=middle + QPoint(40, 0))
    assert sought == []


def test_the_timeline_keeps_its_position_when_another_source_cannot_be_made(still):
    still.seek(1.0)
    with still.qtbot.waitSignal(still.session.failed, timeout=PATIENCE):
        still.session.open("rtsp://")
    assert still.transport.timeline.value() == pytest.approx(1000, abs=40)


def test_no_button_is_squeezed_in_the_narrowest_window_with_the_panel(still):
    """Beside the panel, the buttons about the timeline shrank to half of their width."""
    still.window.resize(760, 420)
    still.until(lambda: still.window.width() == 760 and still.slots.panel.isVisible())

    def whole():
        buttons = [one for one in still.transport.findChildren(IconButton) if one.isVisible()]
        return all(one.width() >= one.minimumSizeHint().width() - 1 for one in buttons)

    still.until(whole)
    marks = still.slots.timeline_buttons
    assert not marks.isVisible()
    still.window.resize(1100, 420)
    still.until(marks.isVisible)
    assert whole()
