"""Checkpoints of a training run, written atomically and read without trust."""

from __future__ import annotations

import contextlib
import json
import logging
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from uvanet.atomic_io import atomic_write
from uvanet.errors import ModelError, TrainingError, UvanetError
from uvanet.i18n import tr
from uvanet.training.fingerprint import Record, require_same

_LOG = logging.getLogger(__name__)

FORMAT = 3
CHECKPOINT = "checkpoint.pt"


def save(path: Path, state: dict[str, Any]) -> None:
    """Writes a checkpoint atomically.

    Raises:
        TrainingError: The disk is full, or the folder has gone.
    """
    try:
        with atomic_write(path) as part, part.open("wb") as file:
            torch.save({"format": FORMAT, **state}, file)
            file.flush()
            os.fsync(file.fileno())
    except (OSError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise TrainingError(
            tr("The checkpoint cannot be written to {folder}: {reason}.").format(
                folder=path.parent, reason=reason
            ),
            tr(
                "Make room on the disk and start the run again; it resumes from its last "
                "checkpoint."
            ),
        ) from error


@contextlib.contextmanager
def refusing_damage(path: Path) -> Iterator[None]:
    """Converts the exceptions of reading and using a damaged file of weights into one error.

    A file may also be intact and hold values of wrong types, which can raise nearly any exception.

    Raises:
        ModelError: The block raised an exception other than a UvanetError.
    """
    try:
        yield
    except UvanetError:
        raise
    except Exception as error:
        raise ModelError(
            tr("{path} is no readable checkpoint.").format(path=path),
            tr("Delete it to start the run anew."),
        ) from error


def read(path: Path) -> dict[str, Any]:
    """Reads a checkpoint of any run and format.

    Raises:
        ModelError: It is damaged.
    """
    with refusing_damage(path):
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        if not isinstance(state, dict):
            raise TypeError("no mapping")
        return state


def weight_names(path: Path) -> set[str]:
    """Names of the weights of a checkpoint's network, of any format.

    Raises:
        ModelError: It is damaged.
    """
    state = read(path)
    prefix = "averaged." if state.get("format") == 2 else ""
    with refusing_damage(path):
        held = state.get("task" if prefix else "average", {})
        return {name.removeprefix(prefix) for name in held if name.startswith(prefix)}


def load(path: Path, made_from: Record, steps_per_epoch: int) -> dict[str, Any]:
    """Reads a checkpoint of the same run.

    Args:
        path: The file.
        made_from: The run's settings and data.
        steps_per_epoch: To convert checkpoints of 0.1.0, which count epochs.

    Raises:
        ModelError: It is damaged, of an unknown format, or of another run.
    """
    with refusing_damage(path):
        return _current(read(path), path, made_from, steps_per_epoch)


def best_value(path: Path) -> float | None:
    """The best value that a run has measured on held-out data; None where there is none.

    Raises:
        ModelError: The checkpoint is damaged.
    """
    best = read(path).get("best")
    with refusing_damage(path):
        return best if best is not None and math.isfinite(best) else None


def _current(
    state: dict[str, Any], path: Path, made_from: Record, steps_per_epoch: int
) -> dict[str, Any]:
    """Converts a state to the current format and checks that it is of the same run."""
    if state.get("format") == 2:
        state = _from_format_2(state, path, made_from, steps_per_epoch)
    if "model" in state:  # before tasks had weights of their own
        state["task"] = {f"model.{name}": value for name, value in state.pop("model").items()}
    if state.get("format") != FORMAT:
        raise ModelError(
            tr("{path} is a checkpoint of another version.").format(path=path),
            tr("Delete it to start the run anew."),
        )
    require_same(state["made_from"], made_from, path)
    return state


_RENAMED = {"stored_size": "cache_resolution", "matrix_lr": "muon_lr", "average": "ema_decay"}


def _from_format_2(
    state: dict[str, Any], path: Path, made_from: Record, steps_per_epoch: int
) -> dict[str, Any]:
    """Converts a student's checkpoint of 0.1.0, which has no record of its training data.

    Weights, states of optimizers and history are kept. Random numbers were drawn differently in
    0.1.0, so the run resumes but does not end at the weights that 0.1.0 would have reached.
    """
    config = {_RENAMED.get(name, name): value for name, value in state["config"].items()}
    gone = {name: config.pop(name) for name in ("hint", "feature_hint")}
    if any(gone.values()) or config["loss"] == "mse":
        raise ModelError(
            tr(
                "{path} is a run of 0.1.0 with hints or the MSE loss, which this version lacks."
            ).format(path=path),
            tr("Delete it to start the run anew."),
        )
    config["step2_targets"] = {"hard": "gaze", "soft": "blended"}[config.pop("second")]
    there = {name: json.dumps(value, sort_keys=True) for name, value in config.items()}
    # The data, the start and settings that 0.1.0 did not have are not recorded: those of the
    # current run are assumed.
    there["start"] = made_from.get("start", there["start"])
    _LOG.warning("%s is of 0.1.0 and does not say which data it learned from.", path)
    adamw, *muon = state["optimizers"]
    best = state["best"] if state["best"] > float("-inf") else None

    def part(name: str) -> dict[str, Any]:
        return {
            key.removeprefix(f"{name}."): value
            for key, value in state["task"].items()
            if key.startswith(f"{name}.")
        }

    step = state["epoch"] * steps_per_epoch
    return {
        "format": FORMAT,
        "made_from": {**made_from, **there},
        "task": {f"model.{name}": value for name, value in part("student").items()},
        "average": part("averaged"),
        "averaged_steps": step,
        "optimizer": {"adamw": adamw, "muon": muon[0] if muon else None},
        "step": step,
        "sums": {},
        "history": state["history"],
        "best": best,
    }
