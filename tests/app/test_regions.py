"""Regions: drawing, editing, measuring, storing."""

import csv
import json

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLineEdit

from app.features.analyse.feature import Analyse
from app.features.analyse.region_store import RegionStore
from uvanet.analysis import Region, Shape, region_shares

LEFT_HALF = Region("Left", Shape.RECTANGLE, ((0.0, 0.0), (0.5, 1.0)))


def analyse(bench):
    return bench.find(Analyse)


def regions(bench):
    return analyse(bench).regions


def at(bench, x, y):
    """The place on the canvas of a point of the picture."""
    return bench.canvas.to_widget(x, y).toPoint()


def drag(bench, *points):
    canvas = bench.canvas
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=at(bench, *points[0]))
    for point in points[1:]:
        QTest.mouseMove(canvas, at(bench, *point))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=at(bench, *points[-1]))


def key(bench, name, modifiers=Qt.KeyboardModifier.NoModifier):
    QTest.keyClick(bench.canvas, name, modifiers)


def active(bench):
    bench.window.activateWindow()
    bench.qtbot.waitUntil(bench.window.isActiveWindow, timeout=20_000)
    bench.canvas.setFocus()


def test_a_drawn_rectangle_shows_its_share(still):
    still.trigger("region_rectangle")
    assert still.actions["region_rectangle"].isChecked()
    drag(still, (0.1, 0.2), (0.3, 0.5), (0.6, 0.9))
    (region,) = regions(still).all
    assert region.shape is Shape.RECTANGLE
    assert np.array(region.points) == pytest.approx(np.array([(0.1, 0.2), (0.6, 0.9)]), abs=0.01)
    assert not still.actions["region_rectangle"].isChecked()
    (share,) = region_shares(still.presenter.packet.saliency, [region])
    assert 0 < share < 1
    assert regions(still).shares == [share]
    row = analyse(still).card._rows[0]
    assert row.share.text() == f"{share:.0%}".replace("%", "\u2009%")
    assert row.name.text() == "Region 1"
    # What the window has is what others, such as the export, read.
    assert still.session.regions == (region,)
    mask = region.mask(*still.presenter.packet.frame.image.shape[:2])
    assert mask.mean() == pytest.approx(0.5 * 0.7, abs=0.02)


def test_the_region_is_painted_on_the_picture(still):
    before = still.grab()
    still.trigger("region_ellipse")
    drag(still, (0.3, 0.3), (0.7, 0.8))
    assert (still.grab() != before).any(axis=2).mean() > 0.002
    regions(still).remove(0)
    assert (still.grab() == before).all()


def test_a_polygon_is_drawn_click_by_click(still):
    still.trigger("region_polygon")
    corners = [(0.2, 0.2), (0.8, 0.3), (0.6, 0.9)]
    for corner in corners:
        QTest.mouseClick(still.canvas, Qt.MouseButton.LeftButton, pos=at(still, *corner))
    assert regions(still).all == ()
    QTest.mouseClick(still.canvas, Qt.MouseButton.LeftButton, pos=at(still, *corners[0]))
    (region,) = regions(still).all
    assert np.array(region.points) == pytest.approx(np.array(corners), abs=0.01)


def test_a_double_click_closes_a_polygon_without_opening_full_screen(still):
    still.trigger("region_polygon")
    for corner in [(0.2, 0.2), (0.8, 0.3), (0.6, 0.9)]:
        QTest.mouseClick(still.canvas, Qt.MouseButton.LeftButton, pos=at(still, *corner))
    QTest.mouseDClick(still.canvas, Qt.MouseButton.LeftButton, pos=at(still, 0.6, 0.9))
    assert len(regions(still).all) == 1
    QTest.mouseDClick(still.canvas, Qt.MouseButton.LeftButton, pos=at(still, 0.5, 0.4))
    assert not still.window.isFullScreen()


def test_a_click_draws_no_region_and_escape_drops_the_tool(still):
    active(still)
    still.trigger("region_rectangle")
    QTest.mouseClick(still.canvas, Qt.MouseButton.LeftButton, pos=at(still, 0.5, 0.5))
    assert regions(still).all == ()
    assert still.actions["region_rectangle"].isChecked()
    key(still, Qt.Key.Key_Escape)
    assert not still.actions["region_rectangle"].isChecked()
    drag(still, (0.1, 0.1), (0.9, 0.9))
    assert regions(still).all == ()


def test_a_region_is_moved_resized_and_deleted_with_the_mouse(still):
    regions(still).replace_all([Region("Box", Shape.RECTANGLE, ((0.2, 0.2), (0.4, 0.4)))])
    drag(still, (0.3, 0.3), (0.4, 0.4), (0.5, 0.5))
    assert regions(still).all[0].box == pytest.approx((0.4, 0.4, 0.6, 0.6), abs=0.01)
    drag(still, (0.6, 0.6), (0.7, 0.7), (0.9, 0.8))
    assert regions(still).all[0].box == pytest.approx((0.4, 0.4, 0.9, 0.8), abs=0.01)
    drag(still, (0.6, 0.6), (3.0, 3.0))
    left, top, right, bottom = regions(still).all[0].box
    assert (right, bottom) == pytest.approx((1.0, 1.0), abs=1e-6)
    assert (right - left, bottom - top) == pytest.approx((0.5, 0.4), abs=0.01)
    still.trigger("delete_region")
    assert regions(still).all == ()


