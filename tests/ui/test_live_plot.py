"""Charts of the last minute: what a pause, a new source and changing numbers do to them."""

import pytest

from app.ui.controls import SteadyLabel
from app.ui.live_plot import PlotCard


@pytest.fixture
def card(qtbot):
    card = PlotCard("Memory", [("resident", "memory")], "{:.0f} MB".format, 84, 100.0, "MB")
    qtbot.addWidget(card)
    card.start()
    card.show()
    yield card
    card.stop()


def test_a_chart_is_built_when_it_is_first_visible(card):
    card.stop()
    card.hide()
    card.add(1.0, [50.0])
    card.start()
    assert not card.started
    card.show()
    assert card.started
    assert card.chart.curve_points(0)[1] == [50.0]


def test_a_chart_that_was_stopped_is_not_built(card):
    card.stop()
    card.hide()
    card.show()
    assert not card.started


def test_the_past_is_kept_in_a_pause(card):
    """An hour of pause pushed everything out of the chart."""
    for seconds in range(10):
        card.add(float(seconds), [50.0])
    card.pause()
    card.add(3600.0, [60.0])
    card.add(3601.0, [70.0])
    ages, values = card.chart.curve_points(0)
    assert values == [50.0] * 10 + [60.0, 70.0]
    assert ages[-3:] == [-1.0, -1.0, 0.0]
    assert ages[0] == -10.0


def test_a_value_of_a_pause_is_a_number_and_no_point(card):
    card.add(1.0, [50.0])
    card.show_values([40.0])
    assert card.values[0].text() == "40 MB"
    assert card.chart.curve_points(0)[1] == [50.0]


def test_the_axis_holds_the_value_that_is_shown_in_a_pause(card):
    """It ended at 100 MB beside the number 224 MB."""
    card.show_values([224.0])
    assert card._axis.ticks[-1] >= 224.0
    assert card.chart.curve_points(0)[1] == []


def test_the_axis_names_its_unit_and_stays(card):
    axis = card.chart._plot.getAxis("left")
    for seconds, value in enumerate((95.0, 105.0, 99.0, 101.0)):
        card.add(float(seconds), [value])
    ticks = axis._tickLevels[0]
    assert ticks == [(0.0, "0"), (100.0, "100"), (200.0, "200\N{NO-BREAK SPACE}MB")]
    assert axis.width() >= card.chart.fontMetrics().horizontalAdvance("200 MB") * 0.75


def test_numbers_keep_their_place(qtbot):
    label = SteadyLabel()
    qtbot.addWidget(label)
    label.reset("Dropped 88888")
    label.setText("No drops")
    least = label.minimumWidth()
    label.setText("Dropped 12: network busy 12")
    wider = label.minimumWidth()
    assert wider > least
    label.setText("No drops")
    assert label.minimumWidth() == wider
    label.reset("Dropped 88888")
    assert label.minimumWidth() == least
