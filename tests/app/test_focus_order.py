"""Tab visits the controls as the eye reads them."""

from itertools import pairwise

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from region_kit import BOX, OTHER, active, analyse, regions


def tabbed(bench, key=Qt.Key.Key_Tab):
    """Presses the key from the picture on until it is back; gives the controls between."""
    bench.canvas.setFocus()
    found = []
    while True:
        QTest.keyClick(bench.window.focusWidget(), key)
        focused = bench.window.focusWidget()
        if focused is bench.canvas or len(found) > 200:
            return found
        found.append(focused)


def test_tab_goes_through_the_window_line_by_line(still):
    active(still)
    regions(still).replace_all([BOX, OTHER])
    still.settle()
    found = tabbed(still)
    assert len(found) == len(set(found)) > 20
    panel = still.slots.panel
    rows = analyse(still).card.rows
    start = found.index(rows[0].name)
    assert found[start + 1] is rows[0].lock
    assert found[start + 3] is rows[1].name

    def place(one):
        return one.mapTo(still.window, QPoint(0, 0))

    column = [one for one in found if panel.isAncestorOf(one)]
    assert found[found.index(column[0]) :][: len(column)] == column
    for first, second in pairwise(column):
        lower = place(second).y() > place(first).y() - first.height() / 2
        assert lower, (first.accessibleName(), second.accessibleName())
    above = [one for one in found if one not in column]
    bar = [one for one in above if place(one).y() < place(still.canvas).y()]
    assert [place(one).x() for one in bar] == sorted(place(one).x() for one in bar)


def test_shift_tab_goes_the_same_way_back(still):
    active(still)
    still.settle()
    assert tabbed(still, Qt.Key.Key_Backtab) == tabbed(still)[::-1]
