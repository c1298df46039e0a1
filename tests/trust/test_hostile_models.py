"""Model files of any content: ONNX, safetensors and checkpoints are read, or refused in a line."""

from __future__ import annotations

import json
import shutil
import struct
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
import pytest
import torch
from damage import ODD_VALUES, check_refusal, damaged_bytes
from hypothesis import given
from hypothesis import strategies as st
from onnx_files import FRAME, model, node, red, write

import uvanet
from uvanet.errors import ModelError, UvanetError
from uvanet.models.trained import load_student
from uvanet.paths import resource
from uvanet.training import checkpoint
from uvanet.training.trainer import best_of

if TYPE_CHECKING:
    from pathlib import Path

    from onnx import ModelProto

IMAGE = np.full((36, 64, 3), 90, np.uint8)


def predicted(path: Path | str) -> bool:
    """Whether the file predicts a valid map; otherwise it is refused with one line."""
    try:
        saliency = uvanet.load(path).predict(IMAGE)
    except UvanetError as error:
        check_refusal(error)
        return False
    assert saliency.shape == (36, 64)
    assert saliency.dtype == np.float32
    assert np.isfinite(saliency).all()
    assert 0 <= saliency.min() <= saliency.max() <= 1
    return True


@cache
def red_bytes() -> bytes:
    return red().SerializeToString()


@given(data=st.data())
def test_a_damaged_onnx_file_is_run_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "damaged.onnx"
    path.write_bytes(data.draw(damaged_bytes(red_bytes())))
    predicted(path)


@given(data=st.data())
def test_a_damaged_student_is_refused(tmp_path: Path, data: st.DataObject) -> None:
    whole = resource("weights/uvanet-32.onnx").read_bytes()
    shutil.copyfile(resource("weights/uvanet-32.json"), tmp_path / "uvanet-32.json")
    damaged = data.draw(damaged_bytes(whole))
    (tmp_path / "uvanet-32.onnx").write_bytes(damaged)
    assert predicted(tmp_path / "uvanet-32.onnx") == (damaged == whole)


def reshaped(*shape: int) -> ModelProto:
    """A model whose output has a shape of its own, filled with ones."""
    nodes = [
        node("ConstantOfShape", ["shape"], "zeros"),
        node("ReduceMax", ["x"], "peak", keepdims=0),
        node("Add", ["zeros", "peak"], "y"),
    ]
    return model(nodes, {"shape": list(shape)})


ODD_MODELS = {
    "an empty output": reshaped(1, 0, 5),
    "one value": reshaped(1),
    "a map of one pixel": reshaped(1, 1, 1, 1),
    "a map as wide as no picture": reshaped(1, 1, 1, 40_000),
    "eight dimensions": reshaped(*[1] * 6, 4, 4),
    "NaN": model([node("Log", ["minus"], "nan"), node("Add", ["x", "nan"], "y")], {"minus": -1.0}),
    "infinity": model([node("Div", ["x", "zero"], "y")], {"zero": 0.0}),
    "negative": model([node("Neg", ["x"], "y")]),
    "an input of no pixels": red((1, 3, 0, 24)),
    "an input of two billion pixels": red((1, 3, 60_000, 40_000)),
    "a negative size": red((1, 3, -5, 24)),
    "no channels": red((1, 1, 16, 24)),
    "a batch of many": red((64, 3, 16, 24)),
    "integers": model([node("Cast", ["x"], "y", to=1)], kind=7),
    "text": model([node("Cast", ["x"], "y", to=1)], kind=8),
    "a file elsewhere": None,
}


def elsewhere() -> ModelProto:
    """A model whose weights are said to lie in a file of the system."""
    content = model([node("Add", ["x", "w"], "y")], {"w": np.zeros(FRAME, np.float32)})
    tensor = content.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = 1
    for key, value in {"location": "../../../../../../../etc/passwd", "offset": "0"}.items():
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    return content


@pytest.mark.parametrize("name", ODD_MODELS)
def test_an_odd_model_is_run_or_refused(tmp_path: Path, name: str) -> None:
    runs = {"eight dimensions", "negative"}
    path = write(tmp_path / "odd.onnx", ODD_MODELS[name] or elsewhere())
    assert predicted(path) == (name in runs)


