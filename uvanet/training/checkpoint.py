"""Checkpoints that a kill at any moment cannot break, and from which a run goes on the same."""

from __future__ import annotations

import dataclasses
import os
from typing import TYPE_CHECKING, Any

import torch

from uvanet.atomic_io import atomic_write
from uvanet.errors import ModelError, TrainingError

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Generator

    from uvanet.training.config import TrainConfig
    from uvanet.training.distillation import DistillationModule
    from uvanet.training.optim import Optimizers

FORMAT = 2


def save(
    path: Path,
    *,
    config: TrainConfig,
    task: DistillationModule,
    optimizers: Optimizers,
    rng: Generator,
    epoch: int,
    history: list[dict[str, float]],
    best: float,
) -> None:
    """Writes everything a run needs to go on, whole or not at all.

    Args:
        path: The file; its folder exists.
        config: The run.
        task: Student and averaged twin.
        optimizers: With their state.
        rng: The run's source of chance.
        epoch: Epochs done.
        history: A row an epoch.
        best: Best NSS on `val` so far.
    """
    state = {
        "format": FORMAT,
        "config": dataclasses.asdict(config),
        "task": task.state_dict(),
        "optimizers": optimizers.state_dict(),
        "rng": rng.get_state(),
        "epoch": epoch,
        "history": history,
        "best": best,
    }
    write(state, path)


def write(state: dict[str, Any], path: Path) -> None:
    """Writes a state, whole or not at all.

    Raises:
        TrainingError: The disk is full, or the folder has gone.
    """
    try:
        with atomic_write(path) as part, part.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
    except (OSError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise TrainingError(
            f"The checkpoint cannot be written to {path.parent}: {reason}.",
            "Make room on the disk and start the run again; it goes on from its last checkpoint.",
        ) from error


def load(path: Path, config: TrainConfig) -> dict[str, Any]:
    """Reads a checkpoint of the same run.

    Raises:
        ModelError: It is damaged, of another format, or of a run with other choices.
    """
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise ModelError(
            f"{path} is no readable checkpoint.", "Delete it to start the run anew."
        ) from error
    if state.get("format") != FORMAT:
        raise ModelError(f"{path} is of another version.", "Delete it to start the run anew.")
    if state["config"] != dataclasses.asdict(config):
        raise ModelError(
            f"{path} belongs to a run with other settings.",
            "Give another --out, or delete it to start anew.",
        )
    return state
