"""The human row: one observer predicted from all others."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from uvanet.data import find_who_to_look_at as talk
from uvanet.data.fixations import read, read_split
from uvanet.data.gaze import GazeSet
from uvanet.evaluation.bootstrap import draw_weights, ratio
from uvanet.evaluation.evaluator import evaluate_predictors
from uvanet.evaluation.human import BLURS, HUMAN, HumanRow
from uvanet.metrics import nss

if TYPE_CHECKING:
    from pathlib import Path

SIZE = (420, 280)
NOWHERE = np.empty((0, 2), np.float32)


def gaze(observers: int, each: int = 5, spread: float = 12) -> tuple[np.ndarray, np.ndarray]:
    """Observers who look at one of two places, some pixels beside it."""
    rng = np.random.default_rng(4)
    places = np.array([[100, 90], [300, 200]])[rng.integers(0, 2, observers * each)]
    points = (places + rng.normal(0, spread, places.shape)).astype(np.float32)
    return points, np.repeat(np.arange(observers, dtype=np.int32), each)


def human(
    points: np.ndarray, observers: np.ndarray | None, others: np.ndarray = NOWHERE, *names: str
) -> list[float]:
    row = HumanRow()
    row.add("a", points, observers, others, SIZE)
    return list(row.values(names or ("nss",))[0])


def others_map(points: np.ndarray, blur: float) -> np.ndarray:
    """Their density at full resolution."""
    marks = np.zeros(SIZE[::-1], np.float32)
    np.add.at(marks, tuple(points.astype(int).T[::-1]), 1)
    return cv2.GaussianBlur(marks, (0, 0), blur * SIZE[0], borderType=cv2.BORDER_CONSTANT)


def test_it_is_the_nss_of_a_map_of_all_others() -> None:
    """Equal to the definition, computed at full resolution for each observer."""
    points, observers = gaze(6)
    points, observers = points[1:], observers[1:]  # the first observer has a smaller weight
    wanted = [
        sum(
            nss(others_map(points[observers != one], blur), points[observers == one])
            * (observers == one).sum()
            for one in range(6)
        )
        / len(points)
        for blur in BLURS
    ]
    assert human(points, observers) == pytest.approx([max(wanted)], rel=0.02)


def test_all_pictures_of_a_set_have_one_blur() -> None:
    sharp = [gaze(6, each, spread=3) for each in (4, 5, 6)]
    wide = gaze(6, spread=40)
    together, apart = HumanRow(), HumanRow()
    for points, observers in [*sharp, wide]:
        together.add("a", points, observers, NOWHERE, SIZE)
        apart.add("b" if points is wide[0] else "a", points, observers, NOWHERE, SIZE)
    one, two = together.values(("nss",)), apart.values(("nss",))
    assert (one[:3] == two[:3]).all()
    assert one[3] < two[3]


def test_what_has_no_human_score_is_nan() -> None:
    points, observers = gaze(4)
    names = ["nss", "auc_judd", "auc_shuffled", "information_gain", "cc", "sim", "kld"]
    found = human(points, observers, points + 30, *names)
    assert [math.isnan(value) for value in found] == [False] * 3 + [True] * 4
    assert all(0.5 < value <= 1 for value in found[1:3])
    for lonely in (observers * 0, None):
        assert np.isnan(human(points, lonely)).all()


def test_sets_without_observers_have_no_human_row(gaze_tree: Path) -> None:
    class Nameless:
        dataset, name = "made", "one"

        def __init__(self, picture: object) -> None:
            self.picture = picture
            self.image = picture.image

        def gaze(self) -> object:
            from dataclasses import replace

            return replace(self.picture.gaze(), observers=None)

    pictures = [Nameless(one) for one in read_split(gaze_tree, "val")]
    scores = evaluate_predictors(GazeSet("made", pictures), [], ("nss",), human=True)
    assert HUMAN not in scores.values
    known = evaluate_predictors(read(gaze_tree, "val"), [], ("nss",), human=True)
    assert known.values[HUMAN].shape == (2, 1)
    assert HUMAN not in evaluate_predictors(read(gaze_tree, "val"), [], ("nss",)).values


def test_the_interval_of_a_ratio_is_that_of_paired_means() -> None:
    rng = np.random.default_rng(0)
    human = rng.gamma(4, 1, 400)
    model = 0.7 * human + rng.normal(0, 0.1, 400)
    human[3] = np.nan
    found = ratio(model, human, draw_weights([""] * 400))
    assert found.n == 399
    assert found.low < 0.7 < found.high
    # The values vary by half of their mean, and their ratio hardly at all.
    assert found.high - found.low < 0.02
    assert math.isnan(ratio(model, np.full(400, np.nan), draw_weights([""] * 400)).mean)


@pytest.mark.parametrize(("group", "nss_"), [("osie", 4.15), ("crowd", 2.36), ("scene", 2.08)])
def test_it_reproduces_the_numbers_of_others(data_root: Path, group: str, nss_: float) -> None:
    pictures = [one for one in read_split(data_root, "val") if one.dataset == group]
    scores = evaluate_predictors(GazeSet(group, pictures), [], ("nss",), human=True)
    assert scores.values[HUMAN].mean() == pytest.approx(nss_, abs=0.05)


def test_active_fixations_on_talk_belong_to_different_observers(data_root: Path) -> None:
    clip = talk.read(data_root / "talk").clips[0]
    found = clip.gaze(clip.labelled[3])
    assert len(found.fixations) > 20
    assert len(set(found.observers.tolist())) == len(found.fixations)
