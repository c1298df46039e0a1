"""What is learned: the student, its averaged twin and the loss of a batch."""

from __future__ import annotations

import copy
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from uvanet.models import SpatioTemporal, build, load_student
from uvanet.registry import resolve_model
from uvanet.training.losses import LOSSES, attention_hint, similarity_hint

if TYPE_CHECKING:
    from uvanet.data.synthetic import Pairs
    from uvanet.training.config import TrainConfig


class DistillationModule(nn.Module):
    """The student and its losses.

    All three predict on their own, and learn so: the spatial branch what a still viewer would look
    at, the temporal one and the features of both mixed what motion makes of it.

    Args:
        config: The run.
    """

    def __init__(self, config: TrainConfig) -> None:
        super().__init__()
        self.config = config
        self.loss = LOSSES[config.loss]
        # Channels-last nearly doubles the speed of a training step on a CPU.
        self.student: SpatioTemporal = _student(config).to(
            memory_format=torch.channels_last  # type: ignore[call-overload]
        )
        self.averaged: SpatioTemporal = copy.deepcopy(self.student).requires_grad_(False)
        self._deep: dict[str, Tensor] = {}
        if config.hint or config.feature_hint:
            for name, branch in (
                ("spatial", self.student.spatial),
                ("temporal", self.student.temporal),
            ):
                branch.down16.register_forward_hook(partial(self._keep, name))

    def forward(self, pairs: Pairs, features: Tensor | None = None) -> dict[str, Tensor]:
        """Gives `loss`, to be minimised, and its parts for the record, all scalars.

        Args:
            pairs: The batch.
            features: What the teacher sees in its pictures, (n, k); None where that isn't known.
        """
        frame = pairs.frame.contiguous(memory_format=torch.channels_last)
        earlier = pairs.earlier.contiguous(memory_format=torch.channels_last)
        output = self.student(frame, earlier)
        # In mixed precision too, sums over a map are made in 32 bits.
        mixed = self.loss(_whole(output.spatiotemporal), pairs.label)
        spatial = self.loss(_whole(output.spatial), pairs.still)
        temporal = self.loss(_whole(output.temporal), pairs.label)
        loss = mixed + self.config.branch_weight * (spatial + temporal)
        if self.config.hint:
            deep = self._deep
            hints = attention_hint(_whole(deep["spatial"]), pairs.still)
            hints = hints + attention_hint(_whole(deep["temporal"]), pairs.label)
            loss = loss + self.config.hint * hints
        if self.config.feature_hint and features is not None:
            alike = similarity_hint(_whole(self._deep["spatial"]), _whole(features))
            loss = loss + self.config.feature_hint * alike
        return {
            "loss": loss,
            "mixed": mixed.detach(),
            "spatial": spatial.detach(),
            "temporal": temporal.detach(),
        }

    def _keep(self, name: str, _module: nn.Module, _inputs: object, output: Tensor) -> None:
        self._deep[name] = output

    def average(self, step: int) -> None:
        """Moves the averaged twin a step towards the student; `step` counts from 0."""
        move_average(self.averaged, self.student, self.config.average, step)

    def train(self, mode: bool = True) -> DistillationModule:
        """Sets the student's mode; the averaged twin always stays in evaluation."""
        super().train(mode)
        self.averaged.eval()
        return self


def _whole(values: Tensor) -> Tensor:
    """The same in 32 bits at least."""
    return values if values.dtype is torch.float64 else values.float()


def _student(config: TrainConfig) -> SpatioTemporal:
    if not config.start:
        return build(config.preset)
    start = Path(config.start)
    if start.suffix != ".safetensors":
        start = resolve_model(config.start).verified()[0].with_suffix(".safetensors")
    return load_student(config.preset, start)


@torch.no_grad()
def move_average(averaged: nn.Module, model: nn.Module, decay: float, step: int) -> None:
    """Moves averaged weights and statistics a step towards a model's.

    Args:
        averaged: Changed in place.
        model: Of the same kind.
        decay: The share kept of `averaged` in the long run.
        step: Steps taken so far; the decay starts low, so that the random start is forgotten.
    """
    decay = min(decay, (1 + step) / (10 + step))
    current, kept, taken = model.state_dict(), [], []
    for name, value in averaged.state_dict().items():
        if value.is_floating_point():
            kept.append(value)
            taken.append(current[name])
        else:
            value.copy_(current[name])
    # All in one go: on a GPU, a launch a weight would take longer than the sums.
    get_ema_multi_avg_fn(decay)(kept, taken, step)  # type: ignore[no-untyped-call]
