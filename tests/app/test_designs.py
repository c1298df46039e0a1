"""Two designs side by side: pictures, films, regions, the table, and its export."""

import csv

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from app.features.designs.feature import Designs
from uvanet.analysis import Region, Shape

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


def compare(bench, first, second):
    """Opens the comparison and waits until both designs are predicted."""
    assert bench.window.open_pair(str(first), str(second))
    dialog = bench.find(Designs).dialog
    bench.until(lambda: len(dialog.designs) == 2)
    return dialog


def cells(dialog):
    return [
        [dialog.table.item(row, column).text() for column in range(4)]
        for row in range(dialog.table.rowCount())
    ]


def test_the_same_region_is_measured_on_both(player, posters):
    player.session.set_regions([LEFT])
    dialog = compare(player, *posters)
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
    (region,) = dialog.regions
    assert region.box[0] == pytest.approx(0.1, abs=0.02)
    assert len(cells(dialog)) == 1
    assert not dialog.draw.isChecked()
    dialog.delete.click()
    assert cells(dialog) == []


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
    player.session.set_regions([LEFT])
    dialog = compare(player, clip, clip)
    assert len(dialog.designs[0].samples) == 40
    seconds = [sample.seconds for sample in dialog.designs[0].samples]
    assert seconds == sorted(seconds)
    assert seconds[-1] > 1.9
    assert dialog.position.isVisible()
    dialog.position.setValue(dialog.position.maximum())
    assert cells(dialog)[0][3] == "+0.0 points"


def test_export_writes_table_and_picture(player, posters, tmp_path):
    player.session.set_regions([LEFT])
    dialog = compare(player, *posters)
    dialog.export.click()
    chooser = dialog.findChild(QFileDialog)
    chooser.fileSelected.emit(str(tmp_path / "result.csv"))
    chooser.close()
    player.until(lambda: (tmp_path / "result.png").exists() and "result" in player.banner.message)
    assert (
        (tmp_path / "result.csv").read_text().splitlines()[0].startswith("region,share_a,share_b")
    )
    assert cv2.imread(str(tmp_path / "result.png")).shape == (120, 336, 3)


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


def test_the_command_line_compares_two_files(launch, posters):
    bench = launch(posters[0], compare=str(posters[1]))
    bench.until(lambda: bench.find(Designs).dialog and len(bench.find(Designs).dialog.designs) == 2)
    bench.until(lambda: bench.source_title == "a.png")
