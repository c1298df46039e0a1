"""Calibration of the scale of a model's logits, and of its center bias."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import torch

from uvanet.data import fixations
from uvanet.evaluation.branches import student_predictor
from uvanet.evaluation.calibration import (
    best_calibration,
    best_logit_scale,
    golden_section,
    log_center,
)
from uvanet.metrics import cc
from uvanet.models import create_student

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


def middle() -> np.ndarray:
    """A center bias: gaze around the middle."""
    yy, xx = np.mgrid[0:64, 0:64]
    return log_center(np.exp(-((xx - 31.5) ** 2 + (yy - 31.5) ** 2) / 500).astype(np.float32))


Predict = Callable[[np.ndarray], np.ndarray]
Scene = tuple[list[fixations.GazePicture], Callable[[float], Predict]]


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """People look at blobs, the more the nearer these are to the middle.

    The second value makes a predictor that misses a share of this center bias.
    """
    rng = np.random.default_rng(7)
    height, width = 96, 128
    field = cv2.resize(middle(), (width, height), interpolation=cv2.INTER_LINEAR)
    yy, xx = np.mgrid[0:height, 0:width]
    pictures, blobs = [], {}
    for number in range(40):
        places = rng.random((6, 2)) * (height, width)
        found = sum(np.exp(-((yy - y) ** 2 + (xx - x) ** 2) / 60) for y, x in places)
        gaze = (found * np.exp(field)).ravel()
        cells = rng.choice(gaze.size, 300, p=gaze / gaze.sum())
        path = tmp_path / f"{number}.png"
        cv2.imwrite(str(path), np.full((height, width, 3), number, np.uint8))
        points = (np.column_stack([cells % width, cells // width]) + 0.5).astype(np.float32)
        observers = np.arange(len(points), dtype=np.int32) % 15
        pictures.append(fixations.GazePicture("blobs", path, points, observers))
        blobs[number] = found

    def predictor(missing: float) -> Predict:
        def predict(image: np.ndarray) -> np.ndarray:
            bias = np.exp((1 - missing) * field)
            return np.asarray(blobs[int(image[0, 0, 0])] * bias, np.float32)

        return predict

    return pictures, predictor


@pytest.mark.parametrize("missing", [0.0, 0.4, 0.8])
def test_the_best_gain_gives_back_a_center_bias_that_is_missing(
    scene: Scene, missing: float
) -> None:
    pictures, predictor = scene
    gain = best_calibration(predictor(missing), pictures, middle()).center_gain
    assert gain == pytest.approx(missing, abs=0.2)


def test_the_largest_gain_is_chosen_that_costs_next_to_nothing(scene: Scene) -> None:
    pictures, predictor = scene
    away = -middle()
    assert best_calibration(predictor(0.0), pictures, away).center_gain <= 0.1
    assert best_calibration(predictor(0.0), pictures, 0.01 * away).center_gain == 1.0


def test_a_center_bias_of_a_student_multiplies_its_maps() -> None:
    torch.manual_seed(3)
    student = create_student("uvanet-32").eval()
    image = np.random.default_rng(0).integers(0, 256, (96, 128, 3), np.uint8)
    before = student_predictor(student)(image)
    student.add_center_bias(torch.from_numpy(0.5 * middle()))
    after = student_predictor(student)(image)
    field = cv2.resize(middle(), before.shape[::-1], interpolation=cv2.INTER_LINEAR)
    expected = before * np.exp(0.5 * field)
    assert after == pytest.approx(expected / expected.max(), abs=1e-4)
