"""Axes: round steps, and a range that stays while data come and go."""

import itertools

import pytest

from app.ui.steady_axis import SteadyAxis


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.0, 20.0, [0, 5, 10, 15, 20]),
        (0.0, 61.0, [0, 20, 40, 60, 80]),
        (0.0, 0.7, [0, 0.2, 0.4, 0.6, 0.8]),
        (-0.3, 1.0, [-0.5, 0, 0.5, 1.0]),
        (230.0, 231.0, [230, 230.5, 231]),
        (5.0, 5.0, None),
        (0.0, 1.0e7, [0, 5e6, 1e7]),
    ],
)
def test_ticks_are_round_and_hold_the_data(low, high, ticks):
    found = SteadyAxis(low, high).ticks
    assert found[0] <= low
    assert found[-1] >= high
    assert 2 <= len(found) <= 5
    steps = {round(after - before, 9) for before, after in itertools.pairwise(found)}
    assert len(steps) == 1
    if ticks is not None:
        assert found == pytest.approx(ticks)


def test_values_around_a_round_number_do_not_move_the_range():
    """The axis of 0.1.0 was recomputed at each value: 19, 21, 19 gave 20, 30, 20."""
    axis = SteadyAxis(0.0, 20.0)
    axis.fit(0.0, 21.0)
    tops = {axis.fit(0.0, high)[-1] for high in (19.0, 21.0, 19.5, 22.0, 18.0, 25.0)}
    assert tops == {30.0}


def test_the_range_grows_at_once_and_shrinks_when_half_is_unused():
    axis = SteadyAxis(0.0, 10.0)
    assert axis.fit(0.0, 95.0)[-1] >= 95.0
    assert axis.fit(0.0, 60.0)[-1] == 100.0
    assert axis.fit(0.0, 12.0)[-1] < 50.0
    axis.reset()
    assert axis.ticks[-1] == 10.0


def test_values_that_are_not_finite_leave_the_range():
    axis = SteadyAxis(0.0, 1.0)
    assert axis.fit(float("nan"), float("inf")) == axis.ticks
    assert axis.ticks[-1] == 1.0