def test_a_region_can_be_made_and_moved_by_keys_alone(still):
    active(still)
    key(still, Qt.Key.Key_A)
    key(still, Qt.Key.Key_Return)
    box = regions(still).all[0].box
    key(still, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    key(still, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert regions(still).all[0].box == pytest.approx([edge + 0.01 for edge in box])
    both = Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ShiftModifier
    key(still, Qt.Key.Key_Left, both)
    assert regions(still).all[0].box[2] == pytest.approx(box[2])
    frame = still.frame()
    key(still, Qt.Key.Key_Delete)
    assert regions(still).all == ()
    assert still.frame() == frame


def test_typing_a_name_triggers_no_shortcuts(still):
    active(still)
    regions(still).replace_all([LEFT_HALF])
    still.trigger("rename_region")
    field = still.window.focusWidget()
    assert isinstance(field, QLineEdit)
    assert field.selectedText() == "Left"
    QTest.keyClicks(field, "Face a 1")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert regions(still).all[0].name == "Face a 1"
    assert still.window.focusWidget() is still.canvas
    assert still.settings.colormap == "turbo"
    still.trigger("rename_region")
    QTest.keyClicks(field, "other")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert regions(still).all[0].name == "Face a 1"


def test_regions_are_remembered_per_source(launch, clip, tmp_path):
    first = launch(clip)
    first.until(lambda: first.presenter.overlay_seen)
    regions(first).replace_all([LEFT_HALF])
    first.open("demo")
    assert regions(first).all == ()
    first.open(clip)
    assert regions(first).all == (LEFT_HALF,)
    first.window.close()
    second = launch(clip)
    second.until(lambda: second.session.info is not None)
    assert regions(second).all == (LEFT_HALF,)


def test_a_damaged_store_counts_as_empty(launch, clip, home):
    path = home / ".local" / "share" / "uvanet" / "regions.json"
    path.parent.mkdir()
    path.write_text('{"x": [{"name": 3}], "y"')
    bench = launch(clip)
    bench.until(lambda: bench.presenter.overlay_seen)
    regions(bench).replace_all([LEFT_HALF])
    bench.window.close()
    assert list(json.loads(path.read_text())) == [str(clip)]


def answer(bench, path):
    """Gives a path to the file dialog that is open."""
    dialog = bench.window.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit(str(path))
    dialog.close()


def test_regions_are_saved_and_loaded_by_dropping(still, tmp_path):
    path = tmp_path / "regions.json"
    regions(still).replace_all([LEFT_HALF])
    still.trigger("save_regions")
    answer(still, path)
    still.until(path.exists)
    regions(still).remove(0)
    assert analyse(still).open_drop(str(path))
    still.until(lambda: regions(still).all == (LEFT_HALF,))
    path.write_text("{}")
    still.trigger("load_regions")
    answer(still, path)
    still.until(lambda: still.banner.level == "error")
    assert "regions.json" in still.banner.message
    assert regions(still).all == (LEFT_HALF,)


def test_the_table_has_a_row_for_each_moment_seen(player, tmp_path):
    path = tmp_path / "shares.csv"
    regions(player).replace_all([LEFT_HALF])
    record = analyse(player)._history.record
    player.until(lambda: len(record) > 10)
    player.pause()
    player.trigger("save_shares")
    answer(player, path)
    player.until(path.exists)
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert len(rows) == len(record)
    values = [float(row["Left"]) for row in rows]
    # The bright square crosses from left to right.
    assert values[0] > 0.9
    assert [float(row["seconds"]) for row in rows] == sorted(float(row["seconds"]) for row in rows)
    assert values == pytest.approx(record.shares(LEFT_HALF), abs=1e-3)
    (row,) = csv.DictReader((tmp_path / "shares-regions.csv").read_text().splitlines())
    summary = record.summary(LEFT_HALF)
    assert row["region"] == "Left"
    assert float(row["mean_share"]) == pytest.approx(summary.share, abs=1e-3)
    assert int(row["entries"]) == summary.entries >= 1
    assert float(row["first_peak_seconds"]) == pytest.approx(summary.first, abs=1e-3)


def test_the_clipboard_gets_two_columns_of_numbers(still):
    regions(still).replace_all([LEFT_HALF])
    still.trigger("copy_numbers")
    rows = [line.split("\t") for line in QGuiApplication.clipboard().text().splitlines()]
    assert all(len(row) == 2 for row in rows)
    numbers = dict(rows)
    (share,) = region_shares(still.presenter.packet.saliency, [LEFT_HALF])
    assert float(numbers["Left: share now"]) == pytest.approx(share, abs=1e-4)
    assert float(numbers["Time (s)"]) == pytest.approx(still.presenter.packet.frame.pts, abs=1e-3)
    assert numbers["Model"] == "uvanet-64"
    assert "CC" not in numbers
    assert still.banner.level == "done"


def test_the_share_follows_playback(player):
    regions(player).replace_all([LEFT_HALF])
    seen = []

    def both_sides():
        if regions(player).shares:
            seen.append(regions(player).shares[0])
        return seen and max(seen) > 0.9 and min(seen) < 0.5

    player.until(both_sides)
    summary = analyse(player)._history.record.summary(LEFT_HALF)
    # A machine that is busy may show the first frames late, but the first second it shows.
    assert summary.first < 1.0
    assert summary.entries >= 1
    assert "first at 0:00." in analyse(player).card._rows[0].facts.text()


def test_the_chart_appears_with_the_first_region(player):
    plot = analyse(player).card.plot
    assert not plot.chart.built
    regions(player).replace_all([LEFT_HALF, LEFT_HALF.moved(0.3, 0.0)])
    player.until(lambda: plot.chart.built)
    player.until(lambda: len(plot.chart.curve_points(1)[0]) > 2)


def test_a_press_outside_all_regions_deselects(still):
    regions(still).replace_all([LEFT_HALF])
    regions(still).select(0)
    QTest.mouseClick(still.canvas, Qt.MouseButton.LeftButton, pos=at(still, 0.8, 0.5))
    assert regions(still).selected == -1
    QTest.mouseClick(still.canvas, Qt.MouseButton.LeftButton, pos=at(still, 0.2, 0.5))
    assert regions(still).selected == 0


def test_a_region_is_drawn_on_a_zoomed_picture(still):
    still.trigger("zoom_in")
    still.trigger("zoom_in")
    assert still.canvas.picture_rect().width() > still.canvas.width()
    still.trigger("region_rectangle")
    drag(still, (0.4, 0.4), (0.5, 0.5), (0.6, 0.55))
    assert regions(still).all[0].box == pytest.approx((0.4, 0.4, 0.6, 0.55), abs=0.01)
    drag(still, (0.5, 0.5), (0.55, 0.5))
    assert regions(still).all[0].box == pytest.approx((0.45, 0.4, 0.65, 0.55), abs=0.01)
    # Beside it, the mouse moves the picture.
    before = still.canvas.picture_rect()
    drag(still, (0.35, 0.7), (0.4, 0.7), (0.45, 0.7))
    assert still.canvas.picture_rect() != before
    assert len(regions(still).all) == 1


def test_a_source_whose_name_is_not_utf_8_keeps_its_regions(tmp_path):
    path = tmp_path / "regions.json"
    store = RegionStore(path)
    store.put("film-\udcff.mp4", [LEFT_HALF])
    store.write()
    assert RegionStore(path).get("film-\udcff.mp4") == [LEFT_HALF]
    assert path.stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob(".regions*"))


INTERRUPTIONS = {
    "delete": lambda bench, _: bench.trigger("delete_region"),
    "presentation": lambda bench, _: bench.trigger("presentation_mode"),
    "reopened": lambda bench, clip: bench.open(clip),
    "other source": lambda bench, _: bench.open("demo"),
}


@pytest.mark.parametrize("grip", [(0.4, 0.4), (0.5, 0.5)], ids=["moved", "resized"])
@pytest.mark.parametrize("what", INTERRUPTIONS)
def test_an_interrupted_drag_leaves_the_regions_as_they_are(still, clip, what, grip):
    box = ((0.3, 0.3), (0.5, 0.5))
    still.open("demo")
    regions(still).replace_all([Region("other", Shape.ELLIPSE, ((0.1, 0.1), (0.2, 0.2)))])
    still.open(clip)
    regions(still).replace_all([Region("mine", Shape.RECTANGLE, box)])
    regions(still).select(0)
    canvas = still.canvas
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=at(still, *grip))
    QTest.mouseMove(canvas, at(still, grip[0] + 0.05, grip[1] + 0.05))
    (dragged,) = regions(still).all
    assert dragged.points != box
    INTERRUPTIONS[what](still, clip)
    expected = {
        "delete": [],
        "presentation": [("mine", dragged.points)],
        "reopened": [("mine", box)],
        "other source": [("other", ((0.1, 0.1), (0.2, 0.2)))],
    }[what]
    for step in range(4):
        QTest.mouseMove(canvas, at(still, 0.5 + 0.05 * step, 0.6))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=at(still, 0.7, 0.7))
    assert [(one.name, one.points) for one in regions(still).all] == expected
    # What is stored for both sources is the same; the file has five digits.
    still.open(clip)
    stored = [np.array(one.points) for one in regions(still).all]
    if what == "delete":
        assert stored == []
    else:
        (points,) = stored
        assert points == pytest.approx(
            np.array(dragged.points if what == "presentation" else box), abs=1e-5
        )
    still.open("demo")
    assert [one.name for one in regions(still).all] == ["other"]
