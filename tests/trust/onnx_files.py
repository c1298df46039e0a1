"""ONNX files of any graph, written from protobuf messages, without torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper, save_model

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FRAME = (1, 3, 16, 24)


def node(operator: str, inputs: Sequence[str], output: str, **attributes: Any) -> NodeProto:
    """A node with one output."""
    return helper.make_node(operator, list(inputs), [output], **attributes)


def red(shape: Sequence[Any] = FRAME) -> ModelProto:
    """A model whose map is the red channel."""
    return model([node("ReduceMax", ["x", "axis"], "y", keepdims=1)], {"axis": [1]}, shape)


def model(
    nodes: Sequence[NodeProto],
    constants: dict[str, Any] | None = None,
    shape: Sequence[Any] = FRAME,
    kind: int = TensorProto.FLOAT,
) -> ModelProto:
    """A model from `x` to `y`.

    Args:
        nodes: Its graph.
        constants: Values by name; integers become int64, others float32.
        shape: Of `x`.
        kind: Element type of `x`.
    """
    arrays = []
    for name, value in (constants or {}).items():
        array = np.asarray(value)
        array = array.astype(np.int64 if array.dtype.kind == "i" else np.float32)
        arrays.append(numpy_helper.from_array(array, name))
    graph = helper.make_graph(
        list(nodes),
        "graph",
        [helper.make_tensor_value_info("x", kind, list(shape))],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        arrays,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def write(path: Path, content: ModelProto) -> Path:
    """Writes the file."""
    save_model(content, path)
    return path
