"""Rewrites ONNX graphs for smaller files: short value names, weights in half precision."""

from __future__ import annotations

from pathlib import Path

import onnx
from onnx import TensorProto, helper, numpy_helper

from uvanet.atomic_io import atomic_write

MIN_HALF_VALUES = 256
"""Smallest number of values of a weight for which float16 and a Cast node save bytes."""


def shorten_names(path: Path) -> None:
    """Shortens the names of inner values of an ONNX file in place; inputs and outputs keep theirs.

    Names are a tenth of a student's file.
    """
    save_with_short_names(onnx.load(str(path)), path)


def save_with_short_names(model: onnx.ModelProto, path: Path) -> None:
    """Writes a model whose inner values are renamed to t0, t1, ...

    Args:
        model: The model, which is changed; its inputs and outputs keep their names.
        path: The file to write.
    """
    graph = model.graph
    kept = {value.name for value in (*graph.input, *graph.output)}
    names: dict[str, str] = {}

    def short(name: str) -> str:
        return name if not name or name in kept else names.setdefault(name, f"t{len(names):x}")

    del graph.value_info[:]
    for node in graph.node:
        node.ClearField("name")
        node.ClearField("doc_string")
        node.input[:] = [short(name) for name in node.input]
        node.output[:] = [short(name) for name in node.output]
    for weight in graph.initializer:
        weight.name = short(weight.name)
    onnx.checker.check_model(model)
    with atomic_write(path) as part:
        onnx.save(model, str(part))


def store_half(path: Path) -> None:
    """Stores the weights of an ONNX file as float16, in place; half the size.

    Engines cast them to float32 when they load the file, so only the rounding of the weights
    changes.
    """
    model = onnx.load(str(path))
    casts = []
    for weight in model.graph.initializer:
        values = numpy_helper.to_array(weight)
        if weight.data_type != TensorProto.FLOAT or values.size < MIN_HALF_VALUES:
            continue
        name = weight.name
        stored = f"{name}.half"
        weight.CopyFrom(numpy_helper.from_array(values.astype("float16"), stored))
        casts.append(helper.make_node("Cast", [stored], [name], to=TensorProto.FLOAT))
    for cast in reversed(casts):
        model.graph.node.insert(0, cast)
    with atomic_write(path) as part:
        onnx.save(model, str(part))
