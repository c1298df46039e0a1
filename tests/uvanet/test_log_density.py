"""Labels without center bias, from which crops are cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from training_kit import write_teacher

from uvanet.models.teacher import SpatialTeacher
from uvanet.training.teachers.export import export_spatial
from uvanet.training.teachers.inference import LogDensityTeacher, find_teacher, load_spatial

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def image() -> np.ndarray:
    rng = np.random.default_rng(4)
    image = rng.integers(0, 256, (288, 384, 3), np.uint8)
    image[40:140, 60:120] = 220
    return image


def test_the_center_bias_is_taken_out_and_added_again(tmp_path: Path, image: np.ndarray) -> None:
    torch.manual_seed(3)
    teacher = SpatialTeacher((0, 0), 16).eval()
    teacher.sharpness.fill_(1.7)
    export_spatial(teacher, tmp_path / "even.onnx")
    bias = torch.linspace(-1, 2, 9 * 12).reshape(1, 1, 9, 12)
    teacher.readouts[0].centre_bias.data.copy_(1.5 * bias)
    teacher.readouts[1].centre_bias.data.copy_(0.5 * bias)
    export_spatial(teacher, tmp_path / "biased.onnx")

    biased = LogDensityTeacher(tmp_path / "biased.onnx")
    even = LogDensityTeacher(tmp_path / "even.onnx")
    assert not even.center_bias.any()
    symmetric = 1.7 * (bias + bias.flip(3)) / 2
    assert np.allclose(biased.center_bias, symmetric[0, 0], atol=1e-5)
    logits = biased.log_density(image)
    offset = logits - even.log_density(image)  # logits of a softmax: any constant may be added
    assert offset.std() < 1e-4

    larger = F.interpolate(symmetric, size=(36, 48), mode="bicubic", align_corners=False)
    expected = F.softmax((torch.from_numpy(logits) + larger[0, 0]).flatten(), 0).reshape(36, 48)
    assert np.allclose(biased.density(image), expected, atol=1e-6)


def test_mirrored_pictures_have_mirrored_labels_and_the_shipped_teacher_agrees(
    image: np.ndarray,
) -> None:
    path = find_teacher("teacher-spatial")
    teacher, label = LogDensityTeacher(path), load_spatial(path, 1)
    logits = teacher.log_density(image)
    assert logits.shape == (36, 48)
    assert np.allclose(teacher.log_density(image[:, ::-1])[:, ::-1], logits, atol=1e-4)
    assert teacher.center_bias.any()
    both = np.log(label(image)) + np.log(label(image[:, ::-1])[:, ::-1])
    expected = np.exp(both / 2) / np.exp(both / 2).sum()
    assert np.abs(teacher.density(image) - expected).max() < 1e-3 * expected.max()


def test_a_teacher_without_center_bias_keeps_its_logits(tmp_path: Path) -> None:
    teacher = LogDensityTeacher(write_teacher(tmp_path / "green.onnx"))
    image = np.zeros((288, 384, 3), np.uint8)
    image[:, 192:, 1] = 255
    assert not teacher.center_bias.any()
    density = teacher.density(image)
    assert density[:, 24:].sum() > 0.9
    assert density.sum() == pytest.approx(1, abs=1e-4)
