"""Attention over time: strip, scan, moments of change, average, scanpath."""

import threading

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest
from region_kit import LEFT_HALF
from window_bench import PATIENCE, FakeCamera

from app.features.analyse.attention_lane import AttentionLane
from app.features.analyse.feature import Analyse
from app.pipeline.events import PipelineState
from app.ui.timeline_lane import TimeAxis
from uvanet.analysis.record import Series
from uvanet.video.writer import VideoWriter


def pixels(image):
    """BGRA, uint8, (h, w, 4)."""
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    found = np.frombuffer(image.constBits(), np.uint8)
    return found.reshape(image.height(), image.width(), 4).copy()


def analyse(bench):
    return bench.find(Analyse)


def record(bench):
    return analyse(bench).history.record


@pytest.fixture(scope="module")
def jumpy(tmp_path_factory):
    """Six seconds of a square that jumps from side to side at 2 s and at 4 s."""
    path = tmp_path_factory.mktemp("jumpy") / "jumpy.mp4"
    with VideoWriter(path, (160, 120), 30, quality="best") as writer:
        for number in range(180):
            image = np.full((120, 160, 3), 40, np.uint8)
            left = 20 if number // 60 % 2 == 0 else 100
            image[40:80, left : left + 40] = (80, 160, 240)
            writer.write(image)
    return path


@pytest.fixture
def paused(launch, jumpy):
    """The program, paused near the start of the clip that jumps."""
    bench = launch(jumpy)
    bench.until(lambda: bench.presenter.overlay_seen)
    bench.pause()
    bench.seek(0.5)
    return bench


def test_playback_fills_the_strip_once(player):
    player.until(lambda: len(record(player)) >= 19)
    loops = len(record(player))
    player.until(lambda: player.presenter.packet.frame.epoch > 3)
    assert loops <= len(record(player)) <= 21
    assert analyse(player).attention_lane.height
    assert len(analyse(player).attention_lane._series.seconds) > 10


def test_a_scan_covers_the_clip_and_finds_the_changes(paused):
    paused.trigger("scan_clip")
    assert analyse(paused).attention_lane.progress is not None
    paused.until(lambda: not analyse(paused).history.scanning)
    assert analyse(paused).attention_lane.progress is None
    assert len(record(paused)) == 60
    assert "scanned" in paused.banner.message
    assert record(paused).moments() == pytest.approx([2.0, 4.0], abs=0.06)
    paused.trigger("next_change")
    paused.until(lambda: paused.presenter.packet.frame.pts == pytest.approx(2.0, abs=0.06))
    paused.settle()
    paused.trigger("next_change")
    paused.until(lambda: paused.presenter.packet.frame.pts == pytest.approx(4.0, abs=0.06))
    paused.settle()
    paused.trigger("previous_change")
    paused.until(lambda: paused.presenter.packet.frame.pts == pytest.approx(2.0, abs=0.06))


def test_a_scan_begins_anew_with_a_model_that_was_requested_before_it(paused):
    session, history = paused.session, analyse(paused).history
    paused.trigger("scan_clip")
    session.student.changed.emit(session.student.name)
    assert history.scanning
    with paused.qtbot.waitSignal(history.scanned, timeout=PATIENCE):
        pass
    assert record(paused).covered == pytest.approx(6.0, abs=0.2)


def test_a_stopped_scan_keeps_its_results(paused, monkeypatch):
    go_on, seen = threading.Event(), []
    real = paused.predictor.step

    def slow(image, t, *, bgr=False):
        seen.append(t)
        if t > 2.0 and threading.current_thread().name == "uvanet-scan":
            go_on.wait()
        return real(image, t, bgr=bgr)

    monkeypatch.setattr(paused.predictor, "step", slow)
    paused.trigger("scan_clip")
    paused.until(lambda: len(record(paused)) >= 20)
    analyse(paused).scan_button.click()
    assert not analyse(paused).history.scanning
    go_on.set()
    paused.until(lambda: not paused.context.jobs.busy())
    assert 20 <= len(record(paused)) < 30


def test_quitting_during_a_scan(paused):
    # The fixture looks for threads that stay.
    paused.trigger("scan_clip")
    paused.window.close()


def test_a_scan_of_a_deleted_file_is_reported(launch, jumpy, tmp_path):
    path = tmp_path / "gone.mp4"
    path.write_bytes(jumpy.read_bytes())
    bench = launch(path)
    bench.until(lambda: bench.presenter.overlay_seen)
    bench.pause()
    path.unlink()
    bench.trigger("scan_clip")
    bench.until(lambda: bench.banner.level == "error")
    assert "gone.mp4" in bench.banner.message
    assert not analyse(bench).history.scanning


def test_seeking_an_unknown_change_suggests_a_scan(paused):
    paused.trigger("next_change")
    assert "Ctrl+J" in paused.banner.hint


def test_a_click_on_the_strip_seeks(paused):
    timeline = paused.transport.timeline
    place = QPoint(round(timeline.axis.x(5.0)), timeline.height() - 10)
    QTest.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=place)
    paused.until(lambda: paused.presenter.packet.frame.pts == pytest.approx(5.0, abs=0.1))


