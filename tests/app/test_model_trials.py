"""A model that never ends is given up by a trial."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from app.features.models import model_info
from uvanet.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def endless(tmp_path: Path) -> str:
    """An ONNX file whose one node is an endless loop."""
    info = helper.make_tensor_value_info
    body = helper.make_graph(
        [helper.make_node("Identity", [a], [b]) for a, b in (("go", "on"), ("v", "w"))],
        "body",
        [info("i", TensorProto.INT64, []), info("go", TensorProto.BOOL, []), info("v", 1, None)],
        [info("on", TensorProto.BOOL, []), info("w", 1, None)],
    )
    true = numpy_helper.from_array(np.array(True), "t")
    nodes = [
        helper.make_node("Constant", [], ["t"], value=true),
        helper.make_node("Loop", ["", "t", "x"], ["y"], body=body),
    ]
    graph = helper.make_graph(nodes, "g", [info("x", 1, [1, 3, 8, 8])], [info("y", 1, None)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 8
    path = tmp_path / "endless.onnx"
    path.write_bytes(model.SerializeToString())
    return str(path)


def test_an_endless_model_ends_with_an_error(endless: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_info, "TRIAL_TIMEOUT", 0.3)
    with pytest.raises(ModelError, match=r"no map within 0\.3 seconds"):
        model_info.try_model(endless, None)
    with pytest.raises(ModelError, match=r"no map within"):
        model_info.measure(endless, "auto", seconds=0.1)
