"""A student as engines run it: the same sums as in training, in fewer steps.

Whatever only moves values costs as much as the sums of a layer this small: so the weights of the
first layer scale the bytes, those of the motion layer take the difference of two frames, and the
three heads are one.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from uvanet.models.student import MEAN, SCALE

if TYPE_CHECKING:
    from uvanet.models import SpatioTemporal


class InferenceStudent(nn.Module):
    """The streaming step: bytes in, a map in 0..1 out.

    Args:
        student: In evaluation mode; it is not changed.
    """

    def __init__(self, student: SpatioTemporal) -> None:
        super().__init__()
        self.student = student = copy.deepcopy(student)
        self.head = student.joined_head()
        with torch.no_grad():
            _weight(student.stem.conv).mul_(SCALE / 255)
            # Features f, and what changed since the earlier e: f k + (f - e) c = f (k + c) - e c.
            kept, changed = _weight(student.motion).chunk(2, 1)
            kept.add_(changed)
            changed.neg_()

    def forward(self, frame: Tensor, earlier: Tensor) -> tuple[Tensor, Tensor]:
        """See `uvanet.runtime.engine.Engine.step`."""
        student = self.student
        centred = frame.permute(0, 3, 1, 2).float() - 255 * MEAN
        features = student.stem.block(student.stem.conv(centred))
        spatial = student.spatial(features)
        temporal = student.temporal(student.motion(torch.cat([features, earlier], 1)))
        mixed = student.fuse(student.mix(torch.cat([spatial, temporal], 1)))
        logits = self.head(torch.cat([spatial, temporal, mixed], 1))[:, 0]
        return torch.exp(logits - logits.amax((1, 2), keepdim=True)), features


def _weight(layer: nn.Sequential) -> Tensor:
    """Of its convolution."""
    conv = layer[0]
    assert isinstance(conv, nn.Conv2d)
    return conv.weight
