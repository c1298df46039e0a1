"""What tests of regions share: the mouse and keys on the picture, two regions, stored files."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from app.features.analyse.feature import Analyse
from uvanet.analysis import Region, Shape

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


def answer(bench, path):
    """Chooses a path in the open file dialog."""
    dialog = bench.window.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit(str(path))
    dialog.close()


BOX = Region("Box", Shape.RECTANGLE, ((0.2, 0.2), (0.4, 0.4)))

OTHER = Region("Other", Shape.RECTANGLE, ((0.6, 0.6), (0.8, 0.8)))
