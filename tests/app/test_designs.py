"""Two designs side by side: pictures, films, regions, the table, and its export."""

import csv
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLineEdit, QMenu
from studio_kit import answer_question

from app.features.designs.feature import Designs
from app.session.models import short_name
from uvanet.analysis import Region, Shape
from uvanet.report.content import CAUTION

CTRL = Qt.KeyboardModifier.ControlModifier
LEFT = Region("left", Shape.RECTANGLE, ((0.0, 0.0), (0.5, 1.0)))


def write_poster(path, left, size=(160, 120)):
    """A dark picture with a bright square in its left or right half."""
    width, height = size
    image = np.full((height, width, 3), 30, np.uint8)
    start = width // 8 if left else 5 * width // 8
    image[height // 3 : 2 * height // 3, start : start + width // 4] = 230
    cv2.imwrite(str(path), image)
    return path


@pytest.fixture
def posters(tmp_path):
    return write_poster(tmp_path / "a.png", True), write_poster(tmp_path / "b.png", False)


def compare(bench, first, second, regions=()):
    """Opens the comparison, puts regions on it, and waits until both designs are predicted."""
    assert bench.window.open_pair(str(first), str(second))
    dialog = bench.find(Designs).dialog
    dialog.regions.put(regions)
    bench.until(lambda: len(dialog.designs) == 2)
    return dialog


def cells(dialog):
    return [
        [dialog.table.item(row, column).text() for column in range(4)]
        for row in range(dialog.table.rowCount())
    ]


def test_the_same_region_is_measured_on_both(player, posters):
    dialog = compare(player, *posters, [LEFT])
    ((name, first, second, difference),) = cells(dialog)
    assert name == "left"
    assert float(first.split()[0]) > 80
    assert float(second.split()[0]) < 20
    assert difference.startswith("-")
    dialog.copy.click()
    rows = list(csv.DictReader(QGuiApplication.clipboard().text().splitlines(), delimiter="\t"))
    assert [(row["design_a"], row["design_b"]) for row in rows] == [("a.png", "b.png")]
    shares = [float(rows[0][key]) for key in ("share_a", "share_b", "difference")]
    assert shares[2] == pytest.approx(shares[1] - shares[0], abs=1e-3)


def test_a_region_drawn_on_one_picture_is_on_both(player, posters):
    dialog = compare(player, *posters)
    assert dialog.hint.isVisible()
    dialog.draw.click()
    canvas = dialog.view.panes[1].canvas
    rect = canvas.picture_rect()
    corners = [
        QPoint(round(rect.left() + x * rect.width()), round(rect.center().y() * y))
        for x, y in ((0.1, 0.6), (0.45, 1.3))
    ]
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=corners[0])
    QTest.mouseMove(canvas, corners[1])
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=corners[1])
    (region,) = dialog.regions.all
    assert region.box[0] == pytest.approx(0.1, abs=0.02)
    assert len(cells(dialog)) == 1
    assert not dialog.draw.isChecked()
    dialog.delete.click()
    assert cells(dialog) == []


def place(canvas, x, y):
    return canvas.to_widget(x, y).toPoint()


def drag(canvas, *points):
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=place(canvas, *points[0]))
    for point in points[1:]:
        QTest.mouseMove(canvas, place(canvas, *point))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=place(canvas, *points[-1]))


@pytest.fixture
def comparison(player, posters):
    """The comparison of two posters with one region on their left half, and its canvas."""
    dialog = compare(player, *posters, [LEFT])
    dialog.activateWindow()
    player.qtbot.waitUntil(dialog.isActiveWindow, timeout=60_000)
    canvas = dialog.view.panes[0].canvas
    canvas.setFocus()
    return dialog, canvas


def boxes(dialog):
    return [tuple(round(value, 2) for value in region.box) for region in dialog.regions.all]


