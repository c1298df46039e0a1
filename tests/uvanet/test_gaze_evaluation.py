"""Choosing weights on held-out gaze: students are measured as they ship."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from uvanet.data.fixations import read_split
from uvanet.evaluation.branches import student_predictor
from uvanet.evaluation.calibration import best_logit_scale
from uvanet.evaluation.evaluator import score
from uvanet.models import create_student
from uvanet.training.distillation import GazeEvaluation

if TYPE_CHECKING:
    from pathlib import Path


def test_a_student_is_measured_at_its_largest_size_with_its_best_logit_scale(
    gaze_tree: Path,
) -> None:
    pictures = read_split(gaze_tree, "val")
    torch.manual_seed(1)
    student = create_student("uvanet-32").eval()
    value, _ = GazeEvaluation(pictures)(student, 0)
    predict = student_predictor(student, side=student.preset.max_shown_size)
    scale = best_logit_scale(predict, pictures)
    assert scale != 1.0
    scaled = score(pictures, lambda image: predict(image) ** scale, ("nss",))["nss"]
    assert value == pytest.approx(scaled)
    assert value != pytest.approx(score(pictures, student_predictor(student), ("nss",))["nss"])
