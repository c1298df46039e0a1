"""An ONNX file whose network never returns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from pathlib import Path


def write_endless_model(path: Path) -> Path:
    """Writes an ONNX file whose one node is an endless loop."""
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
    path.write_bytes(model.SerializeToString())
    return path
