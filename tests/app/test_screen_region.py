"""The screen as a source: choice of a region, and the program's own windows left out."""

import sys

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.features.screen.feature import Screen
from app.features.screen.region_picker import RegionPicker, native_box
from app.features.screen.window_picker import WindowPicker
from uvanet.sources import ScreenSource
from uvanet.sources.screen import HiddenAreas
from uvanet.sources.window import WindowDevice


def drag(sheet, start, end):
    QTest.mousePress(sheet, Qt.MouseButton.LeftButton, pos=QPoint(*start))
    for at in (start, end):
        QTest.mouseMove(sheet, QPoint(*at))
    QTest.mouseRelease(sheet, Qt.MouseButton.LeftButton, pos=QPoint(*end))


@pytest.mark.parametrize(
    ("start", "end", "box"),
    [
        ((100, 80), (300, 200), (100, 80, 201, 121)),
        ((300, 200), (100, 80), (100, 80, 201, 121)),
        ((50, 50), (52, 51), None),
    ],
)
def test_a_dragged_rectangle_or_the_whole_screen_is_chosen(qtbot, start, end, box):
    picker = RegionPicker()
    (sheet,) = picker.sheets
    picker.show()
    if box is None:
        box = native_box(sheet.geometry())
    with qtbot.waitSignal(picker.chosen) as chosen:
        drag(sheet, start, end)
    assert chosen.args == pytest.approx(box, abs=2)
    assert picker.sheets == []


def test_escape_cancels(qtbot):
    picker = RegionPicker()
    picker.show()
    with qtbot.assertNotEmitted(picker.chosen):
        QTest.keyClick(picker.sheets[0], Qt.Key.Key_Escape)
    assert picker.sheets == []


def test_no_window_of_the_choice_stays(player, monkeypatch):
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    before = set(QApplication.allWidgets())
    for ending in (lambda sheet: sheet.close(), lambda sheet: None):  # the second is replaced
        player.trigger("open_screen_region")
        ending(player.find(Screen)._picker.sheets[0])
    player.trigger("open_screen_region")
    drag(player.find(Screen)._picker.sheets[0], (100, 80), (102, 82))
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert set(QApplication.allWidgets()) == before


def test_the_region_becomes_the_source(player, monkeypatch):
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    opened = []
    monkeypatch.setattr(type(player.session), "open", lambda self, spec: opened.append(spec))
    player.trigger("open_screen_region")
    drag(player.find(Screen)._picker.sheets[0], (100, 80), (300, 200))
    assert [spec.partition(":")[0] for spec in opened] == ["screen"]
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    player.trigger("open_screen_region")
    assert opened[1:] == ["screen:"]


def test_hidden_areas_are_covered_also_where_pixels_are_finer():
    areas = HiddenAreas()
    areas.boxes = ((110, 60, 20, 10), (-500, 0, 10, 10), (195, 90, 400, 400))
    image = np.full((200, 400, 3), 255, np.uint8)
    areas.cover(image, {"left": 100, "top": 50, "width": 200, "height": 100})
    assert (image[20:40, 20:60] == 32).all()
    assert (image[80:, 190:] == 32).all()
    assert (image == 32).all(axis=2).sum() == 20 * 40 + 120 * 210


@pytest.mark.skipif(sys.platform != "linux", reason="Xvfb is for Linux")
def test_an_own_window_is_left_out_of_a_real_screen(x_display, monkeypatch):
    monkeypatch.setenv("DISPLAY", x_display)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    source = ScreenSource("0,0,200,100")
    source.hidden_areas = HiddenAreas()
    source.hidden_areas.boxes = ((50, 20, 40, 30),)
    with source:
        image = source.read().image
    assert (image[20:50, 50:90] == 32).all()
    assert not (image[:20] == 32).any()
    assert source.renew().hidden_areas is source.hidden_areas


def test_the_windows_of_the_program_are_followed_while_a_screen_is_shown(player):
    feature = player.find(Screen)
    assert not feature._timer.isActive()
    feature._cover()
    window = player.window.frameGeometry()
    assert native_box(window) in player.session.hidden_areas.boxes
    player.window.resize(700, 500)
    feature._cover()
    sizes = [box[2:] for box in player.session.hidden_areas.boxes]
    assert (native_box(QRect(player.window.frameGeometry())))[2:] in sizes


def test_a_window_of_another_program_is_chosen_from_a_list(player, monkeypatch):
    window = pytest.importorskip("uvanet.sources.window", exc_type=ImportError)
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    open_now = [
        window.WindowDevice(7, "Editor", 300, 200),
        window.WindowDevice(8, "Player", 640, 480),
    ]
    monkeypatch.setattr("uvanet.sources.window.list_windows", lambda: list(open_now))
    opened = []
    monkeypatch.setattr(type(player.session), "open", lambda self, spec: opened.append(spec))
    player.trigger("open_window")
    picker = player.find(Screen).windows
    player.until(lambda: picker.list.count() == 2)
    assert picker.list.item(1).text() == "Player  (640 x 480)"
    picker.list.setCurrentRow(1)
    open_now[:1] = [window.WindowDevice(9, "Mail", 200, 200)]  # the list follows, the choice stays
    player.until(lambda: picker.list.item(0).text() == "Mail  (200 x 200)")
    QTest.keyClick(picker.list, Qt.Key.Key_Return)
    assert opened == ["window:0x8"]
    assert player.find(Screen).windows is None
    open_now.clear()
    player.trigger("open_window")
    empty = player.find(Screen).windows
    player.until(lambda: empty.list.count() == 1)
    assert not empty.watch.isEnabled()
    empty.reject()


def test_without_x11_no_window_can_be_chosen(player, monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    player.trigger("open_window")
    assert player.find(Screen).windows is None
    assert "under X11 only" in player.banner.message


def test_an_empty_list_of_windows_says_why(qtbot):
    picker = WindowPicker(lambda: None)
    qtbot.addWidget(picker)
    lines = []
    for windows in (None, [], [WindowDevice(7, "Editor", 10, 20)]):
        if windows is not None:
            picker.show_windows(windows)
        lines.append([picker.list.item(row).text() for row in range(picker.list.count())])
        assert picker.watch.isEnabled() is bool(windows)
    assert lines == [
        ["Searching for windows …"],
        ["No other program shows a window."],
        ["Editor  (10 x 20)"],
    ]
