"""Engines: all give the same maps; wrong engines, devices and files are named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import torch

import uvanet
from uvanet.deploy.onnx_export import write_onnx
from uvanet.errors import ModelError, UsageError
from uvanet.models import create_student
from uvanet.paths import resource
from uvanet.runtime.engines import ENGINES
from uvanet.runtime.input_size import fit_to_area
from uvanet.runtime.onnx_engine import OnnxEngine
from uvanet.runtime.torch_engine import TorchEngine, available_devices

if TYPE_CHECKING:
    from pathlib import Path

OTHERS = [name for name in ENGINES if name != "onnx"]


@pytest.fixture(scope="module")
def frames() -> list[np.ndarray]:
    """Frames of the demo a tenth of a second apart, RGB."""
    video = cv2.VideoCapture(str(resource("demo.mp4")))
    found = []
    for i in range(60):
        done, image = video.read()
        assert done
        if i % 5 == 0:
            found.append(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
    video.release()
    return found


def peaks(saliency: np.ndarray) -> list[tuple[int, int]]:
    """Positions of the five highest local maxima, in descending order."""
    top = cv2.dilate(saliency, np.ones((3, 3)))
    found = np.argwhere((saliency == top) & (saliency > 0.05))
    ranked = sorted(map(tuple, found.tolist()), key=lambda place: -saliency[place])
    return ranked[:5]


@pytest.mark.parametrize("engine", OTHERS)
def test_engines_agree_on_a_video(engine: str, frames: list[np.ndarray]) -> None:
    reference = uvanet.Stream(uvanet.load("uvanet-64", engine="onnx"))
    stream = uvanet.Stream(uvanet.load("uvanet-64", engine=engine))
    assert stream.model.engine.input_size == stream.model.card.inference_size
    for i, frame in enumerate(frames):
        expected = reference.step(frame, i / 10)
        found = stream.step(frame, i / 10)
        np.testing.assert_allclose(found, expected, atol=2e-4)
        assert peaks(found) == peaks(expected)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("count", [8, 21])
def test_a_batch_gives_what_single_frames_give(engine: str, threads: int, count: int) -> None:
    """Also if the last part of a batch is shorter."""
    rng = np.random.default_rng(2)
    batch = rng.integers(0, 256, (count, 64, 64, 3), np.uint8)
    runs = uvanet.load("uvanet-64", engine=engine, threads=threads).engine
    one = uvanet.load("uvanet-64").engine
    earlier = rng.random(runs.step(batch).features.shape, np.float32)
    for past in (None, earlier):
        found = runs.step(batch, past)
        assert found.saliency.shape == (count, 32, 32)
        for i in range(count):
            expected = one.step(batch[i : i + 1], None if past is None else past[i : i + 1])
            np.testing.assert_allclose(found.saliency[i], expected.saliency[0], atol=2e-4)
            np.testing.assert_allclose(found.features[i], expected.features[0], atol=2e-3)


def test_results_are_never_overwritten_by_a_later_step(frames: list[np.ndarray]) -> None:
    for name in ENGINES:
        engine = uvanet.load("uvanet-64", engine=name).engine
        small = [cv2.resize(frame, (64, 64))[None] for frame in frames[:2]]
        first = engine.step(small[0])
        kept = first.saliency.copy(), first.features.copy()
        engine.step(small[1], first.features)
        np.testing.assert_array_equal(first.saliency, kept[0])
        np.testing.assert_array_equal(first.features, kept[1])


@pytest.mark.parametrize("preset", ["uvanet-32", "uvanet-128"])
def test_engines_agree_at_other_sizes(preset: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    path = tmp_path / f"{preset}.onnx"
    student = create_student(preset).eval()
    write_onnx(student, path)
    square = (student.preset.input_size, student.preset.input_size)
    ours, theirs = OnnxEngine(path, square, 2), TorchEngine(student)
    rng = np.random.default_rng(0)
    # From one size to another and back, as sources change.
    for count in (1, 3):
        for ratio in (1.0, 16 / 9, 0.75, 1.0):
            height, width = fit_to_area(1000, round(1000 * ratio), square[0] ** 2)
            batch = rng.integers(0, 256, (count, height, width, 3), np.uint8)
            expected, found = ours.step(batch), theirs.step(batch)
            assert expected.saliency.shape == (count, height // 2, width // 2)
            np.testing.assert_allclose(found.saliency, expected.saliency, atol=2e-4)


def test_an_engine_or_device_that_does_not_fit_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no engine .tensorrt..*auto, onnx, torch"):
        uvanet.load("uvanet-64", engine="tensorrt")
    with pytest.raises(UsageError, match=r"no device .tpu..*cpu, cuda, mps"):
        uvanet.load("uvanet-64", device="tpu")
    with pytest.raises(UsageError, match=r"onnx engine does not run on cuda"):
        uvanet.load("uvanet-64", engine="onnx", device="cuda")
    for device in {"cuda", "mps"} - set(available_devices()):
        with pytest.raises(UsageError, match=rf"{device} is not available here"):
            uvanet.load("uvanet-64", device=device)
    for ending in ("onnx", "json"):
        name = f"uvanet-64.{ending}"
        (tmp_path / name).write_bytes(resource(f"weights/{name}").read_bytes())
    with pytest.raises(ModelError, match=r"safetensors is missing"):
        uvanet.load(tmp_path / "uvanet-64.onnx", engine="torch")


def test_auto_is_onnx_on_the_cpu() -> None:
    assert isinstance(uvanet.load("uvanet-64", engine="auto").engine, OnnxEngine)
    assert isinstance(uvanet.load("uvanet-64", device="cpu").engine, OnnxEngine)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_canceled_engine_ends_every_later_step(engine: str) -> None:
    runs = uvanet.load("uvanet-32", engine=engine).engine
    frame = np.zeros((1, 32, 32, 3), np.uint8)
    runs.step(frame)
    runs.cancel()
    for count in (1, 9):
        with pytest.raises(ModelError, match="canceled"):
            runs.step(np.repeat(frame, count, 0))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_state_of_a_wrong_shape_is_named(engine: str) -> None:
    """Such a state is one of another input size or of another network."""
    runs = uvanet.load("uvanet-32", engine=engine).engine
    frame = np.zeros((1, 40, 40, 3), np.uint8)
    state = runs.step(frame).features
    assert state is not None
    for wrong in (state[..., 1:], state[:, 1:]):
        with pytest.raises(ModelError, match=r"failed on its input of shape \(1, 40, 40, 3\), "):
            runs.step(frame, np.ascontiguousarray(wrong))
