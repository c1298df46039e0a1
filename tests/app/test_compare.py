"""Compare: views, synchronization, wipe and agreement of student and teacher."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from compare_kit import Corner, pixels
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel
from window_bench import write_settings

from app.features.compare.difference_map import LESS, MORE, difference_image, wipe
from app.features.compare.feature import Compare
from app.session.teacher import TeacherModel

if TYPE_CHECKING:
    from pathlib import Path

    from window_bench import Bench


UseTeacher = Callable[["Bench", Callable[[], object]], None]


def compare(bench: Bench) -> Compare:
    return bench.find(Compare)


def test_side_by_side_shows_one_frame_three_times(side: Bench) -> None:
    main, second, third = (pane.canvas for pane in (side.slots.panes.main, *side.slots.panes.extra))
    assert all(canvas.isVisible() for canvas in (main, second, third))
    assert abs(main.width() - second.width()) <= 1
    # At each paint, all panes show the same frame. `presented` would be too late to see that: it
    # is delivered after the paint, when newer frames may have come.
    numbers = []

    def note(_: object) -> None:
        if second.has_picture and third.has_picture:
            numbers.append((main._order, second._order, third._order))

    main.painted.connect(note)
    side.until(lambda: len(numbers) > 8)
    assert all(one == two == three for one, two, three in numbers)
    card = compare(side).card
    side.until(lambda: dict(card.numbers)["CC"] != "-" and card.started)
    assert float(dict(card.numbers)["CC"]) < 0.5
    assert "behind" in compare(side).strip.lag.full_text


@pytest.mark.parametrize("size", [(560, 420), (820, 560), (1100, 700)])
def test_nothing_of_a_comparison_is_cut_off(side: Bench, size: tuple[int, int]) -> None:
    feature, panes = compare(side), side.slots.panes
    card = feature.card
    # Before the window is so narrow that it hides the card, and with it the chart.
    side.until(lambda: dict(card.numbers)["CC"] != "-" and card.started)
    side.window.resize(*size)

    def whole() -> bool:
        shown = [pane for pane in (panes.main, *panes.extra) if pane.isVisible()]
        note = shown[-1]._note
        labels = [label for label in card.findChildren(QLabel) if label.isVisible()]
        return (
            len(shown) == (1 if feature.view.view == "wipe" else 3)
            and all(panes.rect().contains(pane.geometry()) for pane in shown)
            and all(pane.rect().contains(pane.canvas.geometry()) for pane in shown)
            and all(label.width() >= label.sizeHint().width() for label in labels)
            and (card.rect().contains(card.chart.geometry()) or not card.isVisible())
            and (card.isVisible() or "CC" in note.full_text)
        )

    side.until(whole)


def test_the_agreement_is_a_strip_below_pictures_that_fill_the_width(side: Bench) -> None:
    """At 1920 x 1080 it stood among the pictures, which were smaller beside empty space."""
    side.window.resize(1920, 900)
    panes, card = side.slots.panes, compare(side).card
    pictures = (panes.main, *panes.extra)
    side.until(lambda: card.isVisible() and card.y() > panes.main.geometry().bottom())
    assert len({pane.y() for pane in pictures}) == 1
    assert (card.x(), card.width()) == (0, panes.width())
    # As large as without the card.
    assert panes.extra[1].geometry().right() == panes.rect().right()


def test_a_collapsed_strip_leaves_its_height_to_the_pictures(side: Bench) -> None:
    card, panes = compare(side).card, side.slots.panes
    side.window.resize(1920, 900)
    side.until(lambda: card.width() == panes.width() and card.height() >= 180)
    button = card.findChild(QAbstractButton, "fold")
    button.click()
    side.until(lambda: card.height() < 70)
    button.click()
    side.until(lambda: card.height() >= 180)


def test_a_narrow_window_shows_a_wipe_in_place_of_three_small_pictures(side: Bench) -> None:
    feature, panes = compare(side), side.slots.panes
    assert feature.view.view == "side"
    side.window.resize(560, 420)
    side.until(lambda: feature.view.view == "wipe")
    assert [pane.isVisible() for pane in panes.extra] == [False, False]
    assert feature.handle.isVisible()
    assert side.settings.compare_view == "side"
    assert side.actions["compare_side"].isChecked()
    side.trigger("compare_side")
    assert "too narrow" in side.banner.message
    side.window.resize(1100, 700)
    side.until(lambda: feature.view.view == "side")
    assert side.banner.message == ""
    assert all(pane.isVisible() for pane in panes.extra)


def test_the_picture_does_not_wait_for_a_slow_teacher(side: Bench) -> None:
    """A teacher that needs a second a frame slowed the picture to one frame a second."""
    feature, packet = compare(side), None

    def slow(seconds: float) -> None:
        for _ in range(4):
            feature._show_result(replace(packet.teacher_result, inference_s=seconds))

    side.pause()
    packet = side.presenter.packet
    assert feature._synchronized
    slow(0.8)
    assert not feature._synchronized
    assert not side.actions["compare_synchronized"].isChecked()
    assert "too slow" in feature.strip._mode.text()
    assert side.settings.compare_paired, "the choice of the user stays"
    side.trigger("compare_synchronized")
    assert feature._synchronized, "the user asked for it"
    slow(0.8)
    assert feature._synchronized
    slow(0.01)
    assert feature.strip._mode.text() == "synchronized"


def test_the_measures_are_explained_where_they_stand(side: Bench) -> None:
    side.until(lambda: compare(side).card.values[0].text() != "-")
    assert "KLD: divergence" in compare(side).card.toolTip()
    side.trigger("compare_wipe")
    assert "KLD: divergence" in side.slots.panes.main._line.toolTip()


def test_an_unsynchronized_student_does_not_wait_for_the_teacher(
    side: Bench, corner: Corner
) -> None:
    side.trigger("compare_synchronized")
    assert not side.settings.compare_paired
    corner.free.clear()
    painted = side.session.stats().painted
    side.until(lambda: side.session.stats().painted > painted + 10)
    corner.free.set()
    side.trigger("compare_synchronized")
    opinions = []
    side.presenter.presented.connect(lambda packet: opinions.append(packet.teacher_result))
    side.until(lambda: any(opinions))


def test_a_synchronized_student_waits_for_the_teacher(side: Bench, corner: Corner) -> None:
    corner.free.clear()
    side.until(corner.held.is_set)
    before = side.session.stats()
    frames = set()
    side.presenter.presented.connect(lambda packet: frames.add(packet.frame.seq))
    side.until(lambda: side.session.stats().inferred > before.inferred + 20)
    # Only what was on its way to the screen; frames are numbered as they are captured.
    assert max(frames, default=0) <= before.captured
    corner.free.set()
    side.until(lambda: max(frames, default=0) > before.captured)


def test_another_engine_leaves_the_choice_of_the_teacher_to_the_program(player: Bench) -> None:
    """The running teacher was stored as the user's choice."""
    player.trigger("compare_side")
    teacher = player.session.teacher
    ready = []
    teacher.ready.connect(ready.append)
    player.until(lambda: ready)
    assert player.settings.compare_teacher == ""
    player.session.use_engine("onnx")
    player.until(lambda: len(ready) == 2)
    assert ready[0] == ready[1] == teacher.running
    assert player.settings.compare_teacher == ""


