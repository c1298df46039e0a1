"""Models besides students: teachers, and ONNX files of other projects."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
import torch
from endless_model import write_endless_model
from msgspec.structs import replace
from onnx import TensorProto, helper, numpy_helper

import uvanet
from uvanet.errors import ModelError, UsageError
from uvanet.model_card import file_hash, read_card
from uvanet.paths import resource
from uvanet.runtime.engine import LAG, time_limit

if TYPE_CHECKING:
    from pathlib import Path

HEIGHT, WIDTH = 24, 32


class Bright(torch.nn.Module):
    """A teacher without memory, whose map is the brightness."""

    def forward(self, frame: torch.Tensor) -> torch.Tensor:
        light = frame.float().mean(3)[:, ::4, ::4] + 1
        return light / light.amax((1, 2), keepdim=True)


class Changed(torch.nn.Module):
    """A teacher with memory, whose map is the change of brightness."""

    def forward(self, frame: torch.Tensor, earlier: torch.Tensor) -> tuple[torch.Tensor, ...]:
        light = frame.float().mean(3, keepdim=True).permute(0, 3, 1, 2)[:, :, ::4, ::4]
        change = (light - earlier).abs()[:, 0] + 1
        return change / change.amax((1, 2), keepdim=True), light


def export(module: torch.nn.Module, path: Path, *inputs: torch.Tensor, names: str) -> Path:
    taken, given = (part.split() for part in names.split(">"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(),
            inputs,
            str(path),
            input_names=taken,
            output_names=given,
            dynamic_axes={name: {0: "n"} for name in (*taken, *given)},
            opset_version=18,
            dynamo=False,
        )
    return path


def with_card(path: Path) -> Path:
    card = replace(
        read_card(resource("weights/uvanet-64.json")),
        name=path.stem,
        role="teacher",
        input_size=(HEIGHT, WIDTH),
        memory_seconds=1.2,
        sha256=file_hash(path),
    )
    card.write(path.with_suffix(".json"))
    return path


def spot(x: int, y: int) -> np.ndarray:
    """A dark picture of 96 x 120 with a bright disc, blue in RGB."""
    image = np.zeros((96, 120, 3), np.uint8)
    return cv2.circle(image, (x, y), 12, (30, 90, 250), -1)


def peak(saliency: np.ndarray) -> tuple[float, float]:
    """Position of the maximum, as shares of width and height."""
    y, x = np.unravel_index(saliency.argmax(), saliency.shape)
    return (x + 0.5) / saliency.shape[1], (y + 0.5) / saliency.shape[0]


@pytest.fixture
def spatial(tmp_path: Path) -> Path:
    frame = torch.zeros(2, HEIGHT, WIDTH, 3, dtype=torch.uint8)
    return with_card(export(Bright(), tmp_path / "bright.onnx", frame, names="frame > saliency"))


@pytest.fixture
def temporal(tmp_path: Path) -> Path:
    frame = torch.zeros(2, HEIGHT, WIDTH, 3, dtype=torch.uint8)
    earlier = torch.zeros(2, 1, HEIGHT // 4, WIDTH // 4)
    names = "frame earlier > saliency features"
    return with_card(export(Changed(), tmp_path / "changed.onnx", frame, earlier, names=names))


def test_a_teacher_predicts_a_picture_that_is_not_square(spatial: Path) -> None:
    model = uvanet.load(spatial)
    assert model.card.role == "teacher"
    assert model.engine.input_size == model.card.input_size == (HEIGHT, WIDTH)
    saliency = model.predict(spot(90, 24))
    assert saliency.shape == (96, 120)
    assert peak(saliency) == pytest.approx((0.75, 0.25), abs=0.12)
    step = uvanet.Stream(model).step(spot(90, 24)[..., ::-1].copy(), 0.0, bgr=True)
    assert step.shape == (HEIGHT // 4, WIDTH // 4)
    assert step.max() == 1
    batch = np.stack([cv2.resize(spot(x, 40), (WIDTH, HEIGHT)) for x in (20, 60, 100)])
    assert [peak(one)[0] < 0.5 for one in model.engine.step(batch).saliency] == [True, False, False]


def test_a_teacher_with_memory_streams_as_a_student_does(temporal: Path) -> None:
    stream = uvanet.Stream(temporal)
    for i in range(6):
        stream.step(spot(30, 48), i / 30)
    # The disc jumped, so only its old and its new place changed.
    moved = stream.step(spot(90, 48), 5 / 30 + LAG)
    assert moved[3, 2] > 0.5
    assert moved[3, 6] > 0.5
    assert moved[0].max() < 0.1
    stream.reset()
    # Without an earlier frame, nothing changes.
    np.testing.assert_allclose(stream.step(spot(90, 48), 9.0), 1)


@pytest.mark.parametrize("color", ["rgb", "bgr", "bgr of 0.1.0"])
def test_an_external_model_needs_no_card(tmp_path: Path, color: str) -> None:
    class Blue(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return 40 * x[:, 2:] - 3

    path = export(Blue(), tmp_path / "blue.onnx", torch.zeros(1, 3, 20, 30), names="x > y")
    path = path.rename(tmp_path / "with, comma.onnx") if color == "rgb" else path
    key = "color" if color == "bgr" else "colour"
    model = uvanet.load(path if color == "rgb" else f"{path},{key}=bgr,name=mine")
    assert model.card.role == "external"
    assert model.card.name == ("with, comma" if color == "rgb" else "mine")
    assert model.engine.input_size == (20, 30)
    image = spot(30, 72)
    image = image if color == "rgb" else image[..., ::-1].copy()
    saliency = model.predict(image)
    assert saliency.shape == (96, 120)
    assert peak(saliency) == pytest.approx((0.25, 0.75), abs=0.12)
    step = uvanet.Stream(model).step(image[..., ::-1].copy(), 0.0, bgr=True)
    assert (step.min(), step.max()) == (0, 1)


def test_the_layout_is_read_from_the_file_and_a_stack_has_memory(tmp_path: Path) -> None:
    class Light(torch.nn.Module):
        """The brightness of each frame in a column, the newest last."""

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.mean((2, 3, 4))[:, None].expand(1, 2, 4) + 0.0

    path = export(Light(), tmp_path / "stack.onnx", torch.zeros(1, 4, 8, 12, 3), names="x > y")
    stream = uvanet.Stream(path)
    assert stream.model.engine.input_size == (8, 12)
    lights = [10, 20, 40, 80, 60]
    steps = [
        stream.step(np.full((16, 24, 3), light, np.uint8), i / 25) for i, light in enumerate(lights)
    ]
    np.testing.assert_allclose(steps[0][0], [1, 1, 1, 1], atol=1e-5)
    np.testing.assert_allclose(steps[1][0], [0.5, 0.5, 0.5, 1], atol=1e-5)
    np.testing.assert_allclose(steps[4][0], [0.25, 0.5, 1, 0.75], atol=1e-5)
    stream.reset()
    np.testing.assert_allclose(stream.step(np.full((16, 24, 3), 9, np.uint8), 1.0)[0], 1, atol=1e-5)


def test_a_byte_input_gets_bytes(tmp_path: Path) -> None:
    """An export with a byte input needs no setting."""
    frame = torch.zeros(1, HEIGHT, WIDTH, 3, dtype=torch.uint8)
    path = export(Bright(), tmp_path / "plain.onnx", frame, names="frame > density")
    assert peak(uvanet.load(path).predict(spot(90, 24))) == pytest.approx((0.75, 0.25), abs=0.12)


def test_a_model_that_cannot_be_run_is_refused(tmp_path: Path) -> None:
    class FirstChannel(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x[:, :1] * 1.0

    path = export(FirstChannel(), tmp_path / "seven.onnx", torch.zeros(1, 7, 8, 9), names="x > y")
    with pytest.raises(ModelError, match=r"which axis is color.*layout="):
        uvanet.load(path)
    with pytest.raises(UsageError, match="'side' is not a setting"):
        uvanet.load(f"{path},side=3")
    with pytest.raises(ModelError, match=r"no model file .*nowhere\.onnx"):
        uvanet.load(tmp_path / "nowhere.onnx")


def graph(
    path: Path, shape: list[int | str], nodes: list[Any] | None = None, outputs: Any = None
) -> Path:
    """Writes an ONNX file with one float input `x` and, unless said otherwise, its copy `y`."""
    if nodes is None:
        nodes = [helper.make_node("Identity", ["x"], ["y"])]
    if outputs is None:
        outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)]
    taken = [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)]
    made = helper.make_graph(nodes, "g", taken, outputs)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 8
    path.write_bytes(model.SerializeToString())
    return path


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ([1, 3, 0, 8], "8 x 0 pixels"),
        ([1, 3, 60_000, 60_000], "60000 x 60000 pixels"),
        ([1, 3, 2**40, 8], "pixels"),
        ([1, 10_000, 3, 8, 8], "10000 frames"),
        ([1, 200, 3, 2048, 2048], "too much memory"),
        ([0, 3, 8, 8], "N = 0"),
        ([1, 3, -8, 8], "any size"),
        (["n", 3, "h", "w"], "any size"),
        ([3], "which axis"),
        ([], "which axis"),
    ],
)
def test_an_impossible_input_is_refused(tmp_path: Path, shape: list[Any], words: str) -> None:
    path = graph(tmp_path / "odd.onnx", shape)
    with pytest.raises(ModelError, match=rf"odd\.onnx .*{words}"):
        uvanet.load(path)


@pytest.mark.parametrize("size", ["0x8", "60000x8", "1099511627776x8", "8", "8x8x8"])
def test_an_impossible_size_is_refused(tmp_path: Path, size: str) -> None:
    path = graph(tmp_path / "any.onnx", [1, 3, "h", "w"])
    with pytest.raises(UsageError, match="valid value of size"):
        uvanet.load(f"{path},size={size}")
    with pytest.raises(UsageError, match="valid value of frames"):
        uvanet.load(f"{path},size=8x8,frames=10000")


def test_outputs_that_are_no_map_are_refused(tmp_path: Path) -> None:
    shape: list[int | str] = [1, 3, 8, 8]
    none = graph(tmp_path / "none.onnx", shape, outputs=[])
    with pytest.raises(ModelError, match=r"none\.onnx"):
        uvanet.load(none)
    nothing = numpy_helper.from_array(np.zeros(0, np.float32), "e")
    empty = [helper.make_node("Constant", [], ["y"], value=nothing)]
    with pytest.raises(ModelError, match=r"shape \(0,\), which is no map"):
        uvanet.load(graph(tmp_path / "empty.onnx", shape, empty)).predict(spot(30, 48))
    words = numpy_helper.from_array(np.array([["a"]], object), "s")
    text = [helper.make_node("Constant", [], ["y"], value=words)]
    output = [helper.make_tensor_value_info("y", TensorProto.STRING, None)]
    with pytest.raises(ModelError, match=r"no array of numbers"):
        uvanet.load(graph(tmp_path / "text.onnx", shape, text, output)).predict(spot(30, 48))
    logs = graph(tmp_path / "log.onnx", shape, [helper.make_node("Log", ["x"], ["y"])])
    with pytest.raises(ModelError, match=r"not finite"):
        uvanet.load(logs).predict(np.zeros((9, 9, 3), np.uint8))


@pytest.mark.parametrize("name", ["~nouser/x.onnx", "x" * 300 + ".onnx", "a\0b.onnx"])
@pytest.mark.parametrize("settings", ["", ",size=8x8"])
def test_a_path_that_cannot_be_is_refused(name: str, settings: str) -> None:
    with pytest.raises(ModelError, match="no model file"):
        uvanet.load(name + settings)


def test_a_model_that_never_ends_is_canceled(tmp_path: Path) -> None:
    model = uvanet.load(write_endless_model(tmp_path / "endless.onnx"))
    with (
        pytest.raises(ModelError, match=r"no map within 0\.2 seconds"),
        time_limit(model.engine, 0.2),
    ):
        model.predict(spot(30, 48))


def test_a_model_that_is_quick_enough_is_not_canceled(spatial: Path) -> None:
    model = uvanet.load(spatial)
    with time_limit(model.engine, 600):
        first = model.predict(spot(30, 48))
    np.testing.assert_array_equal(model.predict(spot(30, 48)), first)
