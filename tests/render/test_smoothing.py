from __future__ import annotations

import math

import numpy as np
import pytest

from uvanet.video.smoothing import Smoother


def flat(value: float) -> np.ndarray:
    return np.full((4, 6), value, np.float32)


def smoothed(history: list[tuple[float, np.ndarray]], tau: float) -> np.ndarray:
    smoother = Smoother(tau)
    return [smoother.step(*entry) for entry in history][-1]


def test_weights_fall_with_age() -> None:
    history = [(1.0, flat(0.2)), (1.1, flat(0.6)), (1.3, flat(1.0))]
    weights = [math.exp(-0.3 / 0.2), math.exp(-0.2 / 0.2), 1.0]
    expected = np.average([0.2, 0.6, 1.0], weights=weights)
    result = smoothed(history, 0.2)
    assert result.dtype == np.float32
    assert result == pytest.approx(np.full((4, 6), expected))


def test_no_time_constant_gives_the_last_map() -> None:
    last = flat(0.9)
    result = smoothed([(0.0, flat(0.1)), (0.04, last)], 0.0)
    assert np.array_equal(result, last)
    result[:] = 0
    assert (last == np.float32(0.9)).all()  # a copy


def test_the_average_does_not_share_its_memory() -> None:
    smoother = Smoother(0.3)
    first = flat(0.2)
    smoother.step(0.0, first)[:] = 9.0
    smoother.step(0.1, flat(0.8))[:] = 9.0
    assert smoother.step(0.2, flat(0.5)).max() < 1.0
    assert (first == np.float32(0.2)).all()


def test_a_long_time_constant_gives_the_mean() -> None:
    history = [(n / 30, flat(n % 2)) for n in range(10)]
    assert smoothed(history, 1e6) == pytest.approx(flat(0.5), abs=1e-4)


def test_what_is_long_past_counts_for_nothing() -> None:
    history = [(0.0, flat(1.0)), (100.0, flat(0.0))]
    assert smoothed(history, 0.5) == pytest.approx(flat(0.0))


def test_it_calms_flicker_and_keeps_the_range() -> None:
    rng = np.random.default_rng(0)
    raw = rng.random((40, 8, 8), np.float32)
    smoother = Smoother(0.2)
    calm = np.stack([smoother.step(n / 30, saliency) for n, saliency in enumerate(raw)])
    changes = (np.abs(np.diff(maps[20:], axis=0)).mean() for maps in (calm, raw))
    assert next(changes) < 0.5 * next(changes)
    assert calm.min() >= 0
    assert calm.max() <= 1


def test_a_reset_and_a_jump_back_begin_anew() -> None:
    smoother = Smoother(0.5)
    smoother.step(1.0, flat(1.0))
    smoother.reset()
    assert smoother.step(1.1, flat(0.2)) == pytest.approx(flat(0.2))
    assert smoother.step(0.5, flat(0.6)) == pytest.approx(flat(0.6))


def test_a_map_of_other_proportions_begins_anew() -> None:
    smoother = Smoother(0.5)
    smoother.step(1.0, flat(1.0))
    assert smoother.step(1.1, np.zeros((6, 4), np.float32)).max() == 0


def test_a_map_of_more_pixels_continues() -> None:
    smoother = Smoother(1.0)
    smoother.step(1.0, flat(0.8))
    result = smoother.step(1.1, np.zeros((9, 13), np.float32))
    expected = 0.8 * math.exp(-0.1) / (1 + math.exp(-0.1))
    assert result == pytest.approx(np.full((9, 13), expected), rel=1e-4)


@pytest.mark.parametrize("tau", [-1.0, math.nan])
def test_what_makes_no_sense(tau: float) -> None:
    with pytest.raises(ValueError, match="tau is"):
        Smoother(tau)
