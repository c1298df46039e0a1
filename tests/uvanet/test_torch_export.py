"""A student as an exported program: the same step as in the ONNX file, at any size."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from command_kit import refused, run_command

import uvanet
from uvanet.deploy.torch_export import write_program
from uvanet.models import create_student
from uvanet.runtime.onnx_engine import OnnxEngine

if TYPE_CHECKING:
    from pathlib import Path


def test_the_program_gives_the_maps_of_the_onnx_file(tmp_path: Path) -> None:
    done = run_command("export", "uvanet-32", "--format", "pt2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(os.listdir(tmp_path)) == ["uvanet-32.json", "uvanet-32.pt2"]
    step = torch.export.load(str(tmp_path / "uvanet-32.pt2")).module()
    engine = uvanet.load("uvanet-32").engine
    assert isinstance(engine, OnnxEngine)
    rng = np.random.default_rng(3)
    for count, height, width in ((1, 64, 64), (3, 36, 64)):
        frames = rng.integers(0, 256, (count, height, width, 3), np.uint8)
        earlier = rng.random(engine.step(frames).features.shape, np.float32)
        expected = engine.step(frames, earlier)
        with torch.no_grad():
            saliency, features = step(torch.from_numpy(frames), torch.from_numpy(earlier))
        np.testing.assert_allclose(saliency.numpy(), expected.saliency, atol=1e-4)
        np.testing.assert_allclose(features.numpy(), expected.features, atol=1e-3)


@pytest.mark.parametrize("name", ["teacher-spatial", "uvanet-64-int8"])
def test_a_model_without_weights_for_torch_is_refused(name: str, tmp_path: Path) -> None:
    assert "Choose the format onnx." in refused("export", name, "--format", "pt2", cwd=tmp_path)


def test_a_memory_of_motion_is_exported(tmp_path: Path) -> None:
    torch.manual_seed(3)
    student = create_student("uvanet-32").eval()
    write_program(student, tmp_path / "student.pt2")
    step = torch.export.load(str(tmp_path / "student.pt2")).module()
    state = expected = torch.zeros(1, student.state_channels, 16, 24)
    with torch.no_grad():
        for level in (0, 40, 90):
            frame = torch.full((1, 64, 96, 3), level, dtype=torch.uint8)
            frame[:, 8:24, 8:24] = 255 - level
            saliency, state = step(frame, state)
            wanted = student.step(frame.permute(0, 3, 1, 2) / 255, expected)
            expected = wanted.features
            torch.testing.assert_close(state, expected, atol=1e-3, rtol=1e-3)
    logits = wanted.ensemble[:, 0]
    torch.testing.assert_close(saliency, torch.exp(logits - logits.amax()), atol=1e-4, rtol=1e-3)
