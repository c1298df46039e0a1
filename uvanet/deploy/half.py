"""Halves an ONNX file: weights are stored as float16 and turned back when the file is loaded.

The arithmetic stays float32, so nothing but the rounding of the weights changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvanet.atomic_io import atomic_write

if TYPE_CHECKING:
    from pathlib import Path

LEAST = 256
"""Values that a weight must have to be worth a node of its own."""


def store_half(path: Path) -> None:
    """Rewrites a file in place, whole or not at all."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(str(path))
    casts = []
    for weight in model.graph.initializer:
        values = numpy_helper.to_array(weight)
        if weight.data_type != TensorProto.FLOAT or values.size < LEAST:
            continue
        name = weight.name
        stored = f"{name}.half"
        weight.CopyFrom(numpy_helper.from_array(values.astype("float16"), stored))
        casts.append(helper.make_node("Cast", [stored], [name], to=TensorProto.FLOAT))
    for cast in reversed(casts):
        model.graph.node.insert(0, cast)
    with atomic_write(path) as part:
        onnx.save(model, str(part))