def test_every_change_of_a_region_is_undone_one_by_one(comparison, player):
    dialog, canvas = comparison
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=place(canvas, 0.25, 0.5))
    drag(canvas, (0.25, 0.5), (0.4, 0.5), (0.55, 0.5))
    assert boxes(dialog) == [(0.3, 0.0, 0.8, 1.0)]
    QTest.keyClick(canvas, Qt.Key.Key_D, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert [region.name for region in dialog.regions.all] == ["left", "left 2"]
    QTest.keyClick(canvas, Qt.Key.Key_Delete)
    assert "left 2 was deleted" in dialog.messages.message
    dialog.messages.button.click()
    assert len(dialog.regions.all) == 2
    QTest.keyClick(canvas, Qt.Key.Key_Z, CTRL)
    QTest.keyClick(canvas, Qt.Key.Key_Z, CTRL)
    assert boxes(dialog) == [(0.0, 0.0, 0.5, 1.0)]
    QTest.keyClick(canvas, Qt.Key.Key_Z, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert boxes(dialog) == [(0.3, 0.0, 0.8, 1.0)]
    # The main window has regions and changes of its own.
    assert player.session.regions == ()
    assert player.window.undo_stack.undo_text == ""


def test_keys_draw_lock_and_clear_the_selection(comparison):
    dialog, canvas = comparison
    QTest.keyClick(canvas, Qt.Key.Key_Q)
    drag(dialog.view.panes[1].canvas, (0.6, 0.2), (0.7, 0.5), (0.9, 0.8))
    assert dialog.regions.all[1].shape is Shape.ELLIPSE
    assert dialog.view.tool is None
    QTest.keyClick(canvas, Qt.Key.Key_K, Qt.KeyboardModifier.AltModifier)
    QTest.keyClick(canvas, Qt.Key.Key_Delete)
    assert len(dialog.regions.all) == 2  # it is locked
    assert dialog.messages.message == "The region is locked."
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert dialog.regions.selection == ()
    assert dialog.isVisible()


def test_a_right_click_opens_the_menu_of_the_region(comparison, player):
    dialog, _ = comparison
    dialog.view.layers[1].context_menu(QPointF(0.25, 0.5), QPoint(10, 10))
    menu = next(menu for menu in dialog.findChildren(QMenu) if menu.isVisible())
    texts = [entry.text() for entry in menu.actions()]
    assert texts == [
        "Rename region", "Duplicate region", "Color", "Lock region", "Delete region",
    ]  # fmt: skip
    menu.actions()[4].trigger()
    menu.close()
    assert dialog.regions.all == ()


def test_a_name_is_written_in_the_table(comparison, player):
    dialog, canvas = comparison
    dialog.regions.select(dialog.regions.all)
    QTest.keyClick(canvas, Qt.Key.Key_F2)
    editor = dialog.table.findChild(QLineEdit)
    QTest.keyClicks(editor, "Logo")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    player.until(lambda: [region.name for region in dialog.regions.all] == ["Logo"])
    assert dialog.undo_button.toolTip() == "Undo rename region"
    dialog.undo_button.click()
    assert cells(dialog)[0][0] == "left"


def test_the_wipe_shows_both_in_one(player, posters):
    dialog = compare(player, *posters)
    dialog.wipe.click()
    assert not dialog.view.panes[1].isVisible()
    canvas = dialog.view.panes[0].canvas

    def bright(x):
        player.qtbot.wait(1)
        rect = canvas.picture_rect()
        place = QPoint(
            round(rect.left() + x * rect.width()), round(rect.top() + rect.height() / 3) + 2
        )
        return canvas.grab().toImage().pixelColor(place * canvas.devicePixelRatioF()).value() > 60

    dialog.view.handle.set_share(0.5)
    assert bright(0.135)  # the first design's square
    assert bright(0.87)  # the second design's square
    dialog.view.handle.set_share(1.0)
    assert not bright(0.87)


def test_pictures_of_other_proportions_keep_their_own(player, tmp_path, posters):
    tall = write_poster(tmp_path / "tall.png", False, (90, 160))
    dialog = compare(player, posters[0], tall)
    assert not dialog.wipe.isEnabled()
    assert dialog.view.panes[1].canvas.proportions == (90, 160)
    assert dialog.view.picture().shape[0] == 120


def test_films_are_sampled_over_their_length(player, clip, posters):
    dialog = compare(player, clip, clip, [LEFT])
    assert len(dialog.designs[0].samples) == 40
    seconds = [sample.seconds for sample in dialog.designs[0].samples]
    assert seconds == sorted(seconds)
    assert seconds[-1] > 1.9
    assert dialog.position.isVisible()
    dialog.position.setValue(dialog.position.maximum())
    assert cells(dialog)[0][3] == "+0.0 points"
    assert "mean of 40 frames" in dialog.note.full_text


def test_export_writes_table_and_picture(player, posters, tmp_path):
    dialog = compare(player, *posters, [LEFT])
    dialog.export.click()
    chooser = dialog.findChild(QFileDialog)
    assert chooser.directory().path() == str(Path(posters[0]).parent)
    chooser.fileSelected.emit(str(tmp_path / "result.csv"))
    chooser.close()
    player.until(lambda: (tmp_path / "result.png").exists())
    # The dialog is before the window: a message in the window would not be seen.
    player.until(lambda: "result.csv" in dialog.messages.message)
    assert (
        (tmp_path / "result.csv").read_text().splitlines()[0].startswith("region,share_a,share_b")
    )
    assert cv2.imread(str(tmp_path / "result.png")).shape == (120, 336, 3)


def test_a_picture_beside_the_table_is_not_replaced_unasked(player, posters, tmp_path):
    (tmp_path / "result.png").write_bytes(b"mine")
    dialog = compare(player, *posters)

    def export():
        dialog.export.click()
        chooser = dialog.findChild(QFileDialog)
        chooser.fileSelected.emit(str(tmp_path / "result.csv"))
        chooser.close()

    export()
    assert "result.png exists" in answer_question(player, "Cancel")
    assert (tmp_path / "result.png").read_bytes() == b"mine"
    assert not (tmp_path / "result.csv").exists()
    export()
    answer_question(player, "Replace")
    player.until(lambda: cv2.imread(str(tmp_path / "result.png")) is not None)


@pytest.mark.parametrize("ending", ["html", "pdf"])
def test_export_writes_a_report_to_hand_on(player, posters, tmp_path, ending):
    dialog = compare(player, *posters, [LEFT])
    path = tmp_path / f"result.{ending}"
    dialog.export.click()
    chooser = dialog.findChild(QFileDialog)
    chooser.fileSelected.emit(str(path))
    chooser.close()
    player.until(lambda: path.name in dialog.messages.message)
    if ending == "pdf":
        assert path.read_bytes().startswith(b"%PDF")
        return
    page = path.read_text(encoding="utf-8")
    ((_, first, second, difference),) = cells(dialog)
    rows = re.findall("<td>([^<]*)</td><td>([^<]*)</td><td>[^<]*</td></tr>", page)
    assert rows == [("a.png", first), ("b.png", second), ("Difference", difference)]
    assert page.count("<img ") == 2
    assert CAUTION.split(".")[0] in page


def test_designs_of_one_name_are_told_apart_by_their_folders(player, tmp_path):
    for version in ("old", "new"):
        (tmp_path / version).mkdir()
    files = [write_poster(tmp_path / name / "poster.png", True) for name in ("old", "new")]
    dialog = compare(player, *files)
    heads = [dialog.table.horizontalHeaderItem(place).text() for place in (1, 2)]
    assert heads == ["old/poster.png", "new/poster.png"]


def test_what_cannot_be_read_is_named_in_its_place(player, posters, tmp_path):
    assert player.window.open_pair(str(posters[0]), str(tmp_path / "none.png"))
    dialog = player.find(Designs).dialog
    player.until(lambda: "does not exist" in dialog.view.panes[1].canvas.message)
    player.until(lambda: len(dialog.designs) == 1)
    assert not dialog.copy.isEnabled()


def test_two_dropped_files_are_compared(player, posters):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in posters])
    event = QDropEvent(
        QPointF(50, 50),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    player.window.dropEvent(event)
    dialog = player.find(Designs).dialog
    player.until(lambda: len(dialog.designs) == 2)


def choose(bench, *files):
    """Chooses files in the file dialog that is open, and returns its title."""
    (chooser,) = (one for one in bench.window.findChildren(QFileDialog) if one.isVisible())
    title = chooser.windowTitle()
    chooser.filesSelected.emit([str(file) for file in files])
    chooser.close()
    return title


def test_one_chosen_file_is_compared_with_the_open_picture(launch, posters):
    bench = launch(posters[0])
    bench.until(lambda: bench.source_title == "a.png")
    bench.session.set_regions([LEFT])
    bench.window.actions_by_name["compare_designs"].trigger()
    assert "a.png" in choose(bench, posters[0])  # not with itself: asks for the other one
    assert "a.png" in choose(bench, posters[0])
    assert "Choose two files" in bench.banner.message
    bench.window.actions_by_name["compare_designs"].trigger()
    assert "a.png" in choose(bench, posters[1])
    dialog = bench.find(Designs).dialog
    assert dialog.titles == ["a.png", "b.png"]
    assert dialog.regions.all == (LEFT,)


def test_designs_in_two_folders_are_chosen_one_after_the_other(player, posters, tmp_path):
    (tmp_path / "new").mkdir()
    other = write_poster(tmp_path / "new" / "c.png", False)
    player.session.set_regions([LEFT])
    player.window.actions_by_name["compare_designs"].trigger()
    choose(player, posters[0])
    assert "a.png" in choose(player, other)
    dialog = player.find(Designs).dialog
    assert dialog.titles == ["a.png", "c.png"]
    assert dialog.regions.all == ()  # those of the open source mean nothing here


def test_the_model_is_named_and_a_table_without_regions_is_not_copied(player, posters):
    dialog = compare(player, *posters)
    assert short_name(player.session.student.name) in dialog.note.full_text
    assert not dialog.copy.isEnabled()
    dialog.regions.put([LEFT])
    assert dialog.copy.isEnabled()


def test_the_command_line_compares_two_files(launch, posters):
    bench = launch(posters[0], compare=str(posters[1]))
    bench.until(lambda: bench.find(Designs).dialog and len(bench.find(Designs).dialog.designs) == 2)
    bench.until(lambda: bench.source_title == "a.png")