def test_the_difference_is_orange_and_blue(still: Bench, use_teacher: UseTeacher) -> None:
    use_teacher(still, Corner)
    third = still.slots.panes.extra[1].canvas
    still.until(lambda: third.has_picture and not third.has_unpainted_picture)
    picture = pixels(third).astype(int)
    height, width = picture.shape[:2]
    corner = picture[int(0.9 * height), int(0.95 * width)]
    far = picture[int(0.1 * height), int(0.1 * width)]
    assert corner[0] > corner[2] + 60  # the teacher alone looks there
    assert abs(far[0] - far[2]) < 30  # nobody looks there


def test_the_wipe_changes_overlays_at_the_divider(still: Bench, use_teacher: UseTeacher) -> None:
    still.settings.compare_wipe = 1.0
    compare(still).handle.set_share(1.0)
    use_teacher(still, Corner)
    still.trigger("compare_wipe")
    still.until(
        lambda: (
            still.presenter.packet is not None and compare(still).view.teacher_result is not None
        )
    )
    still.settle()
    handle = compare(still).handle
    student = still.grab().astype(int)
    handle.set_share(0.0)
    teacher = still.grab().astype(int)
    handle.set_share(0.5)
    half = still.grab().astype(int)
    width = half.shape[1]
    left, right = slice(0, int(0.45 * width)), slice(int(0.55 * width), int(0.97 * width))
    assert np.abs(student[:, right] - teacher[:, right]).max() > 60
    assert np.abs(half[:, left] - student[:, left])[:, 30:].mean() < 1
    assert np.abs(half[:, right] - teacher[:, right]).mean() < 1
    QTest.keyClick(handle, Qt.Key.Key_Right)
    assert handle.share == pytest.approx(0.52)
    assert still.settings.compare_wipe == pytest.approx(0.52)


def test_original_beside_overlay_needs_no_teacher(still: Bench) -> None:
    still.trigger("compare_original")
    bare, main = still.slots.panes.extra[0].canvas, still.canvas
    still.until(lambda: bare.isVisible() and not bare.has_unpainted_picture)
    assert bare.mapTo(still.window, QPoint()).x() < main.mapTo(still.window, QPoint()).x()

    def apart() -> float:
        one, other = pixels(main).astype(int), pixels(bare).astype(int)
        height, width = (min(a, b) for a, b in zip(one.shape, other.shape, strict=True) if a > 3)
        return float(np.abs(one[:height, :width] - other[:height, :width])[20:-20, 20:-20].max())

    assert apart() > 40
    assert still.session.teacher.running == ""
    assert still.session.teacher.stats() is None
    still.trigger("overlay")
    assert apart() < 12


