"""A student as an exported program: the same step as in the ONNX file, at any size."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from command_kit import refused, run_command

import uvanet
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
        earlier = rng.random((count, 32, height // 4, width // 4), np.float32)
        expected = engine.step(frames, earlier)
        with torch.no_grad():
            saliency, features = step(torch.from_numpy(frames), torch.from_numpy(earlier))
        np.testing.assert_allclose(saliency.numpy(), expected.saliency, atol=1e-4)
        np.testing.assert_allclose(features.numpy(), expected.features, atol=1e-3)


@pytest.mark.parametrize("name", ["teacher-spatial", "uvanet-64-int8"])
def test_a_model_without_weights_for_torch_is_refused(name: str, tmp_path: Path) -> None:
    assert "Choose the format onnx." in refused("export", name, "--format", "pt2", cwd=tmp_path)
