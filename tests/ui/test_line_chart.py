"""The wrapper around pyqtgraph."""

import subprocess
import sys
from pathlib import Path

import numpy as np

from app.ui.line_chart import LineChart

ROOT = Path(__file__).resolve().parents[2]


def test_a_chart_without_a_plot_takes_everything_and_draws_nothing(qtbot):
    chart = LineChart("Rates")
    qtbot.addWidget(chart)
    chart.set_curves(["inferred"])
    chart.set_data(0, [0, 1], [2, 3])
    chart.set_cursor(0.5)
    chart.set_ticks("left", [(0, "0")])
    assert not chart.built
    chart.build()
    assert chart.curve_points(0) == ([], [])
    chart.clear_plot()
    assert not chart.built


def test_curves_are_added_removed_and_filled(qtbot):
    chart = LineChart("Rates")
    qtbot.addWidget(chart)
    chart.build()
    chart.set_curves(["inferred", "#ff0000"])
    chart.set_data(1, [0.0, 1.0, 2.0], [3.0, 4.0, 5.0], np.array([True, False, True]))
    assert chart.curve_points(1) == ([0.0, 1.0, 2.0], [3.0, 4.0, 5.0])
    chart.set_curves(["inferred"])
    assert len(chart._curves) == 1
    chart.clear_plot()
    chart.build()
    assert len(chart._curves) == 1
    chart.clear_plot()


def test_two_threads_import_the_library_at_once_and_leave_qt_whole():
    """A fresh process, since a library is imported once."""
    code = """
import threading
from app.runtime.import_guards import import_qt
import_qt()
from PySide6 import QtCore, QtGui, QtWidgets
from app.ui.line_chart import import_pyqtgraph
before = [dir(module) for module in (QtCore, QtGui, QtWidgets)]
problems = []
def work():
    try:
        import_pyqtgraph()
    except BaseException as error:
        problems.append(error)
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert not problems, problems
assert all(set(old) <= set(dir(module))
           for old, module in zip(before, (QtCore, QtGui, QtWidgets)))
import pyqtgraph
assert pyqtgraph.PlotWidget
"""
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 0, result.stderr
