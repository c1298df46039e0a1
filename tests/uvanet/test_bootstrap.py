"""Bootstrap intervals of scores and of their paired differences."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from example_predictors import bright

from uvanet.data import fixations
from uvanet.evaluation.bootstrap import draw_weights, interval
from uvanet.evaluation.evaluator import evaluate_predictors
from uvanet.evaluation.predictors import FunctionPredictor
from uvanet.evaluation.report import as_table, report

if TYPE_CHECKING:
    from pathlib import Path


def test_an_interval_matches_the_normal_approximation() -> None:
    values = np.random.default_rng(0).normal(2, 1, 400)
    found = interval(values, draw_weights([""] * 400, 2000, 0))
    assert found.mean == pytest.approx(values.mean())
    # The normal approximation: 1.96 standard errors each way.
    assert found.high - found.low == pytest.approx(2 * 1.96 / 20, rel=0.12)
    assert found.low < found.mean < found.high
    assert found.n == 400


def test_frames_of_one_clip_give_wider_intervals_than_pictures() -> None:
    rng = np.random.default_rng(1)
    clips = [f"clip {i // 40}" for i in range(400)]
    values = np.repeat(rng.normal(0, 1, 10), 40) + rng.normal(0, 0.1, 400)
    honest = interval(values, draw_weights(clips, 2000, 0))
    naive = interval(values, draw_weights([""] * 400, 2000, 0))
    assert honest.high - honest.low > 3 * (naive.high - naive.low)
    # Every resample has as many clips as the set, whatever their lengths.
    assert draw_weights(clips, 50, 0).sum(1).tolist() == [400] * 50


def test_resamples_depend_on_the_seed_only() -> None:
    for kinds in ([""] * 30, ["a"] * 10 + ["b"] * 20):
        same = [draw_weights(kinds, 20, seed) for seed in (5, 5, 6)]
        np.testing.assert_array_equal(same[0], same[1])
        assert (same[0] != same[2]).any()


def test_nan_values_are_left_out_of_intervals() -> None:
    values = np.array([1.0, np.nan, 3.0])
    found = interval(values, draw_weights([""] * 3, 500, 0))
    assert (found.mean, found.n) == (2, 2)
    assert 1 <= found.low <= found.high <= 3
    nothing = interval(np.array([np.nan]), draw_weights([""], 10, 0))
    assert nothing.n == 0
    assert math.isnan(nothing.low)


def test_paired_differences_have_narrower_intervals(gaze_tree: Path) -> None:
    """Both predictors see the same pictures, whose common differences cancel."""

    def better(image: np.ndarray) -> np.ndarray:
        return bright(image) ** 1.2

    rows = [FunctionPredictor("good", bright), FunctionPredictor("better", better)]
    scores = evaluate_predictors(fixations.read(gaze_tree, "train"), rows, ("nss",))
    result = report([scores], seed=0, draws=500, against="good")
    group = result["sets"]["fixations, train"]["groups"]["all"]
    difference, alone = group["differences"]["better"]["nss"], group["rows"]["better"]["nss"]
    good = group["rows"]["good"]["nss"]["mean"]
    assert difference["mean"] == pytest.approx(alone["mean"] - good, abs=1e-4)
    assert 0 < difference["low"] <= difference["mean"] <= difference["high"]
    assert difference["high"] - difference["low"] < alone["high"] - alone["low"]
    assert any("*" in line for line in as_table(result))
