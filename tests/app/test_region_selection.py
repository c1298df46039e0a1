"""Several selected regions, the menu of regions, color, lock, and keys that move them."""

import json
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QColorDialog, QMenu
from region_kit import BOX, OTHER, active, analyse, at, drag, key, regions

from uvanet.analysis import load_regions, save_regions
from uvanet.analysis.regions import MAX_NAME

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def two(still):
    """The program with the regions Box and Other, none selected."""
    active(still)
    regions(still).replace_all([BOX, OTHER])
    return still


def click(bench, x, y, modifiers=Qt.KeyboardModifier.NoModifier):
    QTest.mouseClick(bench.canvas, Qt.MouseButton.LeftButton, modifiers, at(bench, x, y))


def selected(bench):
    return [region.name for region in regions(bench).selection]


def open_menu(bench, x, y):
    """Opens the menu by a right click; returns it."""
    place = at(bench, x, y)
    event = QContextMenuEvent(
        QContextMenuEvent.Reason.Mouse, place, bench.canvas.mapToGlobal(place)
    )
    QApplication.sendEvent(bench.canvas, event)
    menus = [one for one in QApplication.topLevelWidgets() if isinstance(one, QMenu)]
    (menu,) = [one for one in menus if one.isVisible()]
    return menu


def entry(menu, text):
    return next(action for action in menu.actions() if action.text() == text)


def test_ctrl_and_shift_click_select_several(two):
    click(two, 0.3, 0.3)
    assert selected(two) == ["Box"]
    click(two, 0.7, 0.7, CONTROL)
    assert selected(two) == ["Box", "Other"]
    click(two, 0.3, 0.3, SHIFT)
    assert selected(two) == ["Other"]
    click(two, 0.3, 0.3)
    assert selected(two) == ["Box"]


def test_a_drag_over_the_ground_selects_what_it_touches(two):
    drag(two, (0.1, 0.1), (0.15, 0.15), (0.65, 0.65))
    assert selected(two) == ["Box", "Other"]
    drag(two, (0.05, 0.9), (0.1, 0.5), (0.3, 0.3))
    assert selected(two) == ["Box"]
    assert regions(two).all == (BOX, OTHER)


def test_several_regions_are_moved_together_and_stay_inside(two):
    two.trigger("select_regions")
    drag(two, (0.3, 0.3), (0.4, 0.4), (0.9, 0.3))
    first, second = regions(two).all
    assert second.box[2] == pytest.approx(1.0)
    assert second.box[0] - first.box[0] == pytest.approx(0.4)
    assert selected(two) == ["Box", "Other"]
    two.trigger("undo")
    assert regions(two).all == (BOX, OTHER)


def test_a_click_on_one_of_several_selects_it_alone(two):
    two.trigger("select_regions")
    click(two, 0.3, 0.3)
    assert selected(two) == ["Box"]
    assert regions(two).all == (BOX, OTHER)


def test_arrow_keys_move_by_pixels_and_escape_gives_them_back(two):
    frame = two.frame()
    click(two, 0.3, 0.3)
    key(two, Qt.Key.Key_Left)
    key(two, Qt.Key.Key_Up, SHIFT)
    moved = regions(two).all[0].box
    assert moved[:2] == pytest.approx((0.2 - 1 / 160, 0.2 - 10 / 120))
    assert two.frame() == frame
    key(two, Qt.Key.Key_Escape)
    assert selected(two) == []
    assert two.actions["undo"].text() == "Undo move region"
    two.trigger("undo")
    two.trigger("undo")
    assert regions(two).all == (BOX, OTHER)


def test_several_regions_are_deleted_at_once(two):
    two.trigger("select_regions")
    key(two, Qt.Key.Key_Delete)
    assert regions(two).all == ()
    assert two.banner.message == "2 regions were deleted."
    two.banner.button.click()
    assert regions(two).all == (BOX, OTHER)


