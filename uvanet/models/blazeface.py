"""BlazeFace, full range, as a torch module: the face detector of the spatial teacher.

Source: Bazarevsky et al., *BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs*, CVPR
Workshop 2019; weights of MediaPipe (Apache-2.0), converted by `packaging/convert_blazeface.py`.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uvanet.models.branch import upsample_to
from uvanet.paths import resource
from uvanet.teacher_input import FACE_DETECTOR

MAX_LOGIT = 12.0
"""Logits of faces are clipped to plus and minus this; training pictures have smaller ones."""


class BlazeFace(nn.Module):
    """The graph of the ONNX file, node by node, with frozen weights."""

    def __init__(self) -> None:
        import onnx
        from onnx import helper, numpy_helper

        super().__init__()
        graph = onnx.load(str(resource(FACE_DETECTOR))).graph
        weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
        self._convolutions = nn.ModuleDict()
        self._wider: dict[str, int] = {}  # outputs of channel padding to added channels
        self._coarse: set[str] = set()
        self._steps: list[tuple[str, list[str], str]] = []
        for node in graph.node:
            inputs, (result,) = list(node.input), node.output
            if node.op_type == "Cast":
                weights[result] = weights[inputs[0]].astype("float32")
                continue
            attributes = {part.name: helper.get_attribute_value(part) for part in node.attribute}
            if node.op_type == "Conv":
                weight, bias = (torch.tensor(weights[name]) for name in inputs[1:])
                self._convolutions[result] = _convolution(weight, bias, attributes)
            if node.op_type == "Resize":
                # `forward` enlarges it at the addition, to the size of the finer level: that level
                # is not exactly twice as large where a side is no multiple of 32.
                self._coarse.add(result)
            if node.op_type == "Pad":
                self._wider[result] = int(weights[inputs[1]][5])
            self._steps.append((node.op_type, inputs, result))
        self.requires_grad_(False)

    def forward(self, frame: Tensor) -> tuple[Tensor, Tensor]:
        """Detects faces on a grid of 4 pixels.

        Args:
            frame: RGB in -1..1, (n, 3, h, w); h and w multiples of 8.

        Returns:
            Logit of a face at each cell, (n, 1, h / 4, w / 4), and its box and landmarks relative
            to the cell, (n, 16, h / 4, w / 4), of which the first four are x and y of the center,
            width and height, in pixels.
        """
        known = {"frame": frame}
        for kind, inputs, result in self._steps:
            x = known[inputs[0]]
            if kind == "Conv":
                x = self._convolutions[result](x)
            elif kind == "Relu":
                x = F.relu(x)
            elif kind == "Add":
                second = known[inputs[1]]
                x = x + (upsample_to(second, x) if inputs[1] in self._coarse else second)
            elif kind == "MaxPool":
                x = F.max_pool2d(x, 2)
            elif kind == "Pad":
                x = F.pad(x, (0, 0, 0, 0, 0, self._wider[result]))
            known[result] = x
        return known["scores"], known["boxes"]


class FaceCues(nn.Module):
    """Maps of faces as an input of a readout: logit, probability and size.

    The detector gets the frame at half the teacher's width and height, which is about the size of
    its training; it takes less than a tenth of the teacher's time.

    Attributes:
        channels: Number of maps.
    """

    channels = 3

    def __init__(self) -> None:
        super().__init__()
        self.network = BlazeFace()

    def forward(self, x: Tensor) -> Tensor:
        """Maps RGB in 0..1, (n, 3, h, w), sides multiples of 16, to (n, 3, h / 8, w / 8)."""
        logits, boxes = self.network(F.avg_pool2d(2 * x - 1, 2))
        found = torch.sigmoid(logits)
        # Octaves around 16 pixels; boxes are meaningless where there is no face.
        size = torch.log2(boxes[:, 3:4].clamp(1, 256) / 16)
        return torch.cat([logits.clamp(-MAX_LOGIT, MAX_LOGIT) / MAX_LOGIT, found, found * size], 1)


def _convolution(weight: Tensor, bias: Tensor, attributes: dict[str, Any]) -> nn.Module:
    outputs, inputs, side, _ = weight.shape
    groups, stride = attributes["group"], attributes["strides"][0]
    layer = nn.Conv2d(inputs * groups, outputs, side, stride, groups=groups)
    layer.load_state_dict({"weight": weight, "bias": bias})
    top, left, bottom, right = attributes["pads"]
    if top == bottom:
        layer.padding = (top, left)
        return layer
    return nn.Sequential(nn.ZeroPad2d((left, right, top, bottom)), layer)
