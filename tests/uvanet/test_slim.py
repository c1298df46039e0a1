"""Fewer nodes, the same maps."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest
import torch

from uvanet.deploy.graph_passes import slim
from uvanet.deploy.onnx_export import write_onnx
from uvanet.models import build
from uvanet.paths import resource
from uvanet.runtime.onnx_engine import OnnxEngine

if TYPE_CHECKING:
    from pathlib import Path


def nodes(path: Path) -> list[str]:
    return [node.op_type for node in onnx.load(path).graph.node]


@pytest.mark.parametrize("preset", ["uvanet-32", "uvanet-64"])
def test_a_slim_network_says_the_same(
    preset: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, before = tmp_path / "slim.onnx", tmp_path / "before.onnx"
    torch.manual_seed(1)
    with monkeypatch.context() as patched:
        patched.setattr("uvanet.deploy.onnx_export.slim", lambda _: None)
        write_onnx(build(preset).eval(), before)
    shutil.copy(before, path)
    slim(path)
    assert "ReduceSum" not in nodes(path)[:-6]
    assert nodes(path).count("GlobalMaxPool") == 5
    assert path.stat().st_size < 0.7e6
    side = build(preset).preset.input_size
    whole, small = OnnxEngine(before, (side, side)), OnnxEngine(path, (side, side))
    rng = np.random.default_rng(3)
    for count in (1, 5):
        frames = rng.integers(0, 256, (count, side, side, 3), np.uint8)
        earlier = rng.random((count, 32, side // 4, side // 4), np.float32)
        expected, found = whole.step(frames, earlier), small.step(frames, earlier)
        np.testing.assert_allclose(found.saliency, expected.saliency, atol=1e-4)
        np.testing.assert_allclose(found.features, expected.features, atol=1e-3)


def test_to_slim_twice_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "slim.onnx"
    shutil.copy(resource("weights/uvanet-64.onnx"), path)
    slim(path)
    once = nodes(path)
    slim(path)
    assert nodes(path) == once
