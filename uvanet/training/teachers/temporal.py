"""Trains the temporal teacher's gate on labelled synthetic motion.

The spatial teacher is frozen, so its maps and the motion energies of each sequence are computed
once. Only the gate is trained, which takes minutes.
"""

from __future__ import annotations

import copy
import logging
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from uvanet.data.sequences import STEPS, make_sequence
from uvanet.errors import UsageError
from uvanet.i18n import tr
from uvanet.models.temporal_teacher import STATE_CHANNELS, STRENGTH, Motion
from uvanet.training import losses
from uvanet.training.control import track
from uvanet.training.data.loader import TensorBatches
from uvanet.training.trainer import Trainer, TrainingTask

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from uvanet.data.fixations import GazePicture
    from uvanet.models.temporal_teacher import Gate
    from uvanet.training.config import TemporalTeacherConfig
    from uvanet.training.control import Callback

    Image = NDArray[np.uint8]
    Map = NDArray[np.float32]


_LOG = logging.getLogger(__name__)


class MotionData(NamedTuple):
    """Inputs of the gate for some sequences, with their targets.

    Attributes:
        energy: Motion energies, (n, 3, 48, 64).
        spatial: Log densities of the spatial teacher on the last frames, (n, 1, 48, 64).
        target: Density of gaze on the last frames with the effect of motion, (n, 1, 48, 64).
    """

    energy: Tensor
    spatial: Tensor
    target: Tensor


def motion_data(
    pictures: Sequence[GazePicture],
    count: int,
    spatial: Callable[[Image], Map],
    seed: int,
    callback: Callback,
) -> MotionData:
    """Makes sequences and computes the inputs of the gate.

    Args:
        pictures: Pictures of the scenes, in turn, and of the donors of objects, at random.
        count: Number of sequences.
        spatial: The spatial teacher: function from RGB (h, w, 3) to a density (h / 8, w / 8).
        seed: Seed of all random numbers.
        callback: Receives progress; may stop the run.

    Raises:
        UsageError: No picture could be read.
    """
    motion = Motion()
    rows: list[tuple[Tensor, ...]] = []
    for i in track(range(count), "motion", callback):
        # Each has its own seed, so that the n-th sequence does not depend on `count`.
        rng = np.random.default_rng((seed, i))
        donor = pictures[int(rng.integers(len(pictures)))]
        try:
            sequence = make_sequence(pictures[i % len(pictures)], donor, rng)
        except UsageError as error:
            _LOG.warning("left out: %s", error)
            continue
        density = spatial(sequence.last)
        rows.append(
            (
                energies(motion, sequence.frames),
                torch.from_numpy(np.log(density + 1e-9))[None],
                torch.from_numpy(sequence.temporal_target)[None],
            )
        )
    if not rows:
        raise UsageError(tr("No picture could be read."), tr("Check the data."))
    return MotionData(*(torch.stack(column) for column in zip(*rows, strict=True)))


@torch.no_grad()
def energies(motion: Motion, frames: Image) -> Tensor:
    """Returns the motion energies at the last of some frames, (3, h / 4, w / 4).

    Args:
        motion: The module of motion energies, which has no parameters.
        frames: RGB, uint8, (STEPS, h, w, 3), at half the teacher's input size.
    """
    gray = torch.from_numpy(frames).float().mean(3)[:, None] / 255
    brightness = F.avg_pool2d(gray, 2)
    state = torch.zeros(1, STATE_CHANNELS, *brightness.shape[2:])
    energy = state
    for step in range(STEPS):
        state, energy = motion(brightness[step : step + 1], state)
    return energy[0]


class GateTask(TrainingTask):
    """The gate of a temporal teacher and its loss."""

    def __init__(self, gate: Gate) -> None:
        super().__init__()
        self.model = gate

    def forward(self, batch: Sequence[Tensor]) -> dict[str, Tensor]:
        """Returns `loss` of the columns of `MotionData`."""
        data = MotionData(*batch)
        logits = data.spatial + self.model(data.energy, data.spatial)
        return {"loss": losses.mixture(logits, data.target)}


def train_gate(
    gate: Gate, data: MotionData, config: TemporalTeacherConfig, callback: Callback
) -> None:
    """Trains the gate in place; it ends with averaged weights, `STRENGTH`, in evaluation mode.

    Args:
        gate: Gate of the temporal teacher.
        data: The sequences.
        config: The settings.
        callback: Receives progress; may stop the training.

    Raises:
        StoppedError: The training was told to stop.
    """
    batches = TensorBatches(data, config, mirror=True)
    steps = batches.steps * config.epochs
    trainer = Trainer(GateTask(gate), batches, config, steps, phase="gate", callback=callback)
    gate.load_state_dict(trainer.run().model.state_dict())
    gate.strength.fill_(STRENGTH)
    gate.eval()


@torch.no_grad()
def compare(gate: Gate, data: MotionData) -> dict[str, dict[str, float]]:
    """Measures KLD, in nats, and NSS (expected, of fixations drawn from the target) on sequences.

    Returns:
        "spatial" (the spatial teacher), "rule" (the motion law) and "temporal" (the temporal
        teacher) to metric to value.
    """
    rule = copy.deepcopy(gate)
    for parameter in rule.layers.parameters():
        torch.nn.init.zeros_(parameter)
    torch.nn.init.ones_(rule.rule)
    rule.strength.fill_(1.0)
    rows = {
        "spatial": data.spatial,
        "rule": data.spatial + rule.eval()(data.energy, data.spatial),
        "temporal": data.spatial + gate.eval()(data.energy, data.spatial),
    }
    return {
        name: {
            "kld": round(float(losses.kl(logits, data.target)), 4),
            "nss": round(-float(losses.nss(logits, data.target)), 4),
        }
        for name, logits in rows.items()
    }