@given(
    shape=st.lists(st.sampled_from((-1, 0, 1, 3, 16, 24, 5_000, 2**31, 2**62, "h")), max_size=6),
    kind=st.sampled_from((1, 2, 6, 7, 9, 10, 11)),
)
def test_inputs_of_any_shape_and_type_are_run_or_refused(
    tmp_path: Path, shape: list[Any], kind: int
) -> None:
    nodes = [node("Cast", ["x"], "f", to=1), node("ReduceMax", ["f", "axis"], "y")]
    predicted(write(tmp_path / "odd.onnx", model(nodes, {"axis": [1]}, shape, kind)))


def test_a_model_that_asks_for_all_memory_gets_none(tmp_path: Path) -> None:
    path = write(tmp_path / "greedy.onnx", reshaped(1 << 15, 1 << 16))  # 8 GiB
    before = psutil.Process().memory_info().rss
    with pytest.raises(ModelError, match=r"greedy\.onnx failed"):
        uvanet.load(path).predict(IMAGE)
    assert psutil.Process().memory_info().rss - before < 1 << 30


@given(data=st.data())
def test_damaged_weights_are_loaded_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    whole = resource("weights/uvanet-32.safetensors").read_bytes()
    path = tmp_path / "damaged.safetensors"
    length = struct.unpack("<Q", whole[:8])[0]
    header = json.loads(whole[8 : 8 + length])
    if data.draw(st.booleans()):
        path.write_bytes(data.draw(damaged_bytes(whole)))
    else:  # a valid file of other tensors
        key = data.draw(st.sampled_from(sorted(header)))
        field = data.draw(st.sampled_from(("dtype", "shape", "data_offsets")))
        if key != "__metadata__":
            header[key] = {**header[key], field: data.draw(st.sampled_from(ODD_VALUES))}
        text = json.dumps(header).encode()
        path.write_bytes(struct.pack("<Q", len(text)) + text + whole[8 + length :])
    try:
        load_student("uvanet-32", path)
    except ModelError as error:
        check_refusal(error, "damaged.safetensors")


def test_a_header_that_states_a_length_of_terabytes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "huge.safetensors"
    path.write_bytes(struct.pack("<Q", 1 << 42) + b"{}")
    with pytest.raises(ModelError, match=r"huge\.safetensors"):
        load_student("uvanet-32", path)


RECORD = {"seed": "1"}
STATE = {
    "made_from": RECORD,
    "task": {"w": torch.zeros(2)},
    "average": {"w": torch.zeros(2)},
    "averaged_steps": 3,
    "optimizer": {"adamw": {}, "muon": None},
    "step": 3,
    "sums": {},
    "history": [],
    "best": 0.5,
}


def readings(path: Path) -> None:
    """Reads a checkpoint in every way; each gives a value or a ModelError."""
    for read in (
        lambda: checkpoint.load(path, RECORD, 10),
        lambda: checkpoint.weight_names(path),
        lambda: best_of(path.parent),
    ):
        try:
            read()
        except ModelError as error:
            check_refusal(error, "checkpoint.pt")


@given(data=st.data())
def test_a_damaged_checkpoint_is_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / checkpoint.CHECKPOINT
    checkpoint.save(path, STATE)
    path.write_bytes(data.draw(damaged_bytes(path.read_bytes())))
    readings(path)


@pytest.mark.parametrize("name", STATE)
def test_a_checkpoint_of_odd_values_is_read_or_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / checkpoint.CHECKPOINT
    for odd in ODD_VALUES:
        checkpoint.save(path, {**STATE, name: odd})
        readings(path)
    checkpoint.save(path, {key: value for key, value in STATE.items() if key != name})
    readings(path)


class Harmful:
    """Creates a file where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def __reduce__(self) -> tuple[Any, ...]:
        return (open, (self.path, "w"))


def test_a_checkpoint_runs_no_code(tmp_path: Path) -> None:
    torch.save({"format": 3, "harm": Harmful(tmp_path / "harm")}, tmp_path / "checkpoint.pt")
    with pytest.raises(ModelError, match="no readable checkpoint"):
        checkpoint.read(tmp_path / "checkpoint.pt")
    assert not (tmp_path / "harm").exists()
