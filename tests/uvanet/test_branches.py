"""The ensemble and the branches of a student, measured in one forward pass a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gaze_trees as trees
import numpy as np
import pytest

from uvanet.data import find_who_to_look_at as talk
from uvanet.data.fixations import read
from uvanet.evaluation.branches import branch_predictors
from uvanet.evaluation.evaluator import evaluate_predictors
from uvanet.evaluation.predictors import PREDICTIONS
from uvanet.evaluation.registry import build_predictors
from uvanet.model import create_model, load
from uvanet.models import SpatioTemporal

if TYPE_CHECKING:
    from pathlib import Path


def no_prior() -> None:
    raise AssertionError("no row needs the prior")


@pytest.mark.parametrize("kind", ["pictures", "clips"])
def test_they_score_as_when_each_runs_alone(
    gaze_data_root: Path, tmp_path: Path, kind: str
) -> None:
    if kind == "pictures":
        data = read(gaze_data_root, "val")
    else:
        data = talk.read(trees.talk_tree(tmp_path, clips=2, frames=60))
    together = branch_predictors(create_model("uvanet-32"), load("uvanet-32").card)
    alone = build_predictors([f"uvanet-32:{name}" for name in PREDICTIONS], [], no_prior)
    one = evaluate_predictors(data, together, ("nss", "cc")).values
    other = evaluate_predictors(data, alone, ("nss", "cc")).values
    assert list(one) == list(PREDICTIONS)
    for name in PREDICTIONS:
        np.testing.assert_allclose(one[name], other[f"uvanet-32:{name}"], atol=1e-4)


def test_a_frame_is_run_once(gaze_data_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    student, calls = create_model("uvanet-32"), []
    forward = SpatioTemporal.forward
    monkeypatch.setattr(
        SpatioTemporal, "forward", lambda self, *given: calls.append(1) or forward(self, *given)
    )
    data = read(gaze_data_root, "val")
    evaluate_predictors(data, branch_predictors(student, load("uvanet-32").card), ("nss",))
    assert len(calls) == len(data.pictures)
