"""Trains the temporal teacher's gate on labelled synthetic motion.

The spatial teacher stays as it is, so its maps and the energies of each sequence are computed
once; only the gate learns, in minutes.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from uvanet.data.sequences import STEPS, make_sequence
from uvanet.models.temporal_teacher import STATE_CHANNELS, STRENGTH, Motion
from uvanet.training import losses
from uvanet.training.control import Callback, track
from uvanet.training.distillation import move_average
from uvanet.training.schedule import learning_rate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from uvanet.data.fixations import GazePicture
    from uvanet.models.temporal_teacher import Gate

    Image = NDArray[np.uint8]
    Map = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class MotionTeacherConfig:
    """A run.

    Attributes:
        sequences: How many seconds of motion it learns from.
        held_out: How many it is measured on, made of pictures of `val`.
        width: Channels of the gate.
        epochs: Passes.
        batch: Sequences a step.
        peak_lr: Largest learning rate.
        weight_decay: AdamW's.
        average: Decay a step of the averaged weights.
        seed: Of all chance.
    """

    sequences: int = 500
    held_out: int = 100
    width: int = 24
    epochs: int = 24
    batch: int = 16
    peak_lr: float = 3e-3
    weight_decay: float = 1e-2
    average: float = 0.995
    seed: int = 13


class MotionMaterial(NamedTuple):
    """Sequences, as the gate sees them.

    Attributes:
        energy: (n, 3, 48, 64).
        spatial: Log densities of the spatial teacher on the last frames, (n, 1, 48, 64).
        still: Gaze on the last frames as pictures, (n, 1, 48, 64).
        label: The same with motion.
    """

    energy: Tensor
    spatial: Tensor
    still: Tensor
    label: Tensor


def motion_material(
    pictures: Sequence[GazePicture],
    count: int,
    spatial: Callable[[Image], Map],
    seed: int,
    watch: Callback | None = None,
) -> MotionMaterial:
    """Makes sequences and what the gate sees of them.

    Args:
        pictures: Scenes and donors, in turn.
        count: How many sequences.
        spatial: The spatial teacher: from RGB (h, w, 3) to a density (h / 8, w / 8).
        seed: Of all chance.
        watch: Told how far it is; may end it.
    """
    motion = Motion()
    rows: list[tuple[Tensor, ...]] = []
    for i in track(range(count), "motion", watch or Callback()):
        # A seed each, so that the n-th is the same however many there are.
        rng = np.random.default_rng((seed, i))
        donor = pictures[int(rng.integers(len(pictures)))]
        sequence = make_sequence(pictures[i % len(pictures)], donor, rng)
        density = spatial(sequence.last)
        rows.append(
            (
                energies(motion, sequence.frames),
                torch.from_numpy(np.log(density + 1e-9))[None],
                torch.from_numpy(sequence.still)[None],
                torch.from_numpy(sequence.label)[None],
            )
        )
    return MotionMaterial(*(torch.stack(column) for column in zip(*rows, strict=True)))


@torch.no_grad()
def energies(motion: Motion, frames: Image) -> Tensor:
    """What the motion of some frames comes to at the last one, (3, h / 4, w / 4).

    Args:
        motion: Has no parameters.
        frames: RGB, uint8, (STEPS, h, w, 3), at half the teacher's size.
    """
    grey = torch.from_numpy(frames).float().mean(3)[:, None] / 255
    brightness = F.avg_pool2d(grey, 2)
    state = torch.zeros(1, STATE_CHANNELS, *brightness.shape[2:])
    energy = state
    for step in range(STEPS):
        state, energy = motion(brightness[step : step + 1], state)
    return energy[0]


def train_gate(
    gate: Gate, material: MotionMaterial, config: MotionTeacherConfig, watch: Callback | None = None
) -> None:
    """Trains the gate in place; it ends averaged, at its strength in use, in evaluation mode.

    Args:
        gate: Of the temporal teacher.
        material: What it learns from.
        config: How.
        watch: Told how far it is; may end it.

    Raises:
        StoppedError: The run was told to stop.
    """
    torch.manual_seed(config.seed)
    rng = torch.Generator().manual_seed(config.seed)
    gate.train()
    averaged = copy.deepcopy(gate).requires_grad_(False)
    optimizer = torch.optim.AdamW(
        gate.parameters(), config.peak_lr, weight_decay=config.weight_decay
    )
    steps = len(material.label) // config.batch
    total = steps * config.epochs
    order = torch.empty(0, dtype=torch.long)
    for step in track(range(total), "gate", watch or Callback()):
        place = step % steps
        if not place:
            order = torch.randperm(len(material.label), generator=rng)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, total, config.peak_lr, 0.1)
        chosen = order[place * config.batch : (place + 1) * config.batch]
        energy, spatial, _, label = (column[chosen] for column in material)
        if torch.rand((), generator=rng) < 0.5:
            energy, spatial, label = (column.flip(3) for column in (energy, spatial, label))
        loss = losses.mixture(spatial + gate(energy, spatial), label)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        move_average(averaged, gate, config.average, step)
    gate.load_state_dict(averaged.state_dict())
    gate.strength.fill_(STRENGTH)
    gate.eval()


@torch.no_grad()
def compare(gate: Gate, material: MotionMaterial) -> dict[str, dict[str, float]]:
    """KLD and NSS (expected, of fixations drawn from the label) on sequences.

    Returns:
        Metrics of the spatial teacher, the crude rule and the temporal teacher.
    """
    rule = copy.deepcopy(gate)
    for parameter in rule.layers.parameters():
        torch.nn.init.zeros_(parameter)
    torch.nn.init.ones_(rule.rule)
    rule.strength.fill_(1.0)
    spatial, label = material.spatial, material.label
    rows = {
        "spatial": spatial,
        "rule": spatial + rule.eval()(material.energy, spatial),
        "temporal": spatial + gate.eval()(material.energy, spatial),
    }
    return {
        name: {
            "kld": round(float(losses.kl(logits, label)), 4),
            "nss": round(-float(losses.nss(logits, label)), 4),
        }
        for name, logits in rows.items()
    }
