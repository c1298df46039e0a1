"""External ONNX models as predictors: their inputs and outputs."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from uvanet.errors import ModelError, UsageError
from uvanet.evaluation.motion_baseline import MotionBaseline
from uvanet.evaluation.onnx_predictor import OnnxPredictor
from uvanet.evaluation.registry import build_predictors
from uvanet.registry import resolve_model
from uvanet.runtime.external_onnx import ExternalOnnx

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from uvanet.evaluation.predictors import FunctionPredictor


class Function(torch.nn.Module):
    def __init__(self, function: Callable[..., object]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *x: torch.Tensor) -> object:
        return self.function(*x)


def export(
    path: Path, function: Callable[..., object], *shapes: tuple[int, ...], free: bool = False
) -> Path:
    """Writes a function of tensors as an ONNX file; `free` leaves height and width open."""
    names = [f"input{i}" for i in range(len(shapes))]
    axes = {"input0": {2: "h", 3: "w"}} if free else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Function(function).eval(),
            tuple(torch.zeros(shape) for shape in shapes),
            str(path),
            input_names=names,
            dynamic_axes=axes,
            opset_version=18,
            dynamo=False,
        )
    return path


def row(text: str) -> OnnxPredictor:
    return OnnxPredictor(ExternalOnnx.parse(text))


def color(red: int, green: int, blue: int) -> np.ndarray:
    return np.full((60, 80, 3), (red, green, blue), np.uint8)


def test_pixels_are_scaled_and_ordered_as_specified(tmp_path: Path) -> None:
    path = export(tmp_path / "first.onnx", lambda x: x[:, :1] * 1.0, (1, 3, 12, 16))
    image = color(51, 102, 204)
    for settings, expected in {
        "": 51 / 255,
        ",color=bgr": 204 / 255,
        ",range=255": 51,
        ",mean=0.1:0.5:0.5,std=0.2:1:1": (0.2 - 0.1) / 0.2,
        ",range=255,mean=1,std=2": 25,
    }.items():
        found = row(f"{path}{settings}").predict(image, 0.0)
        assert found.shape == (12, 16)
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_channels_last_and_dynamic_sizes_are_supported(tmp_path: Path) -> None:
    last = export(tmp_path / "last.onnx", lambda x: x[..., 2] * 1.0, (1, 12, 16, 3))
    found = row(f"{last},layout=nhwc").predict(color(0, 0, 255), 0.0)
    np.testing.assert_allclose(found, np.ones((12, 16)))
    free = export(tmp_path / "free.onnx", lambda x: x[:, :1] * 1.0, (1, 3, 8, 8), free=True)
    assert row(f"{free},size=20x10").predict(color(9, 9, 9), 0.0).shape == (10, 20)
    with pytest.raises(ModelError, match="any size"):
        row(str(free))


def test_a_stack_holds_the_previous_frames(tmp_path: Path) -> None:
    def red_per_frame(x: torch.Tensor) -> torch.Tensor:
        # Each frame's red, one a column, in rows of a map of 6 x 4.
        return x[:, 0].mean((2, 3))[:, None, None].expand(1, 1, 6, 4)

    path = export(tmp_path / "stack.onnx", red_per_frame, (1, 3, 4, 6, 8))
    stack = row(f"{path},layout=NCTHW,frames=4,range=255")
    assert stack.history(25) == 3
    for k in range(3):
        stack.observe(color(10 * k, 0, 0), k / 25)
    found = stack.predict(color(30, 0, 0), 0.12)
    np.testing.assert_allclose(found[0], [0, 10, 20, 30], atol=1e-3)
    stack.observe(color(40, 0, 0), 0.16)
    np.testing.assert_allclose(stack.predict(color(50, 0, 0), 0.2)[0], [20, 30, 40, 50], atol=1e-3)
    # After a reset, the first frame takes the place of earlier ones.
    stack.reset()
    np.testing.assert_allclose(stack.predict(color(70, 0, 0), 0.0)[0], [70] * 4, atol=1e-3)


def test_the_last_of_several_maps_is_used(tmp_path: Path) -> None:
    path = export(tmp_path / "many.onnx", lambda x: x[:, :1].flip(0), (3, 3, 6, 8))
    many = row(f"{path},layout=TCHW,frames=3,range=255")
    for k in (5, 6):
        many.observe(color(k, k, k), 0.0)
    # The model reverses the order, so the last map is that of the first frame.
    np.testing.assert_allclose(many.predict(color(7, 7, 7), 0.0), 5, rtol=1e-5)


def test_log_and_logit_outputs_become_maps(tmp_path: Path) -> None:
    path = export(tmp_path / "raw.onnx", lambda x: x[:, :1] * 1.0, (1, 3, 2, 2))
    image = np.zeros((2, 2, 3), np.uint8)
    image[0, 0] = 255
    settings = f"{path},range=4,mean=2"
    np.testing.assert_allclose(row(settings).predict(image, 0)[0], [2, -2])
    as_log = row(f"{settings},output=log").predict(image, 0)
    np.testing.assert_allclose(as_log[0], [1, np.exp(-4)], rtol=1e-5)
    as_odds = row(f"{settings},output=logit").predict(image, 0)
    np.testing.assert_allclose(as_odds[0], [1 / (1 + np.exp(-2)), 1 / (1 + np.exp(2))], rtol=1e-5)


def test_an_external_model_can_be_renamed_and_combined_with_motion(tmp_path: Path) -> None:
    path = export(tmp_path / "model.onnx", lambda x: x[:, :1] * 1.0, (1, 3, 6, 8))
    specs = [ExternalOnnx.parse(f"{path},name=Other"), ExternalOnnx.parse(str(path))]

    def prior() -> FunctionPredictor:
        raise AssertionError

    rows = build_predictors(["Other", "Other+motion"], specs, prior)
    assert [one.name for one in rows] == ["Other", "Other+motion", "model"]
    assert isinstance(rows[1], MotionBaseline)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("side=3", "'side' is not a setting.*layout"),
        ("size=3", "'3' is not a valid value of size.*384x224"),
        ("size=0x4", "'0x4' is not a valid value of size"),
        ("mean=1:2", "'1:2' is not a valid value of mean"),
        ("std=0", "'0' is not a valid value of std"),
        ("std=nan", "'nan' is not a valid value of std"),
        ("layout=NCH", "'NCH' is not a valid value of layout"),
        ("color=red", "'red' is not a valid value of color"),
        ("frames=0", "'0' is not a valid value of frames"),
        ("frames=8,layout=nchw", "needs a T"),
        ("output=softmax", "'softmax' is not a valid value of output"),
        ("range=-1", "'-1' is not a valid value of range"),
    ],
)
def test_an_invalid_setting_is_named(settings: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        ExternalOnnx.parse(f"model.onnx,{settings}")


def test_a_model_that_does_not_fit_is_refused_when_loaded(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no model file .*nowhere\.onnx"):
        row(str(tmp_path / "nowhere.onnx"))
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(ModelError, match=r"text\.onnx cannot be loaded"):
        row(str(tmp_path / "text.onnx"))
    path = export(tmp_path / "model.onnx", lambda x: x[:, :1] * 1.0, (1, 3, 6, 8))
    with pytest.raises(ModelError, match="H = 6, not 20"):
        row(f"{path},size=8x20")
    with pytest.raises(ModelError, match="C = 8, not 3"):
        row(f"{path},layout=NHWC,size=6x3")
    with pytest.raises(ModelError, match="4 dimensions"):
        row(f"{path},layout=NTCHW")
    with pytest.raises(ModelError, match="not a stack of 8"):
        row(f"{path},frames=8")
    with pytest.raises(ModelError, match="no output 'other'"):
        row(f"{path},output_name=other")
    two = export(tmp_path / "two.onnx", lambda x, y: x + y, (1, 3, 6, 8), (1, 3, 6, 8))
    with pytest.raises(ModelError, match="2 inputs"):
        row(str(two))
    number = export(tmp_path / "number.onnx", lambda x: x.mean(), (1, 3, 6, 8))
    with pytest.raises(ModelError, match="no map"):
        row(str(number)).predict(color(1, 2, 3), 0.0)


@pytest.mark.parametrize("settings", ["", ",mean=1:2:3"])
def test_a_path_may_have_commas(tmp_path: Path, settings: str) -> None:
    folder = tmp_path / "models, 2024"
    folder.mkdir()
    path = folder / "mine,large.onnx"
    path.touch()
    assert resolve_model(f"{path}{settings}").path == path
    assert ExternalOnnx.parse(f"{path}{settings}").path == path
