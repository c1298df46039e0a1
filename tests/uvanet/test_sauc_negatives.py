"""Negatives of the shuffled AUC."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gaze_trees as trees
import numpy as np

from uvanet.data import find_who_to_look_at as talk
from uvanet.data import fixations
from uvanet.data.gaze import Gaze, GazeSet
from uvanet.evaluation.sauc_negatives import SaucNegatives

if TYPE_CHECKING:
    from pathlib import Path


def test_negatives_come_from_other_pictures(gaze_tree: Path) -> None:
    found = fixations.read(gaze_tree, "train")
    negatives = SaucNegatives(found, seed=0)
    own = found.pictures[2].gaze()
    others = negatives.of(found.pictures[2].name, None, (240, 180))
    assert len(others) == 35
    own_large = own.points((240, 180))
    assert not (np.abs(others[:, None] - own_large).max(2) < 1e-3).any()
    expected = np.concatenate([p.gaze().points((240, 180)) for p in found.pictures]).max(0)
    assert others.max() <= expected.max() + 1e-3


def test_negatives_of_a_frame_come_from_other_clips(tmp_path: Path) -> None:
    found = talk.read(trees.talk_tree(tmp_path, clips=2, frames=50))
    negatives = SaucNegatives(found, seed=0)
    assert len(negatives.of("000", 30, talk.SIZE)) == 6
    of_other = np.concatenate([found.clips[1].gaze(k).points(talk.SIZE) for k in (30, 45)])
    np.testing.assert_allclose(negatives.of("000", 30, talk.SIZE), of_other, rtol=1e-5)
    alone = GazeSet("talk", clips=found.clips[:1])
    of_neighbour = found.clips[0].gaze(45).points(talk.SIZE)
    found_alone = SaucNegatives(alone, seed=0).of("000", 30, talk.SIZE)
    np.testing.assert_allclose(found_alone, of_neighbour, rtol=1e-5)


def test_the_seed_selects_the_negatives_of_a_large_set() -> None:
    class One:
        dataset = "made"

        def __init__(self, number: int) -> None:
            self.name = str(number)
            self.number = number

        def gaze(self) -> Gaze:
            return Gaze((1000, 1), np.array([[self.number, 0]], np.float32))

    large = GazeSet("large", [One(i) for i in range(500)])  # type: ignore[arg-type]
    drawn = [SaucNegatives(large, seed).of("none", None, (1000, 1))[:, 0] for seed in (1, 1, 2)]
    assert len(set(drawn[0].tolist())) == 200
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert set(drawn[0].tolist()) != set(drawn[2].tolist())