def test_the_menu_of_a_region_changes_it(two, home):
    menu = open_menu(two, 0.3, 0.3)
    texts = [action.text() for action in menu.actions()]
    assert texts == ["Rename region", "Duplicate region", "Color", "Lock region", "Delete region"]
    assert selected(two) == ["Box"]
    entry(entry(menu, "Color").menu(), "Red").trigger()
    assert regions(two).all[0].color == "#d55e00"
    assert "#d55e00" in analyse(two).card.rows[0].dot.text()
    entry(menu, "Duplicate region").trigger()
    box, _, copy = regions(two).all
    assert (copy.name, copy.color) == ("Box 2", "#d55e00")
    assert copy.box == pytest.approx([edge + 0.03 for edge in box.box])
    assert selected(two) == ["Box 2"]
    menu.close()
    two.window.close()
    stored = json.loads((home / ".local/share/uvanet/regions.json").read_text())
    (entries,) = stored.values()
    assert [one.get("color") for one in entries] == ["#d55e00", None, "#d55e00"]


def test_a_right_click_on_the_ground_opens_the_menu_of_the_program(two):
    menu = open_menu(two, 0.5, 0.5)
    assert menu is two.main_menu
    menu.close()


def test_the_menu_key_opens_the_menu_of_the_selected_region(two):
    click(two, 0.3, 0.3)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(5, 5), QPoint(50, 50))
    QApplication.sendEvent(two.canvas, event)
    menu = next(
        one for one in QApplication.topLevelWidgets() if isinstance(one, QMenu) and one.isVisible()
    )
    assert menu is not two.main_menu
    menu.close()


def test_the_color_dialog_sets_the_color_of_all_selected(two):
    two.trigger("select_regions")
    two.trigger("color_region")
    dialog = two.window.findChild(QColorDialog)
    dialog.colorSelected.emit("#123456")
    dialog.close()
    assert [region.color for region in regions(two).all] == ["#123456", "#123456"]
    two.trigger("undo")
    assert regions(two).all == (BOX, OTHER)


def test_a_locked_region_stays_as_it_is(two):
    click(two, 0.3, 0.3)
    two.trigger("lock_region")
    locked = regions(two).all[0]
    assert locked.locked
    drag(two, (0.3, 0.3), (0.4, 0.4), (0.5, 0.5))
    drag(two, (0.4, 0.4), (0.45, 0.5), (0.5, 0.5))
    frame = two.frame()
    click(two, 0.3, 0.3)
    key(two, Qt.Key.Key_Right)
    two.until(lambda: two.frame() != frame)  # the key steps the film, as without a region
    two.trigger("delete_region")
    assert two.banner.message == "The region is locked."
    two.trigger("clear_regions")
    assert regions(two).all == (locked,)
    analyse(two).card.rows[0].lock.click()
    assert not regions(two).all[0].locked
    assert two.actions["undo"].text() == "Undo unlock region"


def test_copies_of_a_numbered_region_count_on(two):
    two.trigger("region_rectangle")
    drag(two, (0.45, 0.1), (0.5, 0.15), (0.55, 0.18))
    two.trigger("duplicate_region")
    two.trigger("duplicate_region")
    names = [region.name for region in regions(two).all]
    assert names == ["Box", "Other", "Region 1", "Region 2", "Region 3"]


def test_copies_of_a_region_with_the_longest_name_have_names_of_their_own(two):
    """The number at the end was cut off."""
    long = replace(BOX, name="x" * MAX_NAME)
    regions(two).replace_all([long])
    regions(two).duplicate([long])
    regions(two).duplicate([long])
    names = [region.name for region in regions(two).all]
    assert [name[-3:] for name in names] == ["xxx", "x 2", "x 3"]
    assert all(len(name) == MAX_NAME for name in names)


def test_a_copy_at_the_edge_stays_inside(two):
    regions(two).replace_all([BOX.moved(0.6, 0.6)])
    two.trigger("duplicate_region")
    assert regions(two).all[1].box == pytest.approx((0.77, 0.77, 0.97, 0.97))


def test_a_file_keeps_color_and_lock(two, tmp_path):
    two.trigger("select_regions")
    regions(two).set_color(regions(two).selection, "#00ff00")
    regions(two).lock(regions(two).selection[:1], on=True)
    path = tmp_path / "regions.json"
    save_regions(path, regions(two).all)
    assert load_regions(path) == list(regions(two).all)
