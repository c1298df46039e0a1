"""Regions that change while they are dragged, named or drawn: deletion, sources, files."""

import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from region_kit import BOX, LEFT_HALF, OTHER, active, analyse, answer, at, regions


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
    regions(still).select([BOX])
    begin_drag(still, grip, (0.45, 0.45))
    still.trigger("delete_region")
    end_drag(still, (0.5, 0.5), (0.6, 0.55), (0.3, 0.4))
    assert regions(still).all == (OTHER,)
    still.window.close()
    assert [name for name, _ in stored(home, clip)] == ["Other"]


def test_another_region_deleted_during_a_drag_leaves_the_dragged_one(still):
    regions(still).replace_all([BOX, OTHER])
    begin_drag(still, (0.7, 0.7), (0.65, 0.65))
    regions(still).remove([BOX])
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
        regions(still).select([region])
        still.trigger("rename_region")
        QTest.keyClicks(still.window.focusWidget(), "x")
    regions(still).remove(regions(still).all[1:])
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
