"""Regions in the window: drawing, editing, statistics, storage and files."""

import csv
import json
import os
import threading

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLineEdit

from app.features.analyse import region_store
from app.features.analyse.feature import Analyse
from app.features.analyse.region_store import RegionStore
from app.ui.number_text import percent_text
from uvanet.analysis import Region, Shape, region_shares

LEFT_HALF = Region("Left", Shape.RECTANGLE, ((0.0, 0.0), (0.5, 1.0)))


def analyse(bench):
    return bench.find(Analyse)


def regions(bench):
    return analyse(bench).regions


def at(bench, x, y):
    """Position on the canvas of a point of the picture."""
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
    bench.qtbot.waitUntil(bench.window.isActiveWindow, timeout=60_000)
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
    row = analyse(still).card.rows[0]
    assert row.share.text() == percent_text(share)
    assert row.name.text() == "Region 1"
    assert still.session.regions == (region,)
    mask = region.mask(*still.presenter.packet.frame.image.shape[:2])
    assert mask.mean() == pytest.approx(0.5 * 0.7, abs=0.02)


def test_a_region_is_painted_on_the_picture(still):
    before = still.grab()
    still.trigger("region_ellipse")
    drag(still, (0.3, 0.3), (0.7, 0.8))
    assert (still.grab() != before).any(axis=2).mean() > 0.002
    regions(still).remove(regions(still).all[0])
    assert (still.grab() == before).all()


def test_a_polygon_is_drawn_by_one_click_per_corner(still):
    still.trigger("region_polygon")
    corners = [(0.2, 0.2), (0.8, 0.3), (0.6, 0.9)]
    for corner in corners:
        QTest.mouseClick(still.canvas, Qt.MouseButton.LeftButton, pos=at(still, *corner))
    assert regions(still).all == ()
    QTest.mouseClick(still.canvas, Qt.MouseButton.LeftButton, pos=at(still, *corners[0]))
    (region,) = regions(still).all
    assert np.array(region.points) == pytest.approx(np.array(corners), abs=0.01)


def test_a_double_click_closes_a_polygon_and_does_not_open_full_screen(still):
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


def test_the_mouse_moves_and_resizes_a_region(still):
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


def test_keys_alone_draw_and_move_a_region(still):
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


def test_keys_typed_into_a_name_trigger_no_actions(still):
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


def test_regions_are_stored_per_source_across_starts(launch, clip, tmp_path):
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


def test_a_damaged_region_store_counts_as_empty(launch, clip, home):
    path = home / ".local" / "share" / "uvanet" / "regions.json"
    path.parent.mkdir()
    path.write_text('{"x": [{"name": 3}], "y"')
    bench = launch(clip)
    bench.until(lambda: bench.presenter.overlay_seen)
    regions(bench).replace_all([LEFT_HALF])
    bench.window.close()
    assert list(json.loads(path.read_text())) == [str(clip)]


def answer(bench, path):
    """Chooses a path in the open file dialog."""
    dialog = bench.window.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit(str(path))
    dialog.close()


def test_a_saved_region_file_is_loaded_by_dropping_it(still, tmp_path):
    path = tmp_path / "regions.json"
    regions(still).replace_all([LEFT_HALF])
    still.trigger("save_regions")
    answer(still, path)
    still.until(path.exists)
    regions(still).remove(regions(still).all[0])
    assert analyse(still).open_drop(str(path))
    still.until(lambda: regions(still).all == (LEFT_HALF,))
    path.write_text("{}")
    still.trigger("load_regions")
    answer(still, path)
    still.until(lambda: still.banner.level == "error")
    assert "regions.json" in still.banner.message
    assert regions(still).all == (LEFT_HALF,)


def test_the_shares_csv_has_a_row_per_map_seen(player, tmp_path):
    path = tmp_path / "shares.csv"
    regions(player).replace_all([LEFT_HALF])
    record = analyse(player).history.record
    player.until(lambda: len(record) > 10)
    player.pause()
    player.trigger("save_shares")
    answer(player, path)
    player.until(path.exists)
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert len(rows) == len(record)
    values = [float(row["Left"]) for row in rows]
    # The bright square moves from left to right.
    assert values[0] > 0.9
    assert [float(row["seconds"]) for row in rows] == sorted(float(row["seconds"]) for row in rows)
    assert values == pytest.approx(record.shares(LEFT_HALF), abs=1e-3)
    (row,) = csv.DictReader((tmp_path / "shares-regions.csv").read_text().splitlines())
    summary = record.summary(LEFT_HALF)
    assert row["region"] == "Left"
    assert float(row["mean_share"]) == pytest.approx(summary.share, abs=1e-3)
    assert int(row["entries"]) == summary.entries >= 1
    assert float(row["first_peak_seconds"]) == pytest.approx(summary.first, abs=1e-3)


