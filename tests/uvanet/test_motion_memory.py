"""The memory of motion: its last changes, the exported step, old weights, quantization, labels."""

from pathlib import Path

import numpy as np
import pytest
import torch
from msgspec.structs import replace

from uvanet.data.motion_law import MEMORY_STEPS
from uvanet.deploy.inference_module import InferenceStudent
from uvanet.deploy.onnx_export import write_onnx
from uvanet.deploy.quantize import write_int8
from uvanet.evaluation.predictors import StreamPredictor
from uvanet.model import Model
from uvanet.model_card import file_hash, read_card
from uvanet.models import SpatioTemporal, create_student, load_student
from uvanet.models.motion_memory import CHANNELS
from uvanet.paths import resource
from uvanet.runtime.onnx_engine import OnnxEngine
from uvanet.runtime.torch_engine import TorchEngine

SIZE = (40, 56)


@pytest.fixture
def student() -> SpatioTemporal:
    """An untrained student with a memory whose features take part."""
    torch.manual_seed(3)
    student = create_student("uvanet-32").eval()
    assert student.memory is not None
    torch.nn.init.normal_(student.memory.to_features.weight, 0, 0.1)
    return student


def frames(count: int) -> list[np.ndarray]:
    """A gray scene in which a square of 8 x 8 pixels gets brighter by 20 levels with each frame."""
    found = []
    for number in range(count):
        frame = np.full((1, *SIZE, 3), 90, np.uint8)
        frame[:, 16:24, 32:40] = 20 * number
        found.append(frame)
    return found


def test_the_state_holds_the_last_changes_where_they_are(student: SpatioTemporal) -> None:
    engine = TorchEngine(student)
    state = None
    for frame in frames(5):
        state = engine.step(frame, state).features
    assert state is not None
    changes = state[0, -(CHANNELS - 1) :].copy()
    np.testing.assert_allclose(changes[:4, 4:6, 8:10], 20 / 255, rtol=1e-4)
    changes[:4, 4:6, 8:10] = 0
    assert np.abs(changes).max() < 1e-6


def test_frames_before_the_memory_change_nothing(student: SpatioTemporal) -> None:
    engine = TorchEngine(student)
    scene = frames(MEMORY_STEPS + 1)
    found = []
    for before in (scene[3], 255 - scene[3]):
        state = engine.step(before).features
        for frame in scene:
            step = engine.step(frame, state)
            state = step.features
        found.append(step.saliency)
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("fps", [5.0, 7.0, 15.0, 16.0, 25.0, 30.0])
def test_a_measured_map_has_its_whole_memory(student: SpatioTemporal, fps: float) -> None:
    card = read_card(resource("weights/uvanet-32.json"))
    row = StreamPredictor("row", Model(card, TorchEngine(student)))
    scene = np.random.default_rng(2).integers(0, 255, (90, *SIZE, 3), np.uint8)
    found = []
    for first in (0, len(scene) - 1 - row.history(fps)):
        row.reset()
        for number in range(first, len(scene)):
            last = row.predict(scene[number], number / fps)
        found.append(last)
    np.testing.assert_array_equal(*found)


def test_motion_draws_the_map_before_training() -> None:
    torch.manual_seed(3)
    student = create_student("uvanet-32").eval()
    engine = TorchEngine(student)
    scene = frames(8)
    still = engine.step(scene[-1]).saliency[0]
    state = None
    for frame in scene:
        step = engine.step(frame, state)
        state = step.features
    moving = step.saliency[0]
    square = (slice(8, 12), slice(16, 20))
    assert moving[square].sum() / moving.sum() > 1.5 * still[square].sum() / still.sum()


def test_the_exported_step_is_that_of_training(student: SpatioTemporal, tmp_path: Path) -> None:
    path = tmp_path / "student.onnx"
    write_onnx(student, path)
    engine = OnnxEngine(path, SIZE, 1, 2.0, 4)
    torch_engine = TorchEngine(student)
    state = wanted = None
    for frame in frames(5):
        step = engine.step(frame, state)
        expected = torch_engine.step(frame, wanted)
        state, wanted = step.features, expected.features
        np.testing.assert_allclose(step.saliency, expected.saliency, atol=2e-5)
        np.testing.assert_allclose(state, wanted, atol=2e-4)


def test_a_first_frame_does_not_move(student: SpatioTemporal) -> None:
    step = InferenceStudent(student).eval()
    frame = torch.from_numpy(frames(5)[-1])
    zeros = torch.zeros(1, student.state_channels, SIZE[0] // 4, SIZE[1] // 4)
    with torch.no_grad():
        _, state = step(frame, zeros)
        assert float(state[:, 1 - CHANNELS :].abs().max()) == 0
        _, state = step(frame, state)
        assert float(state[:, 1 - CHANNELS :].abs().max()) < 1e-6


def test_a_start_without_memory_keeps_its_maps_of_still_pictures() -> None:
    torch.manual_seed(5)
    before = create_student("uvanet-32", memory=False).eval()
    after = before.with_memory().eval()
    picture = torch.rand(2, 3, *SIZE)
    with torch.no_grad():
        torch.testing.assert_close(after(picture).ensemble, before(picture).ensemble)
    assert after.state_channels == before.state_channels + CHANNELS


def test_weights_tell_whether_there_is_a_memory(student: SpatioTemporal) -> None:
    assert create_student("uvanet-32", student.state_dict()).memory is not None
    without = create_student("uvanet-32", memory=False)
    assert create_student("uvanet-32", without.state_dict()).memory is None


def test_int8_keeps_brightness_exact(tmp_path: Path) -> None:
    student = load_student("uvanet-32", resource("weights/uvanet-32.safetensors"))
    student = (student if student.memory else student.with_memory()).eval()
    path = tmp_path / "student.onnx"
    write_onnx(student, path)
    shipped = read_card(resource("weights/uvanet-32.json"))
    replace(shipped, name="student", sha256=file_hash(path)).write(path.with_suffix(".json"))
    rng = np.random.default_rng(1)
    pictures = [rng.integers(0, 255, (*SIZE, 3), dtype=np.uint8) for _ in range(8)]
    write_int8(path, pictures, tmp_path / "small.onnx")
    engines = [
        OnnxEngine(tmp_path / name, SIZE, 1, 1.0, 4) for name in ("student.onnx", "small.onnx")
    ]
    states = [None, None]
    for frame in frames(6):
        steps = [engine.step(frame, state) for engine, state in zip(engines, states, strict=True)]
        states = [step.features for step in steps]
        whole, small = (step.features[:, -CHANNELS:] for step in steps)
        np.testing.assert_allclose(small, whole, atol=1e-5)


def test_a_temperature_scales_the_logits_of_motion_too(student: SpatioTemporal) -> None:
    earlier, frame = torch.rand(2, 1, 3, *SIZE)
    with torch.no_grad():
        before = student(frame, earlier).ensemble
        student.scale_logits(1.5)
        torch.testing.assert_close(student(frame, earlier).ensemble, 1.5 * before)
