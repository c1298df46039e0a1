"""Charts, by their pixels."""

import numpy as np
import pytest
from PySide6.QtGui import QImage

from app.ui.line_chart import LineChart

RED, BLUE = "#ff0000", "#0000ff"


@pytest.fixture
def chart(qtbot):
    chart = LineChart("Rates")
    qtbot.addWidget(chart)
    chart.resize(240, 120)
    return chart


def places(chart, color):
    """Rows and columns of the pixels that look red or blue, in pixels of the widget."""
    picture = chart.grab()
    image = picture.toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.asarray(image.constBits()).reshape(image.height(), image.bytesPerLine())
    pixels = rows[:, : 3 * image.width()].reshape(image.height(), -1, 3).astype(int)
    channel = 0 if color == RED else 2
    others = np.delete(pixels, channel, axis=2).max(axis=2)
    return np.argwhere(pixels[..., channel] - others > 60) / picture.devicePixelRatio()


def test_a_chart_that_is_not_built_takes_everything_and_draws_nothing(chart):
    chart.set_curves([RED])
    chart.set_data(0, [0, 1], [0, 1])
    chart.set_cursor(0.5)
    chart.set_ticks("left", [(0, "0")])
    assert len(places(chart, RED)) == 0
    chart.build()
    assert chart.curve_points(0) == ([], [])
    chart.clear_plot()
    assert not chart.built


def test_curves_keep_their_color_and_lose_their_points_when_the_plot_is_cleared(chart):
    chart.build()
    chart.set_curves([RED, BLUE])
    chart.set_data(1, [0.0, 1.0], [3.0, 4.0])
    chart.clear_plot()
    chart.build()
    assert chart.curve_points(1) == ([], [])
    chart.set_data(1, [0.0, 1.0], [0.5, 0.5])
    assert len(places(chart, BLUE)) > 0
    chart.set_curves([RED])
    assert len(places(chart, BLUE)) == 0


def test_a_line_goes_where_its_values_are(chart):
    chart.build()
    chart.set_curves([RED])
    chart.set_x_range(0.0, 10.0)
    chart.set_y_range(0.0, 1.0)
    # From left to right at a quarter of the height from below.
    chart.set_data(0, [0.0, 10.0], [0.25, 0.25])
    area, found = chart.plot_area(), places(chart, RED)
    assert abs(found[:, 0].mean() - (area.bottom() - area.height() / 4)) < 1.5
    assert abs(found[:, 1].min() - area.left()) < 3
    assert abs(found[:, 1].max() - area.right()) < 3


@pytest.mark.parametrize("count", [101, 20_001])
def test_gaps_and_values_that_are_no_numbers_are_left_out(chart, count):
    chart.build()
    chart.set_curves([RED])
    chart.set_x_range(0.0, 1.0)
    x = np.linspace(0.0, 1.0, count)
    y = np.where((x > 0.2) & (x < 0.4), np.nan, 0.5)
    joined = (x < 0.6) | (x > 0.8)
    chart.set_data(0, x, y, joined)
    area = chart.plot_area()
    columns = (places(chart, RED)[:, 1] - area.left()) / area.width()
    edges = [0.02, 0.18, 0.22, 0.38, 0.42, 0.58, 0.62, 0.78, 0.82, 0.98]
    drawn = np.histogram(columns, edges)[0][::2] > 0
    assert drawn.tolist() == [True, False, True, False, True]


def test_many_points_keep_their_extremes(chart):
    chart.build()
    chart.set_curves([RED])
    chart.set_x_range(0.0, 1.0)
    x = np.linspace(0.0, 1.0, 20_001)
    y = np.full(len(x), 0.1)
    y[12_345] = 0.9  # one point of a hundred in its column
    chart.set_data(0, x, y)
    area = chart.plot_area()
    rows = places(chart, RED)[:, 0]
    assert rows.min() < area.bottom() - 0.8 * area.height()


def test_an_empty_range_and_no_points_are_no_error(chart):
    chart.build()
    chart.set_curves([RED])
    chart.set_x_range(3.0, 3.0)
    chart.set_y_range(0.0, 0.0)
    chart.set_data(0, [], [])
    chart.set_data(0, [3.0], [0.0])
    chart.set_data(0, [3.0, 3.0], [0.0, 0.5])
    assert len(places(chart, RED)) > 0


def test_the_text_of_the_last_tick_stays_inside(chart):
    chart.build()
    chart.set_ticks("bottom", [(0.0, "a text on the left"), (1.0, "a text on the right")])
    edge = chart.grab().toImage()
    background = edge.pixelColor(1, 1)
    for column in (0, edge.width() - 1):
        assert all(edge.pixelColor(column, row) == background for row in range(edge.height()))
