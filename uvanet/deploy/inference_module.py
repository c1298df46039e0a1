"""The student for engines: the same function as in training, with fewer operations.

Layers of this size take little longer than operations that only move values. So the normalization
is part of the first convolution, the motion layer takes the features of both frames instead of
their difference, one head replaces three, and channel attention runs its second layer once.
"""

from __future__ import annotations

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uvanet.models import SpatioTemporal
from uvanet.models.blocks import CARes, ChannelAttention
from uvanet.models.branch import MEAN, SCALE
from uvanet.models.motion_memory import CHANNELS
from uvanet.models.student import ENSEMBLE_WEIGHTS


class InferenceStudent(nn.Module):
    """The streaming step of a student: bytes in, a map in 0..1 out.

    Args:
        student: The student in evaluation mode; it is copied, not changed.
    """

    def __init__(self, student: SpatioTemporal) -> None:
        super().__init__()
        self.student = student = copy.deepcopy(student)
        self.head = student.joined_head()
        for block in student.modules():
            if isinstance(block, CARes) and isinstance(block.attention, ChannelAttention):
                block.add_module("attention", _InferenceAttention(block.attention))
        with torch.no_grad():
            _weight(student.stem.conv).mul_(SCALE / 255)
            # With features f and earlier e: f k + (f - e) c = f (k + c) - e c.
            kept, changed = _weight(student.motion).chunk(2, 1)
            kept.add_(changed)
            changed.neg_()
            if student.memory is not None:
                # They are added to two of the three predictions that the joined head replaces.
                student.memory.to_logits.weight.mul_(sum(ENSEMBLE_WEIGHTS[1:]))
            # The mean of 4 x 4 pixels and three colors, in 0..1 and plus one, in one operation.
            self._brightness = nn.Conv2d(3, 1, 4, 4)
            self._brightness.weight.fill_(1 / (3 * 4 * 4 * 255))
            bias = self._brightness.bias
            assert bias is not None
            bias.fill_(1)

    def forward(self, frame: Tensor, earlier: Tensor) -> tuple[Tensor, Tensor]:
        """See `uvanet.runtime.engine.Engine.step`.

        Args:
            frame: RGB, uint8, (n, h, w, 3).
            earlier: State of the earlier frame, float32, (n, c, h / 4, w / 4).

        Returns:
            Map, float32, (n, h / 2, w / 2), 0..1 with maximum 1; and the state of the frame.
        """
        student, memory = self.student, self.student.memory
        pixels = frame.permute(0, 3, 1, 2).float()
        features = state = student.stem.block(student.stem.conv(pixels - 255 * MEAN))
        if memory is not None:
            earlier, past = torch.split(earlier, [student.preset.stem[1], CHANNELS], 1)
            cue, remembered = memory(self._brightness(pixels), past)
            state = torch.cat([features, remembered], 1)
        moving = student.motion(torch.cat([features, earlier], 1))
        motion = None
        if memory is not None:
            moving = moving + memory.to_features(cue)
            motion = memory.to_logits(cue)
        spatial = student.spatial(features)
        temporal = student.temporal(moving)
        both = student.fuse(student.mix(torch.cat([spatial, temporal], 1)))
        logits = self.head(torch.cat([spatial, temporal, both], 1), motion)[:, 0]
        return torch.exp(logits - logits.amax((1, 2), keepdim=True)), state


class _InferenceAttention(nn.Module):
    """Channel attention whose second, linear layer runs once, on the sum of both pools.

    W2 relu(W1 a) + b2 + W2 relu(W1 m) + b2 = W2 (relu(W1 a) + relu(W1 m)) + 2 b2.

    Both pools are global, so that ONNX Runtime can compute them in its blocked memory layout.
    """

    def __init__(self, attention: ChannelAttention) -> None:
        super().__init__()
        self.first, _, self.second = attention.mlp
        self.use_max, self.gate = attention.use_max, attention.gate
        if self.use_max:
            assert isinstance(self.second, nn.Conv2d)
            assert self.second.bias is not None
            with torch.no_grad():
                self.second.bias.mul_(2)

    def forward(self, x: Tensor) -> Tensor:
        """Scales (n, c, h, w) to the same shape."""
        hidden = F.relu(self.first(F.adaptive_avg_pool2d(x, 1)))
        if self.use_max:
            hidden = hidden + F.relu(self.first(F.adaptive_max_pool2d(x, 1)))
        gate: Tensor = self.gate(self.second(hidden))
        return x * gate


def _weight(layer: nn.Sequential) -> Tensor:
    conv = layer[0]
    assert isinstance(conv, nn.Conv2d)
    return conv.weight
