from __future__ import annotations

import math

import numpy as np
import pytest

from uvanet.video.smoothing import smooth


def flat(value: float) -> np.ndarray:
    return np.full((4, 6), value, np.float32)


def test_weights_fall_with_age() -> None:
    history = [(1.0, flat(0.2)), (1.1, flat(0.6)), (1.3, flat(1.0))]
    weights = [math.exp(-0.3 / 0.2), math.exp(-0.2 / 0.2), 1.0]
    expected = np.average([0.2, 0.6, 1.0], weights=weights)
    result = smooth(history, 0.2)
    assert result.dtype == np.float32
    assert result == pytest.approx(np.full((4, 6), expected))


def test_no_time_constant_gives_the_last_map() -> None:
    last = flat(0.9)
    result = smooth([(0.0, flat(0.1)), (0.04, last)], 0.0)
    assert np.array_equal(result, last)
    result[:] = 0
    assert (last == np.float32(0.9)).all()  # a copy


def test_a_long_time_constant_gives_the_mean() -> None:
    history = [(n / 30, flat(n % 2)) for n in range(10)]
    assert smooth(history, 1e6) == pytest.approx(flat(0.5), abs=1e-4)


def test_what_is_long_past_counts_for_nothing() -> None:
    assert smooth([(0.0, flat(1.0)), (100.0, flat(0.0))], 0.5) == pytest.approx(flat(0.0))


def test_it_calms_flicker_and_keeps_the_range() -> None:
    rng = np.random.default_rng(0)
    maps = [(n / 30, rng.random((8, 8), np.float32)) for n in range(40)]
    raw = np.stack([m for _, m in maps[20:]])
    calm = np.stack([smooth(maps[: n + 1], 0.2) for n in range(20, 40)])
    assert np.abs(np.diff(calm, axis=0)).mean() < 0.5 * np.abs(np.diff(raw, axis=0)).mean()
    assert calm.min() >= 0
    assert calm.max() <= 1


def test_the_history_is_left_alone() -> None:
    history = [(0.0, flat(0.2)), (0.1, flat(0.8))]
    smooth(history, 0.3)
    assert (history[0][1] == np.float32(0.2)).all()
    assert (history[1][1] == np.float32(0.8)).all()


@pytest.mark.parametrize(("history", "tau"), [([], 0.1), ([(0.0, flat(1))], -1.0)])
def test_what_makes_no_sense(history: list[tuple[float, np.ndarray]], tau: float) -> None:
    with pytest.raises(ValueError, match=r"smooth needs|tau is"):
        smooth(history, tau)