def test_copied_numbers_have_two_columns(still):
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
    summary = analyse(player).history.record.summary(LEFT_HALF)
    # A machine that is busy may show the first frames late, but the first second it shows.
    assert summary.first < 1.0
    assert summary.entries >= 1
    assert "first at 0:00." in analyse(player).card.rows[0].statistics.text()


def test_the_chart_is_built_with_the_first_region(player):
    plot = analyse(player).card.plot
    assert not plot.chart.built
    regions(player).replace_all([LEFT_HALF, LEFT_HALF.moved(0.3, 0.0)])
    player.until(lambda: plot.chart.built)
    player.until(lambda: len(plot.chart.curve_points(1)[0]) > 2)


def test_a_click_outside_all_regions_clears_the_selection(still):
    regions(still).replace_all([LEFT_HALF])
    regions(still).select(regions(still).all[0])
    QTest.mouseClick(still.canvas, Qt.MouseButton.LeftButton, pos=at(still, 0.8, 0.5))
    assert regions(still).selected is None
    QTest.mouseClick(still.canvas, Qt.MouseButton.LeftButton, pos=at(still, 0.2, 0.5))
    assert regions(still).selected is regions(still).all[0]


def test_a_region_drawn_on_a_zoomed_picture_has_picture_coordinates(still):
    still.trigger("zoom_in")
    still.trigger("zoom_in")
    assert still.canvas.picture_rect().width() > still.canvas.width()
    still.trigger("region_rectangle")
    drag(still, (0.4, 0.4), (0.5, 0.5), (0.6, 0.55))
    assert regions(still).all[0].box == pytest.approx((0.4, 0.4, 0.6, 0.55), abs=0.01)
    drag(still, (0.5, 0.5), (0.55, 0.5))
    assert regions(still).all[0].box == pytest.approx((0.45, 0.4, 0.65, 0.55), abs=0.01)
    # Outside of it, the mouse pans the picture.
    before = still.canvas.picture_rect()
    drag(still, (0.35, 0.7), (0.4, 0.7), (0.45, 0.7))
    assert still.canvas.picture_rect() != before
    assert len(regions(still).all) == 1


def test_the_store_accepts_a_source_name_that_is_not_utf_8(tmp_path):
    path = tmp_path / "regions.json"
    store = RegionStore(path)
    store.put("film-\udcff.mp4", [LEFT_HALF])
    store.write()
    assert RegionStore(path).get("film-\udcff.mp4") == [LEFT_HALF]
    assert path.stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob(".regions*"))


BOX = Region("Box", Shape.RECTANGLE, ((0.2, 0.2), (0.4, 0.4)))
OTHER = Region("Other", Shape.RECTANGLE, ((0.6, 0.6), (0.8, 0.8)))


def begin_drag(bench, *points):
    """Presses the mouse on the first point and moves it over the others without a release."""
    QTest.mousePress(bench.canvas, Qt.MouseButton.LeftButton, pos=at(bench, *points[0]))
    for point in points[1:]:
        QTest.mouseMove(bench.canvas, at(bench, *point))


def end_drag(bench, *points):
    for point in points:
        QTest.mouseMove(bench.canvas, at(bench, *point))
    QTest.mouseRelease(bench.canvas, Qt.MouseButton.LeftButton, pos=at(bench, *points[-1]))


def stored(home, source):
    """Names and left edges of the stored regions of a source."""
    entries = json.loads((home / ".local/share/uvanet/regions.json").read_text())
    return [(entry["name"], entry["points"][0][0]) for entry in entries.get(str(source), [])]


@pytest.mark.parametrize("grip", [(0.3, 0.3), (0.4, 0.4)], ids=["moving", "resizing"])
def test_a_region_deleted_during_a_drag_stays_deleted(still, clip, home, grip):
    regions(still).replace_all([BOX, OTHER])
    regions(still).select(BOX)
    begin_drag(still, grip, (0.45, 0.45))
    still.trigger("delete_region")
    end_drag(still, (0.5, 0.5), (0.6, 0.55), (0.3, 0.4))
    assert regions(still).all == (OTHER,)
    still.window.close()
    assert [name for name, _ in stored(home, clip)] == ["Other"]


def test_another_region_deleted_during_a_drag_leaves_the_dragged_one(still):
    regions(still).replace_all([BOX, OTHER])
    begin_drag(still, (0.7, 0.7), (0.65, 0.65))
    regions(still).remove(BOX)
    end_drag(still, (0.6, 0.6), (0.5, 0.5))
    (region,) = regions(still).all
    assert region.name == "Other"
    assert region.box[0] == pytest.approx(0.4, abs=0.01)


def test_presentation_mode_during_a_drag_adds_no_regions(still):
    regions(still).replace_all([BOX])
    begin_drag(still, (0.3, 0.3), (0.35, 0.35))
    still.trigger("presentation_mode")
    end_drag(still, (0.4, 0.4), (0.5, 0.5), (0.6, 0.6), (0.5, 0.5))
    assert [region.name for region in regions(still).all] == ["Box"]
    still.trigger("presentation_mode")


