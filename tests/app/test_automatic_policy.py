"""The policy of the automatic choice: step times and rates in, a name out."""

from __future__ import annotations

import itertools

import pytest

from app.session.automatic_policy import (
    CALM_TICKS,
    MAX_CALM_TICKS,
    OVERLOAD_TICKS,
    SETTLE_TICKS,
    AutomaticPolicy,
)

TIMES = {"small": 0.3, "middle": 1.5, "large": 8.0}


def chosen(rate: float) -> AutomaticPolicy:
    policy = AutomaticPolicy(TIMES)
    policy.set_rate(rate)
    return policy


def observe(policy: AutomaticPolicy, step_ms: float | None, ticks: int) -> list[str]:
    names = []
    for _ in range(ticks):
        policy.observe(step_ms)
        names.append(policy.name)
    return names


@pytest.mark.parametrize(
    ("rate", "name"),
    [
        (1.0, "large"),  # a still picture
        (24.0, "large"),  # 8.0 of 10.4 ms
        (31.25, "large"),  # exactly a quarter
        (31.5, "middle"),
        (60.0, "middle"),
        (166.0, "middle"),  # 1.5 of 1.506 ms
        (240.0, "small"),
        (5000.0, "small"),  # none fits: the smallest
    ],
)
def test_the_largest_that_takes_a_quarter_of_a_frames_time(rate: float, name: str) -> None:
    policy = chosen(rate)
    assert policy.name == name
    assert not policy.busy


def test_another_rate_chooses_anew_and_the_same_rate_does_not() -> None:
    policy = chosen(30.0)
    observe(policy, 30.0, SETTLE_TICKS + OVERLOAD_TICKS)
    assert policy.name == "middle"
    policy.set_rate(30.0)
    assert policy.name == "middle"
    assert policy.busy
    policy.set_rate(25.0)
    assert policy.name == "large"
    policy.set_rate(120.0)
    assert policy.name == "middle"
    assert not policy.busy


@pytest.mark.parametrize("step_ms", [8.0, 12.0, 16.0])
def test_a_step_below_half_a_frames_time_changes_nothing(step_ms: float) -> None:
    policy = chosen(30.0)
    assert set(observe(policy, step_ms, 1000)) == {"large"}


def test_overload_steps_down_once_at_a_time_and_only_after_a_while() -> None:
    policy = chosen(30.0)
    names = observe(policy, 40.0, 3 * (SETTLE_TICKS + OVERLOAD_TICKS))
    runs = [(name, len(list(group))) for name, group in itertools.groupby(names)]
    assert runs[:2] == [
        ("large", SETTLE_TICKS + OVERLOAD_TICKS - 1),
        ("middle", SETTLE_TICKS + OVERLOAD_TICKS),
    ]
    assert [name for name, _ in runs] == ["large", "middle", "small"]  # and no further
    assert policy.busy


def test_single_slow_moments_change_nothing() -> None:
    policy = chosen(30.0)
    for _ in range(500):
        observe(policy, 40.0, OVERLOAD_TICKS - 1)
        observe(policy, 9.0, 1)
    assert policy.name == "large"


def test_observations_without_steps_count_as_nothing() -> None:
    policy = chosen(30.0)
    observe(policy, 40.0, SETTLE_TICKS + OVERLOAD_TICKS - 1)
    observe(policy, None, 1000)
    assert policy.name == "large"
    observe(policy, 40.0, 1)
    assert policy.name == "middle"


def test_the_larger_one_returns_when_the_load_has_gone() -> None:
    policy = chosen(30.0)
    observe(policy, 40.0, SETTLE_TICKS + OVERLOAD_TICKS)
    # The middle one is twice as slow as alone: the large one would take 16 of 33 ms.
    assert set(observe(policy, 3.0, 5000)) == {"middle"}
    assert observe(policy, 1.5, 2 * CALM_TICKS)[-2:] == ["middle", "large"]
    assert not policy.busy


def test_load_that_comes_and_goes_changes_the_model_ever_more_seldom() -> None:
    """A minute of load, two minutes without, for a day: no more than a few changes an hour."""
    policy, names = chosen(30.0), []
    minute = 120  # ticks
    for _ in range(8 * 60):
        for step in (5.0, 1.0, 1.0):
            for _ in range(minute):
                policy.observe(TIMES[policy.name] * step)
                names.append(policy.name)
    changes = sum(a != b for a, b in itertools.pairwise(names))
    assert 2 <= changes <= 2 * 8
    late = names[len(names) // 2 :]
    assert sum(a != b for a, b in itertools.pairwise(late)) <= 2


def test_after_much_load_it_still_returns() -> None:
    policy = chosen(30.0)
    for _ in range(20):
        observe(policy, 40.0, 2 * (SETTLE_TICKS + OVERLOAD_TICKS))
        observe(policy, 0.1, 2 * MAX_CALM_TICKS + 2 * SETTLE_TICKS)
        assert policy.name == "large"


def test_one_student_alone_always_runs() -> None:
    policy = AutomaticPolicy({"only": 50.0})
    policy.set_rate(60.0)
    assert set(observe(policy, 100.0, 100)) == {"only"}
    assert not policy.busy
