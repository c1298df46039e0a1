"""The wrapper around pyqtgraph."""

import numpy as np

from app.ui.line_chart import LineChart


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
