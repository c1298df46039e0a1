"""Calibration of the scale of a model's logits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from uvanet.data import fixations
from uvanet.evaluation.calibration import best_logit_scale, golden_section
from uvanet.metrics import cc

if TYPE_CHECKING:
    from pathlib import Path


def test_golden_section_finds_a_maximum_inside_its_bounds() -> None:
    asked: list[float] = []

    def value(scale: float) -> float:
        asked.append(scale)
        return -(np.log(scale / 2.3) ** 2)

    assert golden_section(value, 0.25, 8.0) == pytest.approx(2.3, rel=0.02)
    assert len(asked) < 20


def test_the_best_scale_undoes_what_flattened_the_maps(gaze_tree: Path) -> None:
    """If the logits are a third of the true ones, the scale is above 1.4, the largest of 0.1.0."""
    pictures = fixations.read_split(gaze_tree, "train")
    truth = {one.image().tobytes(): one.gaze().density_on((48, 36)) for one in pictures}

    def flattened(image: np.ndarray) -> np.ndarray:
        return np.asarray((truth[image.tobytes()] + 1e-6) ** (1 / 3), np.float32)

    scale = best_logit_scale(flattened, pictures)
    assert 1.8 < scale < 5


def test_the_best_scale_keeps_cc(gaze_tree: Path) -> None:
    """By NSS alone, maps equal to the density of gaze would be sharpened without limit."""
    pictures = fixations.read_split(gaze_tree, "train")
    truth = {one.image().tobytes(): one.gaze().density_on((48, 36)) for one in pictures}

    def exact(image: np.ndarray) -> np.ndarray:
        return np.asarray(truth[image.tobytes()], np.float32)

    scale = best_logit_scale(exact, pictures)
    assert 1 < scale < 1.5
    kept = [cc(exact(one.image()) ** scale, exact(one.image())) for one in pictures]
    assert np.mean(kept) == pytest.approx(0.99, abs=0.005)