def test_regions_loaded_during_a_drag_are_not_changed_by_it(still, tmp_path):
    regions(still).replace_all([BOX])
    begin_drag(still, (0.3, 0.3), (0.35, 0.35))
    regions(still).replace_all([OTHER, LEFT_HALF])
    end_drag(still, (0.4, 0.4), (0.6, 0.6))
    assert regions(still).all == (OTHER, LEFT_HALF)


@pytest.mark.parametrize("next_source", ["demo", None], ids=["another source", "the same source"])
def test_a_source_opened_during_a_drag_keeps_its_own_regions(still, clip, home, next_source):
    still.open("demo")
    regions(still).replace_all([OTHER, LEFT_HALF])
    still.open(clip)
    regions(still).replace_all([BOX])
    begin_drag(still, (0.3, 0.3), (0.35, 0.3))
    # The same source again is what a reconnecting camera is.
    still.open(next_source or clip)
    end_drag(still, (0.4, 0.3), (0.5, 0.3), (0.6, 0.3))
    expected = ["Other", "Left"] if next_source else ["Box"]
    assert [region.name for region in regions(still).all] == expected
    still.window.close()
    assert [name for name, _ in stored(home, "demo")] == ["Other", "Left"]
    # The part of the drag that was done before is stored.
    assert stored(home, clip) == [("Box", pytest.approx(0.25, abs=0.01))]


def test_no_regions_are_shown_until_the_next_source_is_open(still, clip):
    regions(still).replace_all([BOX])
    during = []
    still.session.switched.connect(lambda: during.append(regions(still).all))
    still.open("demo")
    assert during == [()]


def test_a_polygon_being_drawn_ends_with_its_source(still, clip):
    still.trigger("region_polygon")
    for corner in [(0.2, 0.2), (0.8, 0.3)]:
        QTest.mouseClick(still.canvas, Qt.MouseButton.LeftButton, pos=at(still, *corner))
    still.open("demo")
    assert not still.actions["region_polygon"].isChecked()
    for corner in [(0.6, 0.9), (0.2, 0.2)]:
        QTest.mouseClick(still.canvas, Qt.MouseButton.LeftButton, pos=at(still, *corner))
    assert regions(still).all == ()


def test_a_name_being_edited_ends_with_its_source(still, clip):
    active(still)
    still.open("demo")
    regions(still).replace_all([OTHER])
    still.open(clip)
    regions(still).replace_all([BOX])
    still.trigger("rename_region")
    field = still.window.focusWidget()
    QTest.keyClicks(field, "Face")
    still.open("demo")
    row = analyse(still).card.rows[0].name
    assert row.text() == "Other"
    still.canvas.setFocus()
    assert [region.name for region in regions(still).all] == ["Other"]


def test_a_name_being_edited_ends_when_its_region_is_deleted(still):
    active(still)
    regions(still).replace_all([BOX, OTHER])
    for region in (BOX, OTHER):
        regions(still).select(region)
        still.trigger("rename_region")
        QTest.keyClicks(still.window.focusWidget(), "x")
    regions(still).remove(regions(still).all[1])
    still.canvas.setFocus()
    assert [row.region for row in analyse(still).card.rows] == list(regions(still).all)
    assert len(regions(still).all) == 1


def test_a_file_chosen_for_another_source_is_not_loaded(still, tmp_path):
    path = tmp_path / "regions.json"
    regions(still).replace_all([BOX])
    still.trigger("save_regions")
    answer(still, path)
    still.until(path.exists)
    still.trigger("load_regions")
    still.open("demo")
    answer(still, path)
    still.until(lambda: "source has changed" in still.banner.message)
    assert regions(still).all == ()


def test_saved_files_have_the_mode_of_the_umask(still, tmp_path):
    regions(still).replace_all([BOX])
    for action, name in (("save_shares", "table.csv"), ("save_regions", "regions.json")):
        still.trigger(action)
        answer(still, tmp_path / name)
        still.until((tmp_path / name).exists)
    still.until((tmp_path / "table-regions.csv").exists)
    umask = os.umask(0)
    os.umask(umask)
    for path in tmp_path.glob("*.*"):
        assert path.stat().st_mode & 0o777 == 0o666 & ~umask, path


def test_a_store_that_is_being_written_can_be_changed(tmp_path, monkeypatch):
    writing, go_on = threading.Event(), threading.Event()
    real = region_store.write_text

    def slow(*args, **options):
        writing.set()
        assert go_on.wait(60)
        real(*args, **options)

    monkeypatch.setattr(region_store, "write_text", slow)
    store = RegionStore(tmp_path / "regions.json")
    store.put("a", [BOX])
    thread = threading.Thread(target=store.write)
    thread.start()
    assert writing.wait(60)
    store.put("b", [OTHER])  # waited for the disk before
    go_on.set()
    thread.join(60)
    store.write()
    assert RegionStore(tmp_path / "regions.json").get("b") == [OTHER]
