"""One undo stack: regions, marks, overlay, model; messages with an Undo button."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from region_kit import BOX, LEFT_HALF, OTHER, active, at, drag, key, regions
from window_bench import PATIENCE

from app.session.models import AUTOMATIC


def names(bench):
    return [region.name for region in regions(bench).all]


def undo(bench):
    """Undoes the last change; returns what the menu called it."""
    text = bench.actions["undo"].text()
    assert bench.actions["undo"].isEnabled()
    bench.trigger("undo")
    return text


def test_nothing_can_be_undone_at_the_start(still):
    assert not still.actions["undo"].isEnabled()
    assert not still.actions["redo"].isEnabled()
    assert still.actions["undo"].text() == "Undo"


def test_a_drag_of_a_region_is_one_change(still):
    regions(still).replace_all([BOX])
    drag(still, (0.3, 0.3), (0.35, 0.3), (0.4, 0.3), (0.5, 0.3))
    drag(still, (0.5, 0.3), (0.5, 0.4), (0.5, 0.5))
    moved = regions(still).all
    assert undo(still) == "Undo move region"
    assert regions(still).all[0].box[1] == pytest.approx(0.2, abs=0.01)
    assert undo(still) == "Undo move region"
    assert regions(still).all == (BOX,)
    assert still.actions["redo"].text() == "Redo move region"
    still.trigger("redo")
    still.trigger("redo")
    assert regions(still).all == moved
    assert not still.actions["redo"].isEnabled()


def test_a_resized_region_is_named_so_and_stays_selected(still):
    regions(still).replace_all([BOX, OTHER])
    regions(still).select([BOX])
    drag(still, (0.4, 0.4), (0.5, 0.45), (0.55, 0.5))
    assert undo(still) == "Undo resize region"
    assert regions(still).all == (BOX, OTHER)
    assert regions(still).selected is BOX


def test_every_change_of_regions_is_undone_in_turn(still):
    active(still)
    still.trigger("region_rectangle")
    drag(still, (0.1, 0.1), (0.3, 0.3))
    (drawn,) = regions(still).all
    regions(still).rename(drawn, "Logo")
    key(still, Qt.Key.Key_Right)
    still.trigger("delete_region")
    assert names(still) == []
    assert undo(still) == "Undo delete region"
    assert names(still) == ["Logo"]
    assert undo(still) == "Undo move region"
    assert undo(still) == "Undo rename region"
    assert names(still) == ["Region 1"]
    assert undo(still) == "Undo draw region"
    assert names(still) == []


def test_cleared_regions_come_back_by_the_button_and_are_stored(still, clip):
    regions(still).replace_all([BOX, OTHER])
    still.trigger("clear_regions")
    assert regions(still).all == ()
    assert still.banner.message == "All regions were deleted."
    assert still.banner.button.text() == "Undo"
    still.banner.button.click()
    assert regions(still).all == (BOX, OTHER)
    assert still.banner.message == ""
    still.open("demo")
    still.open(clip)
    assert names(still) == ["Box", "Other"]


def test_the_button_goes_with_the_next_change(still):
    regions(still).replace_all([BOX])
    still.trigger("clear_regions")
    still.trigger("next_colormap")
    assert still.banner.message == ""


def test_an_undone_region_under_the_mouse_ends_its_drag(still):
    regions(still).replace_all([BOX])
    QTest.mousePress(still.canvas, Qt.MouseButton.LeftButton, pos=at(still, 0.3, 0.3))
    QTest.mouseMove(still.canvas, at(still, 0.4, 0.3))
    still.trigger("undo")
    QTest.mouseMove(still.canvas, at(still, 0.6, 0.6))
    QTest.mouseRelease(still.canvas, Qt.MouseButton.LeftButton, pos=at(still, 0.6, 0.6))
    assert regions(still).all == (BOX,)


def test_marks_are_undone(still):
    still.trigger("mark_in")
    marked = still.session.marks
    still.trigger("clear_marks")
    assert undo(still) == "Undo marks"
    assert still.session.marks == marked
    undo(still)
    assert still.session.marks == (None, None)


def test_a_drag_of_a_slider_is_one_change_and_each_key_another(still):
    panel, style = still.overlay_panel, still.presenter.heat
    slider, before = panel.opacity.slider, still.presenter.heat.style.opacity
    y = slider.height() // 2
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(20, y))
    for x in (30, 40, 60):
        QTest.mouseMove(slider, QPoint(x, y))
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(60, y))
    dragged = style.style.opacity
    assert dragged != before
    still.trigger("more_opacity")
    still.trigger("more_opacity")
    undo(still)
    undo(still)
    assert style.style.opacity == dragged
    assert undo(still) == "Undo change opacity"
    assert style.style.opacity == before
    assert panel.opacity.value == pytest.approx(before)
    assert still.settings.opacity == before


def test_a_reset_overlay_is_undone_at_once(still):
    still.trigger("colormap_viridis")
    still.trigger("overlay")
    still.trigger("more_smoothing")
    smoothing = still.presenter.heat.smoothing
    still.trigger("reset_overlay")
    assert still.presenter.heat.visible
    assert undo(still) == "Undo reset overlay"
    heat = still.presenter.heat
    assert (heat.style.colormap, heat.visible, heat.smoothing) == ("viridis", False, smoothing)
    assert still.overlay_panel.swatches["viridis"].isChecked()
    assert still.actions["colormap_viridis"].isChecked()


def test_a_model_choice_is_undone_and_redone(launch, clip):
    bench = launch(clip, model="uvanet-64")
    bench.until(lambda: bench.presenter.overlay_seen)
    student = bench.session.student
    with bench.qtbot.waitSignal(student.choice_made, timeout=PATIENCE):
        student.use("uvanet-32")
    with bench.qtbot.waitSignal(student.choice_made, timeout=PATIENCE):
        assert undo(bench) == "Undo model change"
    assert student.choice == "uvanet-64"
    assert not bench.actions["undo"].isEnabled()
    with bench.qtbot.waitSignal(student.choice_made, timeout=PATIENCE):
        bench.trigger("redo")
    assert student.choice == "uvanet-32"
    student.use(AUTOMATIC)
    with bench.qtbot.waitSignal(student.choice_made, timeout=PATIENCE):
        undo(bench)
    assert student.choice == "uvanet-32"


def test_a_new_source_forgets_its_own_changes_only(still):
    still.trigger("next_colormap")
    regions(still).replace_all([LEFT_HALF])
    still.trigger("mark_in")
    still.open("demo")
    assert undo(still) == "Undo change colormap"
    assert not still.actions["undo"].isEnabled()
