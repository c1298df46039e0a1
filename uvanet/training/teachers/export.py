"""Writes the teachers as ONNX files for engines."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from uvanet.atomic_io import atomic_write
from uvanet.deploy.graph_passes import store_half
from uvanet.deploy.onnx_export import export_onnx
from uvanet.models.teacher import SpatialTeacher
from uvanet.models.temporal_teacher import STATE_CHANNELS, TemporalTeacher
from uvanet.runtime.engine import STATE_STRIDE
from uvanet.teacher_input import HEIGHT, WIDTH


class SpatialExport(nn.Module):
    """The spatial teacher as a module for engines: from bytes to a map in 0..1.

    Args:
        teacher: In evaluation mode.
    """

    def __init__(self, teacher: SpatialTeacher) -> None:
        super().__init__()
        self.teacher = teacher

    def forward(self, frame: Tensor) -> Tensor:
        """Maps RGB uint8 (n, h, w, 3) to maps (n, h / 8, w / 8), the largest value of each 1."""
        return _saliency(self.teacher(_pixels(frame)))


class TemporalExport(nn.Module):
    """The temporal teacher as a module for engines; see `uvanet.runtime.engine.Engine.step`.

    Args:
        teacher: In evaluation mode.
    """

    def __init__(self, teacher: TemporalTeacher) -> None:
        super().__init__()
        self.teacher = teacher

    def forward(self, frame: Tensor, earlier: Tensor) -> tuple[Tensor, Tensor]:
        """Maps RGB uint8 (n, h, w, 3) and the earlier state to maps and the new state."""
        logits, state = self.teacher(_pixels(frame), earlier)
        return _saliency(logits), state


def _pixels(frame: Tensor) -> Tensor:
    return frame.permute(0, 3, 1, 2).float() * (1 / 255)


def _saliency(logits: Tensor) -> Tensor:
    logits = logits[:, 0]
    return torch.exp(logits - logits.amax((1, 2), keepdim=True))


def export_spatial(teacher: SpatialTeacher, path: Path) -> None:
    """Writes a spatial teacher as ONNX, for pictures of any size."""
    _export(SpatialExport(teacher), path, ("frame",), ("saliency",))


def export_temporal(teacher: TemporalTeacher, path: Path) -> None:
    """Writes a temporal teacher as ONNX, for frames of any size."""
    _export(TemporalExport(teacher), path, ("frame", "earlier"), ("saliency", "features"))


def _export(
    module: nn.Module, path: Path, inputs: tuple[str, ...], outputs: tuple[str, ...]
) -> None:
    frame = torch.zeros(2, HEIGHT, WIDTH, 3, dtype=torch.uint8)
    earlier = torch.zeros(2, STATE_CHANNELS, HEIGHT // STATE_STRIDE, WIDTH // STATE_STRIDE)
    with atomic_write(path) as part:  # `path` appears only after both steps
        example = (frame, earlier)[: len(inputs)]
        export_onnx(module, example, part, inputs=inputs, outputs=outputs, any_size=True)
        store_half(part)
