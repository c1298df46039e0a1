"""What a chart draws: curves with gaps, extremes of many points, and the room for its texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from app.ui.line_chart import LineChart

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pytestqt.qtbot import QtBot

RED = (0, 0, 255)  # in the order of the picture
BLUE = (255, 0, 0)


@pytest.fixture
def chart(qtbot: QtBot) -> LineChart:
    """A chart of 200 x 100 pixels right of 40 pixels for texts, from 0 to 1 both ways."""
    made = LineChart("Rates", 40, (0, 0, 0, 0))
    qtbot.addWidget(made)
    made.resize(240, 118)
    return made


def drawn(chart: LineChart, color: tuple[int, int, int]) -> NDArray[np.bool_]:
    """Where a chart has a color, more or less: bool, shape (height, width)."""
    image = QImage(chart.size(), QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    chart.render(image)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)
    return np.asarray(np.abs(pixels[..., :3] - np.array(color, int)).sum(-1) < 250)


def test_a_curve_goes_from_the_lower_left_to_the_upper_right(chart: LineChart) -> None:
    chart.set_curves(["#ff0000"])
    chart.set_data(0, [0.0, 1.0], [0.0, 1.0])
    rows, columns = np.nonzero(drawn(chart, RED))
    assert (columns.min(), columns.max()) == (pytest.approx(40, abs=2), pytest.approx(239, abs=2))
    assert (rows.min(), rows.max()) == (pytest.approx(0, abs=2), pytest.approx(100, abs=2))
    assert np.abs((columns - 40) / 2 - (100 - rows)).max() <= 3


def test_a_gap_is_left_out(chart: LineChart) -> None:
    chart.set_curves(["#ff0000"])
    chart.set_data(0, [0.0, 0.25, 0.75, 1.0], [0.5] * 4, np.array([True, False, True, True]))
    columns = drawn(chart, RED).any(0)
    assert columns[45:85].all()
    assert not columns[95:185].any()
    assert columns[195:235].all()


def test_a_curve_of_many_points_keeps_its_extremes(chart: LineChart) -> None:
    values = np.full(100_000, 0.5)
    values[50_000], values[20_000] = 1.0, 0.0
    chart.set_curves(["#ff0000"])
    chart.set_data(0, np.linspace(0, 1, len(values)), values)
    rows, columns = np.nonzero(drawn(chart, RED))
    assert columns[rows <= 2].mean() == pytest.approx(140, abs=3)
    assert columns[rows >= 98].mean() == pytest.approx(80, abs=3)


def test_curves_are_added_and_removed(chart: LineChart) -> None:
    chart.set_curves(["inferred", "#0000ff"])
    chart.set_data(1, [0.0, 0.5, 1.0], [0.0, 1.0, 0.0])
    assert chart.curve_points(1) == ([0.0, 0.5, 1.0], [0.0, 1.0, 0.0])
    assert drawn(chart, BLUE).any()
    chart.set_curves(["#0000ff"])
    assert chart.curve_points(0) == ([], [])
    assert not drawn(chart, BLUE).any()


def test_nothing_is_drawn_outside_the_axes(chart: LineChart) -> None:
    chart.set_curves(["#ff0000"])
    chart.set_data(0, [-5.0, 5.0], [-5.0, 5.0])
    rows, columns = np.nonzero(drawn(chart, RED))
    assert columns.min() >= 40
    assert rows.max() <= 103


def test_wide_texts_make_room_for_good(chart: LineChart) -> None:
    chart.set_curves(["#ff0000"])
    chart.set_data(0, [0.0, 1.0], [0.5, 0.5])
    chart.set_value_axis([0.0, 1_000_000.0], "MB of memory")
    moved = np.nonzero(drawn(chart, RED))[1].min()
    assert moved > 60
    chart.set_value_axis([0.0, 1.0])
    assert np.nonzero(drawn(chart, RED))[1].min() == moved