def test_a_failing_teacher_is_reported_and_playback_continues(side: Bench, corner: Corner) -> None:
    corner.error = RuntimeError("too much")
    side.until(lambda: "too much" in side.banner.message)
    painted = side.session.stats().painted
    side.until(lambda: side.session.stats().painted > painted + 5)


def test_no_earlier_map_is_shown_beside_a_frame_on_which_the_teacher_failed(
    side: Bench, corner: Corner
) -> None:
    second = side.slots.panes.extra[0].canvas
    side.until(lambda: second.has_picture)
    corner.error = RuntimeError("too much")
    side.until(lambda: second.message)
    corner.error = None
    side.until(lambda: second.has_picture and not second.message)


def test_the_agreement_is_copied_with_the_numbers(side: Bench) -> None:
    side.until(lambda: compare(side).facts())
    side.pause()
    side.trigger("copy_numbers")
    rows = dict(line.split("\t") for line in QGuiApplication.clipboard().text().splitlines())
    assert rows["Teacher"] == "corner"
    assert -1 <= float(rows["CC"]) <= 1
    assert 0 <= float(rows["SIM"]) <= 1
    assert float(rows["KLD (nats)"]) >= 0
    assert 0 <= float(rows["Peak distance (share of the diagonal)"]) <= 1


def test_leaving_the_view_stops_the_teacher(side: Bench) -> None:
    assert side.session.teacher.stats() is not None
    side.trigger("compare_student")
    assert side.session.teacher.stats() is None
    assert not compare(side).strip.isVisible()
    assert not side.slots.panes.extra[0].isVisible()
    side.until(
        lambda: not [t for t in threading.enumerate() if t.name == "uvanet-teacher"],
    )


def test_a_missing_teacher_is_reported(player: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.session.teacher.first_teacher", lambda student: "")
    player.trigger("compare_side")
    assert "ONNX" in compare(player).strip.lag.full_text
    assert player.slots.panes.extra[0].canvas.message
    painted = player.session.stats().painted
    player.until(lambda: player.session.stats().painted > painted + 5)


def test_the_view_is_remembered_and_its_teacher_loads_after_the_first_overlay(
    launch: Callable[..., Bench], clip: Path
) -> None:
    write_settings(
        compare_view="wipe", compare_wipe=0.25, compare_paired=False, compare_teacher="uvanet-64"
    )
    bench = launch(clip)
    assert bench.session.teacher.running == ""
    bench.until(lambda: compare(bench).view.teacher_result is not None)
    assert compare(bench).handle.isVisible()
    assert compare(bench).handle.share == 0.25
    assert bench.actions["compare_wipe"].isChecked()
    assert not bench.actions["compare_synchronized"].isChecked()


def test_a_narrow_start_loads_no_teacher_before_the_first_overlay(
    launch: Callable[..., Bench], clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_settings(compare_view="side", compare_teacher="uvanet-64")
    starts: list[bool] = []
    start = TeacherModel.start

    def noted(model: TeacherModel, **options: bool) -> str:
        starts.append(True)
        return start(model, **options)

    monkeypatch.setattr(TeacherModel, "start", noted)
    bench = launch(clip, size=(560, 420))
    # The window has its size, and no event of a frame was handled yet.
    assert starts == []
    bench.until(lambda: compare(bench).view.teacher_result is not None)
    assert compare(bench).view.view == "wipe"
    assert starts == [True]


def test_another_source_clears_the_panes_of_the_teacher(side: Bench, clip: Path) -> None:
    second = side.slots.panes.extra[0].canvas
    side.session.switched.emit()
    assert not second.has_picture
    side.open(clip)
    side.until(lambda: second.has_picture)


def test_the_difference_of_equal_maps_is_transparent() -> None:
    saliency = np.random.default_rng(1).random((8, 8)).astype(np.float32)
    assert not difference_image(saliency, saliency, (160, 120)).any()
    one, none = np.ones((4, 4), np.float32), np.zeros((6, 9), np.float32)
    assert (difference_image(one, none, (160, 120), 1.0)[..., :3] == MORE).all()
    assert (difference_image(none, one, (160, 120), 1.0)[..., :3] == LESS).all()
    assert difference_image(one, none, (1920, 1080)).shape == (216, 384, 4)


def test_the_wipe_accepts_a_missing_side() -> None:
    left, right = np.full((4, 10, 4), 1, np.uint8), np.full((8, 20, 4), 2, np.uint8)
    mixed = wipe(left, right, 0.3)
    assert mixed is not None
    assert (mixed[:, :3] == 1).all()
    assert (mixed[:, 3:] == 2).all()
    assert wipe(None, None, 0.5) is None
    assert (wipe(None, right, 0.5)[:, :10] == 0).all()  # type: ignore[index]
    assert (wipe(left, None, 1.0) == 1).all()


def test_the_strip_stays_hidden_in_full_screen(still: Bench) -> None:
    strip = compare(still).strip
    still.slots.set_chrome_hidden(True)
    still.trigger("compare_side")
    assert not strip.isVisible()
    still.slots.set_chrome_hidden(False)
    assert strip.isVisible()
