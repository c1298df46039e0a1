"""Shown sizes: rows NAME@SIDE, the curve of a model, and the choice of its size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from uvanet.data.fixations import read, read_split
from uvanet.errors import UsageError
from uvanet.evaluation.evaluator import score
from uvanet.evaluation.registry import build_predictors
from uvanet.evaluation.size_curve import CurvePoint, best_side, measure_curve, pareto_front
from uvanet.model import load
from uvanet.runtime.input_size import fit_to_area

if TYPE_CHECKING:
    from pathlib import Path

PICTURE = np.zeros((96, 128, 3), np.uint8)


def no_prior() -> None:
    raise AssertionError("no row needs the prior")


def point(side: int, nss: float, cc: float, ms: float = 0.0, model: str = "a") -> CurvePoint:
    return CurvePoint(model, side, ms, {"val": nss}, {"val": nss}, {"val": nss}, {"val": cc})


@pytest.mark.parametrize("name", ["uvanet-32", "uvanet-32:spatial"])
def test_a_row_with_a_side_shows_the_model_as_many_pixels(name: str) -> None:
    (row,) = build_predictors([f"{name}@48"], [], no_prior)
    assert row.name == f"{name}@48"
    height, width = fit_to_area(96, 128, 48 * 48)
    assert row.predict(PICTURE, 0.0).shape == (height // 2, width // 2)


@pytest.mark.parametrize("row", ["uvanet-32@4", "uvanet-32@99999"])
def test_an_impossible_side_is_refused(row: str) -> None:
    with pytest.raises(UsageError, match="No model can be shown"):
        build_predictors([row], [], no_prior)


def test_a_curve_has_the_scores_of_each_size(gaze_data_root: Path) -> None:
    data, pictures = read(gaze_data_root, "val"), read_split(gaze_data_root, "val")
    points = measure_curve(
        "uvanet-32",
        lambda: load("uvanet-32"),
        (32, 64),
        [data],
        lambda model: float(model.engine.input_size[0]),
    )
    assert [(one.model, one.side, one.ms) for one in points] == [
        ("uvanet-32", 32, 32.0),
        ("uvanet-32", 64, 64.0),
    ]
    for one in points:
        (row,) = build_predictors([f"uvanet-32@{one.side}"], [], no_prior)
        wanted = score(pictures, row, ("nss", "cc"))
        assert one.nss[data.name] == pytest.approx(wanted["nss"])
        assert one.cc[data.name] == pytest.approx(wanted["cc"])
        assert one.nss_low[data.name] <= one.nss[data.name] <= one.nss_high[data.name]
    assert points[0].nss != points[1].nss


@pytest.mark.parametrize(
    ("points", "side"),
    [
        # The best NSS is chosen where CC is kept ...
        ([point(64, 2.0, 0.70), point(96, 2.2, 0.70), point(128, 2.1, 0.70)], 96),
        # ... not where it is lost ...
        ([point(64, 2.0, 0.70), point(96, 2.1, 0.695), point(128, 2.3, 0.60)], 96),
        # ... a little CC is given up for much NSS, as of uvanet-256 ...
        ([point(224, 2.328, 0.722), point(256, 2.369, 0.716), point(280, 2.43, 0.712)], 280),
        # ... and a larger size with hardly more NSS is not chosen.
        ([point(64, 2.195, 0.70), point(96, 2.2, 0.70)], 64),
    ],
)
def test_the_chosen_size_has_the_best_nss_that_keeps_cc(
    points: list[CurvePoint], side: int
) -> None:
    assert best_side(points, "val") == side


def test_the_front_holds_what_nothing_faster_beats() -> None:
    fast, slow = point(32, 1.7, 0.6, ms=0.1), point(64, 2.0, 0.6, ms=0.4)
    beaten = point(32, 1.9, 0.6, ms=0.5, model="b")
    assert pareto_front([beaten, slow, fast], "val") == [fast, slow]