def test_the_last_movement_ends_with_the_axis(qapp):
    """Its bar stood beyond the end of the timeline."""
    lane, one = AttentionLane(), np.ones(1, np.float32)
    series = Series(one * 9.5, one, one, one, one > 1, np.zeros((1, 2), np.float32))
    lane.show_series(series, (), 1.0, wanted=True)
    image = QImage(400, lane.height, QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    lane.paint(painter, QRectF(0, 0, 400, lane.height), TimeAxis(10.0, 300.0, 10.0))
    painter.end()
    assert pixels(image)[:, 309, :3].any()
    assert not pixels(image)[:, 311:, :3].any()


def test_a_long_clip_is_drawn_per_pixel_and_keeps_every_jump(qapp):
    lane, axis = AttentionLane(), TimeAxis(0.0, 400.0, 400.0)
    count, step = 4000, 0.1
    moved = np.zeros(count, np.float32)
    moved[1000] = 1.0
    numbers = (np.full(count, 0.5, np.float32), np.zeros(count, np.float32))
    seconds, cuts = np.arange(count) * step, np.zeros(count, bool)
    shown = np.ones(count, bool)
    shown[2000:3000] = False  # a quarter was never seen
    rows = np.zeros((count, 2), np.float32)

    def drawn(moved):
        """Of each column of pixels: how bright its brightest one is."""
        columns = (seconds, *numbers, moved, cuts, rows)
        series = Series(*(column[shown] for column in columns))
        lane.show_series(series, (), step, wanted=True)
        image = QImage(400, lane.height, QImage.Format.Format_RGB32)
        image.fill(0)
        painter = QPainter(image)
        lane.paint(painter, QRectF(0, 0, 400, lane.height), axis)
        painter.end()
        return pixels(image)[..., :3].astype(int)

    still, seen = drawn(np.zeros(count, np.float32)), drawn(moved)
    changed = np.flatnonzero(np.abs(seen - still).max((0, 2)) > 30) / seen.shape[1]
    assert len(changed)
    assert np.abs(changed - 0.25).max() < 0.01
    # The spread is a line, but for the quarter that was never seen.
    middle = still[still.shape[0] // 2 :, : 10 * (still.shape[1] // 10)].max((0, 2))
    tenths = middle.reshape(10, -1).min(1)
    assert tenths[6] < min(tenths[1], tenths[3], tenths[8]) - 30


def test_live_sources_and_pictures_have_no_strip(launch, clip, tmp_path, monkeypatch):
    picture = tmp_path / "picture.png"
    cv2.imwrite(str(picture), np.random.default_rng(0).integers(0, 255, (90, 120, 3), np.uint8))
    bench = launch(clip)
    bench.until(lambda: bench.presenter.overlay_seen)
    assert analyse(bench).attention_lane.height
    bench.open(picture)
    assert not analyse(bench).attention_lane.height
    fake = FakeCamera()
    monkeypatch.setattr("uvanet.sources.make_source", lambda spec, **_: fake)
    bench.open("camera:fake")
    assert not analyse(bench).attention_lane.height
    assert not bench.actions["scan_clip"].isEnabled()
    bench.until(lambda: len(record(bench)) > 3)
    fake.free.set()


def test_the_strip_goes_with_a_clip_whose_successor_does_not_open(player, clip, tmp_path):
    ours = analyse(player)
    player.until(lambda: len(record(player)) > 0)
    assert ours.attention_lane.height
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(b"no video")
    player.session.open(str(damaged))
    player.wait_state(PipelineState.FAILED)
    player.until(lambda: "damaged.mp4" in player.banner.message)
    assert player.session.info is None
    assert not ours.attention_lane.height
    assert len(record(player)) == 0
    player.open(clip)
    assert ours.attention_lane.height


def test_the_lanes_are_hidden_where_they_are_not_wanted(player):
    lane, timeline = analyse(player).attention_lane, player.transport.timeline
    high = timeline.sizeHint().height()
    player.trigger("strip")
    assert not lane.height
    assert not analyse(player).scan_button.isVisible()
    assert timeline.sizeHint().height() < high
    player.trigger("strip")
    assert lane.height
    assert timeline.sizeHint().height() == high


def test_regions_have_a_lane(player):
    lane = analyse(player).region_lane
    assert not lane.height
    player.session.set_regions([LEFT_HALF])
    player.until(lambda: lane.height and len(lane._seconds))
    assert lane.text(float(lane._seconds[0])).startswith("Left: ")


def test_the_average_lies_where_attention_was(paused):
    paused.trigger("scan_clip")
    paused.until(lambda: not analyse(paused).history.scanning)
    paused.banner.dismiss()
    before = paused.grab()
    paused.trigger("average")
    after = paused.grab()
    # The square was on both sides; now it is on the left alone.
    right = np.s_[after.shape[0] // 3 : after.shape[0] * 2 // 3, after.shape[1] * 2 // 3 :]
    assert (np.abs(after[right].astype(int) - before[right]).max(axis=2) > 40).mean() > 0.2
    assert "Average" in analyse(paused).scanpath_layer.note
    # A saved picture shows what is seen.
    shown = paused.presenter.snapshot()()
    assert (np.abs(shown[40:80, 105:135].astype(int) - 40).max(axis=2) > 40).mean() > 0.2
    paused.trigger("average")
    assert (paused.grab() == before).all()


def test_the_average_ends_with_its_source(paused):
    paused.trigger("average")
    paused.open("demo")
    assert not paused.actions["average"].isChecked()
    assert paused.presenter.heat.fixed is None


def test_the_scanpath_is_off_by_default(still):
    layer = analyse(still).scanpath_layer
    before = still.grab()
    assert not layer.fixations
    still.trigger("scanpath")
    assert layer.fixations
    saliency = still.presenter.heat.saliency()
    height, width = saliency.shape
    row, column = divmod(int(np.argmax(saliency)), width)
    first = layer.fixations[0]
    assert (first.x, first.y) == ((column + 0.5) / width, (row + 0.5) / height)
    assert (still.grab() != before).any()
    still.trigger("scanpath")
    assert (still.grab() == before).all()
