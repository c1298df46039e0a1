"""The import of pyqtgraph beside a window in use, in a new process that has not imported it."""

import subprocess
import sys

import pytest

CODE = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from app.ui.live_plot import PlotCard
app = QApplication([])
card = PlotCard("Memory", [("resident", "memory")], str, 84, 100.0)
card.add(1.0, [50.0])
card.start()
card.show()
assert "pyqtgraph" not in sys.modules
turns = 0
def turn():
    global turns
    turns += 1
    if card.started:
        print(turns, *card.chart.curve_points(0)[1], flush=True)
        card.stop()
        app.quit()
timer = QTimer(timeout=turn)
timer.start(0)
sys.excepthook = lambda *_: app.exit(1)
sys.exit(app.exec())
"""


WITHOUT_QT_TEST = """
import sys
sys.modules["PySide6.QtTest"] = None
"""


# A bundle leaves out QtTest.
@pytest.mark.parametrize("before", ["", WITHOUT_QT_TEST], ids=["installed", "bundle"])
def test_the_window_answers_while_the_library_of_charts_is_imported(before):
    command = [sys.executable, "-c", before + CODE]
    out = subprocess.run(command, capture_output=True, text=True, check=True)
    turns, point = out.stdout.split()
    assert int(turns) > 5
    assert point == "50.0"


TWO_CHARTS = """
import sys
from PySide6.QtWidgets import QApplication
from app.ui.live_plot import PlotCard
app = QApplication([])
cards = [PlotCard(name, [("one", "memory")], str, 84, 100.0) for name in ("a", "b", "destroyed")]
for card in cards:
    card.start()
    card.show()
cards[2].chart.deleteLater()
while not cards[1].started:
    before = sum(card.started for card in cards[:2])
    app.processEvents()
    assert sum(card.started for card in cards[:2]) <= before + 1
for card in cards[:2]:
    card.stop()
"""


# Two at once took 0.08 s of one turn.
def test_one_chart_is_built_in_each_turn():
    subprocess.run([sys.executable, "-c", TWO_CHARTS], check=True)
