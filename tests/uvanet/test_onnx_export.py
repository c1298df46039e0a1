"""The exported student: the same maps as in training, in few operations and a small file."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest
import torch

from uvanet.deploy.graph_passes import shorten_names, store_half
from uvanet.deploy.inference_module import InferenceStudent
from uvanet.deploy.onnx_export import write_onnx
from uvanet.models import SpatioTemporal, create_student, load_student
from uvanet.paths import resource
from uvanet.runtime.onnx_engine import OnnxEngine

if TYPE_CHECKING:
    from pathlib import Path


def operations(path: Path) -> Counter[str]:
    """Constants are not counted, since sessions fold them."""
    found = Counter(node.op_type for node in onnx.load(path).graph.node)
    del found["Constant"]
    return found


def student(preset: str) -> SpatioTemporal:
    """Random weights, with statistics and biases that are not neutral."""
    torch.manual_seed(1)
    model = create_student(preset).eval()
    with torch.no_grad():
        for name, values in (*model.named_parameters(), *model.named_buffers()):
            if name.endswith(("bias", "running_mean")):
                values.normal_(0, 0.1)
    return model


@pytest.mark.parametrize("preset", ["uvanet-32", "uvanet-64"])
@pytest.mark.parametrize("count", [1, 5])
def test_the_exported_student_gives_the_maps_of_the_trained_one(
    preset: str, count: int, tmp_path: Path
) -> None:
    model, path = student(preset), tmp_path / "student.onnx"
    before = {name: values.clone() for name, values in model.state_dict().items()}
    write_onnx(model, path)
    side = model.preset.input_size
    rng = np.random.default_rng(3)
    frames = rng.integers(0, 256, (count, side, side, 3), np.uint8)
    earlier = rng.random((count, model.state_channels, side // 4, side // 4), np.float32)
    found = OnnxEngine(path, (side, side)).step(frames, earlier)
    with torch.no_grad():
        pixels = torch.from_numpy(frames).permute(0, 3, 1, 2).float() / 255
        expected = model.step(pixels, torch.from_numpy(earlier))
    logits = expected.ensemble[:, 0]
    saliency = torch.exp(logits - logits.amax((1, 2), keepdim=True)).numpy()
    np.testing.assert_allclose(found.saliency, saliency, atol=1e-4)
    np.testing.assert_allclose(found.features, expected.features.numpy(), atol=1e-3)
    # Exporting does not change the student.
    assert all(torch.equal(values, before[name]) for name, values in model.state_dict().items())
    assert not model.training


def test_the_inference_module_runs_the_second_attention_layer_once(tmp_path: Path) -> None:
    model, path = student("uvanet-64"), tmp_path / "student.onnx"
    write_onnx(model, path)
    found = operations(path)
    blocks = sum(name.endswith("attention.mlp") for name, _ in model.named_modules())
    assert found["GlobalMaxPool"] == found["GlobalAveragePool"] == blocks == 6
    assert found["ReduceSum"] == found["BatchNormalization"] == 0
    convolutions = sum(isinstance(one, torch.nn.Conv2d) for one in model.modules())
    # One more for each attention, whose first layer runs twice, and one for brightness; the three
    # heads are joined.
    assert found["Conv"] == convolutions + blocks + 1 - 2


def test_a_new_export_has_the_operations_of_the_shipped_file(tmp_path: Path) -> None:
    path, shipped = tmp_path / "student.onnx", resource("weights/uvanet-64.onnx")
    write_onnx(load_student("uvanet-64", shipped.with_suffix(".safetensors")), path)
    assert operations(path) == operations(shipped)
    assert path.stat().st_size <= 1.02 * shipped.stat().st_size


@pytest.mark.parametrize("attention", ["se", "none"])
def test_other_kinds_of_attention_are_kept(attention: str) -> None:
    import dataclasses

    from uvanet.models import PRESETS

    preset = dataclasses.replace(PRESETS["uvanet-32"], attention=attention, attention_from=4)
    model = SpatioTemporal(preset).eval()
    frame = torch.randint(0, 256, (1, 32, 32, 3), dtype=torch.uint8)
    with torch.no_grad():
        output = model(frame.permute(0, 3, 1, 2).float() / 255)
        logits = output.ensemble[:, 0]
        saliency, _ = InferenceStudent(model)(frame, output.features)
    torch.testing.assert_close(saliency, torch.exp(logits - logits.max()), atol=1e-4, rtol=0)


def test_shorter_names_change_nothing_but_the_size(tmp_path: Path) -> None:
    path = tmp_path / "student.onnx"
    write_onnx(student("uvanet-32"), path)
    once, size = operations(path), path.stat().st_size
    shorten_names(path)
    assert operations(path) == once
    assert path.stat().st_size == size
    names = {value.name for value in onnx.load(path).graph.input}
    assert names == {"frame", "earlier"}


def test_half_precision_halves_the_file_and_keeps_the_map(tmp_path: Path) -> None:
    path, half = tmp_path / "a.onnx", tmp_path / "b.onnx"
    model = student("uvanet-64")
    write_onnx(model, path)
    write_onnx(model, half)
    store_half(half)
    assert half.stat().st_size < 0.6 * path.stat().st_size
    frame = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3), np.uint8)
    maps = [OnnxEngine(one, (64, 64)).step(frame).saliency for one in (path, half)]
    np.testing.assert_allclose(maps[0], maps[1], atol=0.02)
