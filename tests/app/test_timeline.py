"""The timeline and the editors' keys: marks, previews, time codes, J, K and L."""

from dataclasses import replace

import av
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from window_bench import PATIENCE

from app.features.playback.feature import Playback
from app.pipeline.events import PipelineState
from app.ui.time_text import TimeBase


def click(bench, name):
    QTest.keyClick(bench.canvas, name)


@pytest.fixture
def long_group(tmp_path):
    """Four seconds of noise that moves, 854x480 at 25 frames a second, with one key frame."""
    path = tmp_path / "group.mp4"
    noise = np.random.default_rng(1).integers(0, 256, (480, 854, 3), np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", 25, options={"g": "1000", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 854, 480, "yuv420p"
        for number in range(100):
            frame = av.VideoFrame.from_ndarray(np.roll(noise, 4 * number, axis=1), "bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture
def active(still):
    """The program, paused, its picture with the focus."""
    still.window.activateWindow()
    still.qtbot.waitUntil(still.window.isActiveWindow, timeout=PATIENCE)
    still.canvas.setFocus()
    return still


def test_l_plays_faster_with_each_press_and_k_stops(active):
    for speed in (1.0, 2.0, 4.0, 4.0):
        click(active, Qt.Key.Key_L)
        active.wait_state(PipelineState.PLAYING)
        assert active.session.speed == speed
    click(active, Qt.Key.Key_K)
    active.wait_state(PipelineState.PAUSED)
    assert active.session.speed == 1.0


def test_j_plays_backwards_to_the_start(active):
    shown = []
    active.presenter.shown.connect(shown.append)
    click(active, Qt.Key.Key_J)
    assert active.transport.speed.text().startswith("-1")
    click(active, Qt.Key.Key_J)
    assert active.transport.speed.text().startswith("-2")
    active.until(lambda: active.frame() == 0)
    active.settle()
    assert not active.find(Playback).shuttle.reverse.running
    assert active.transport.speed.text().startswith("1")
    backwards = shown[shown.index(max(shown)) :]  # a frame from before J may come first
    assert backwards == sorted(backwards, reverse=True)
    assert active.session.state is PipelineState.PAUSED


def test_j_never_shows_a_later_frame_where_key_frames_are_rare(launch, long_group):
    bench = launch(long_group)
    bench.until(lambda: bench.presenter.overlay_seen)
    bench.pause()
    bench.seek(3.5)
    shown = []
    bench.trigger("play_backwards")
    bench.presenter.shown.emit(3.5)  # a frame from before J is painted only now
    bench.presenter.shown.connect(shown.append)
    bench.until(lambda: not bench.find(Playback).shuttle.reverse.running)
    bench.settle()
    assert len(shown) > 2
    assert shown == sorted(shown, reverse=True)
    assert shown[-1] == 0.0


def test_a_seek_of_another_feature_stops_reverse_playback(active):
    active.trigger("play_backwards")
    active.session.seek(0.5)
    assert not active.find(Playback).shuttle.reverse.running
    active.settle()
    assert active.frame() == 15


def test_space_and_a_new_source_stop_reverse_playback(active):
    reverse = active.find(Playback).shuttle.reverse
    active.trigger("play_backwards")
    active.trigger("play_pause")
    assert not reverse.running
    active.trigger("play_backwards")
    active.open("demo")
    assert not reverse.running


def test_j_and_l_step_while_k_is_held(active):
    start = active.frame()
    QTest.keyPress(active.canvas, Qt.Key.Key_K)
    click(active, Qt.Key.Key_L)
    active.until(lambda: active.frame() == start + 1)
    active.settle()
    click(active, Qt.Key.Key_J)
    active.until(lambda: active.frame() == start)
    active.settle()
    QTest.keyRelease(active.canvas, Qt.Key.Key_K)
    assert active.session.state is PipelineState.PAUSED
    click(active, Qt.Key.Key_L)
    active.wait_state(PipelineState.PLAYING)


def test_marks_are_moved_by_their_handles_to_the_start_of_a_frame(still):
    timeline, session = still.transport.timeline, still.session
    y = timeline.ruler_height // 2

    def drag(start, end):
        QTest.mousePress(timeline, Qt.MouseButton.LeftButton, pos=QPoint(round(start), y))
        QTest.mouseMove(timeline, QPoint(round(end), y))
        QTest.mouseRelease(timeline, Qt.MouseButton.LeftButton, pos=QPoint(round(end), y))

    axis, before = timeline.axis, still.frame()
    drag(axis.x(0.0) - 3, axis.x(0.5))
    drag(axis.x(2.0) + 3, axis.x(1.5))
    start, end = session.marks
    assert start * 30 == pytest.approx(round(start * 30))
    assert end * 30 == pytest.approx(round(end * 30))
    assert start == pytest.approx(0.5, abs=0.04)
    assert end == pytest.approx(1.5, abs=0.04)
    # The handles do not pass each other; at the end of the source a mark is unset.
    drag(axis.x(start) - 3, axis.x(1.9))
    assert session.marks[0] == pytest.approx(end - 1 / 30)
    drag(axis.x(end) + 3, axis.x(2.0) + 20)
    assert session.marks[1] is None
    assert still.frame() == before


def test_the_drag_of_a_handle_is_one_change(still):
    timeline, session = still.transport.timeline, still.session
    y, axis = timeline.ruler_height // 2, timeline.axis
    for index, seconds in enumerate((0.4, 0.8)):
        grip = axis.x(session.marks[0] or 0.0) - 3
        QTest.mousePress(timeline, Qt.MouseButton.LeftButton, pos=QPoint(round(grip), y))
        for part in (0.5, 0.8, 1.0):
            x = grip + part * (axis.x(seconds) - grip)
            QTest.mouseMove(timeline, QPoint(round(x), y))
        QTest.mouseRelease(timeline, Qt.MouseButton.LeftButton, pos=QPoint(round(x), y))
        if index == 0:
            first = session.marks
    assert session.marks != first
    assert still.actions["undo"].text() == "Undo marks"
    still.trigger("undo")
    assert session.marks == first
    assert timeline.marks == first
    still.trigger("undo")
    assert session.marks == (None, None)
    still.trigger("redo")
    assert session.marks == first


def test_marks_are_the_frames_that_were_sought(still):
    still.session.seek(0.51)  # between frames 15 and 16
    still.trigger("mark_in")
    assert still.session.marks[0] == pytest.approx(0.5)


def test_hovering_shows_picture_time_code_and_frame(still):
    timeline = still.transport.timeline
    QTest.mouseMove(timeline, QPoint(round(timeline.axis.x(0.5)) + 1, timeline.height() // 2))
    preview = timeline.preview
    still.until(preview.isVisible)
    assert preview.text.text().startswith("00:00:00:15   frame 15")
    still.until(preview.picture.isVisible)
    timeline.cancel_drag()
    assert not preview.isVisible()


@pytest.fixture
def patient_previews(monkeypatch):
    """Previews are decoded at any load: at once, and up to the requested time."""
    monkeypatch.setattr("app.features.playback.previews.lower_priority", lambda: None)
    monkeypatch.setattr("app.features.playback.previews._EXACT_SECONDS", 60.0)


def test_a_preview_shows_its_time(patient_previews, still):
    """In frame 45 the square begins at column 90 of 160."""
    previews = still.find(Playback).previews
    previews.request_exact(45)

    def left_edge():
        image = previews.get(45)
        if image is None:
            return -1.0
        row = [image.pixelColor(x, image.height() // 2).lightness() for x in range(image.width())]
        return next(x for x, value in enumerate(row) if value > 100) / image.width()

    still.until(lambda: left_edge() == pytest.approx(90 / 160, abs=0.03))


def test_previews_of_a_file_that_was_replaced_are_not_shown(patient_previews, still):
    previews, info = still.find(Playback).previews, still.session.info
    previews.request_exact(45)
    still.until(lambda: previews.get(45) is not None)
    previews.open_source(replace(info, duration=2 * info.duration))
    assert previews.get(45) is None
    previews.open_source(info)
    assert previews.get(45) is not None


@pytest.mark.parametrize(
    ("base", "seconds", "text"),
    [
        (TimeBase(25), 3723.5, "01:02:03:12"),
        (TimeBase(30), 59 / 30, "00:00:01:29"),
        (TimeBase(24000 / 1001), 1.001, "00:00:01:00"),
        # SMPTE ST 12-1 leaves out numbers 0 and 1 of each minute but every tenth.
        (TimeBase(30000 / 1001), 1799 * 1001 / 30000, "00:00:59;29"),
        (TimeBase(30000 / 1001), 1800 * 1001 / 30000, "00:01:00;02"),
        (TimeBase(30000 / 1001), 17982 * 1001 / 30000, "00:10:00;00"),
        (TimeBase(60000 / 1001), 3600 * 1001 / 60000, "00:01:00;04"),
        (TimeBase(25, variable=True), 1.25, "00:00:01.250"),
        (TimeBase(12.5), 1.25, "00:00:01.250"),
        (TimeBase(), 61.5, "00:01:01.500"),
    ],
)
def test_time_codes(base, seconds, text):
    assert base.text(seconds) == text
