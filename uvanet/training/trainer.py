"""The training loop of students and teachers.

All random numbers of a step come from generators that are seeded by the seed of the run and the
number of the step. A resumed run therefore ends at the same weights as an uninterrupted one, and no
state of a generator is stored.
"""

from __future__ import annotations

import contextlib
import copy
import json
import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from uvanet.atomic_io import atomic_write, write_text
from uvanet.errors import TrainingError
from uvanet.i18n import tr
from uvanet.training import checkpoint
from uvanet.training.checkpoint import CHECKPOINT
from uvanet.training.control import Callback, StoppedError, Timer
from uvanet.training.distributed import any_process, make_fabric, synchronize_batch_norm
from uvanet.training.optim import MuonAdamW
from uvanet.training.progress import CheckpointEvent, EvalEvent, PreviewEvent, StepEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from lightning_fabric import Fabric

    from uvanet.training.config import OptimConfig
    from uvanet.training.fingerprint import Record
    from uvanet.training.progress import Phase

MAX_NORM = 2.0
"""Largest norm of the gradient; larger gradients are scaled down to it."""

BEST = "best.safetensors"


class TrainingTask(nn.Module):
    """A network and its loss. `forward` takes a batch and returns scalars by name, with `loss`.

    All parameters of the task are trained.

    Attributes:
        model: The network, whose weights are averaged and stored.
    """

    model: nn.Module


class Batches(Protocol):
    """The training data of a run, batch by batch.

    Attributes:
        steps: Steps of an epoch.
    """

    steps: int

    def batch(self, step: int, fabric: Fabric) -> Any:
        """Returns this process's part of the batch of a step; it depends on the step alone."""


class Evaluation(Protocol):
    """Measures a network on held-out data.

    Attributes:
        metric: "nss" or "cc"; larger is better.
    """

    metric: str

    def __call__(self, model: nn.Module, step: int) -> tuple[float, PreviewEvent | None]:
        """Measures a network, which is on the CPU and in evaluation mode.

        Returns:
            The value, NaN where undefined, and a preview or None.
        """


@dataclass(slots=True)
class TrainResult:
    """The outcome of a run.

    Attributes:
        model: The averaged network, in evaluation mode, on the CPU.
        weights: File of the averaged weights with the best value on held-out data; None where the
            run stores no files or nothing was measured.
        best: The best value; None where nothing was measured.
        history: One row for each epoch: mean losses and, where measured, the value.
    """

    model: nn.Module
    weights: Path | None = None
    best: float | None = None
    history: list[dict[str, float]] = field(default_factory=list)


class Trainer:
    """Trains a task: learning rate, averaged weights, gradient clipping, checkpoints, control.

    Args:
        task: Network and loss.
        batches: The training data.
        config: Settings of the run.
        steps: Number of steps.
        phase: Name of the run in its progress events.
        out: Folder of `checkpoint.pt`, `best.safetensors` and `history.json`; made where missing.
            None to store no files.
        made_from: Record of settings and data, to recognize the checkpoint of another run.
        fabric: Device and processes; None for one process on the CPU.
        callback: Receives events; may pause or stop the run.
        evaluation: Measures the averaged network; None to measure nothing.
        eval_every: Steps between two measurements; 0 to measure at each checkpoint.
        save_every: Seconds between two checkpoints.

    Raises:
        ModelError: `out` holds a checkpoint of another run, or a damaged one.
    """

    def __init__(
        self,
        task: TrainingTask,
        batches: Batches,
        config: OptimConfig,
        steps: int,
        *,
        phase: Phase = "train",
        out: Path | None = None,
        made_from: Record | None = None,
        fabric: Fabric | None = None,
        callback: Callback | None = None,
        evaluation: Evaluation | None = None,
        eval_every: int = 0,
        save_every: float = 60.0,
    ) -> None:
        self._fabric = fabric or make_fabric(config.precision, "cpu")
        self._callback = callback or Callback()
        self._batches, self._steps = batches, steps
        self._config, self._phase = config, phase
        self._out, self._made_from = out, made_from or {}
        self._evaluation, self._eval_every = evaluation, eval_every
        self._save_every = save_every
        self._task = task
        task.model = synchronize_batch_norm(task.model, self._fabric)
        self._average = AveragedModel(
            task.model,
            device=self._fabric.device,
            multi_avg_fn=_warm_ema(config.ema_decay),
            use_buffers=True,
        ).eval()
        self._learner = self._fabric.setup_module(task)
        self._optimizer: Any = self._fabric.setup_optimizers(MuonAdamW(task, config))
        self._step = 0
        self._sums: dict[str, float] = {}
        self._history: list[dict[str, float]] = []
        self._best: float | None = None
        self._measured = -1
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            if (out / CHECKPOINT).exists():
                self._restore(out / CHECKPOINT)

    def run(self) -> TrainResult:
        """Takes the remaining steps.

        Raises:
            StoppedError: The run was told to stop; its checkpoint is written.
            TrainingError: The loss is not finite, or a checkpoint cannot be written.
        """
        timer = Timer(self._steps, self._step)
        reported = saved = time.monotonic()
        self._learner.train()
        while self._step < self._steps:
            if self._told_to_stop(timer):
                self._save()
                raise StoppedError
            loss = self._take_step()
            now, done = time.monotonic(), self._step
            if now - reported > 0.3 or done == self._steps:
                reported, left = now, timer.left(done)
                self._callback.emit(
                    StepEvent(phase=self._phase, done=done, total=self._steps, left=left, loss=loss)
                )
            ends = done % self._batches.steps == 0
            if ends or done == self._steps:
                self._end_epoch()
            measure = bool(self._eval_every) and done % self._eval_every == 0
            if measure or done == self._steps:
                self._measure()
            if measure or done == self._steps or now - saved > self._save_every:
                if not self._eval_every and done < self._steps:
                    self._measure()
                self._save()
                # The time after saving, so that steps are taken between two checkpoints even where
                # measuring takes longer than `save_every`.
                saved = time.monotonic()
        if self._best is None:  # the weights of a finished run were deleted
            self._measure()
            self._save()
        return self.result()

    def result(self) -> TrainResult:
        """The outcome so far."""
        best = self._fabric.broadcast(self._best)
        weights = self._out / BEST if self._out is not None and best is not None else None
        return TrainResult(self._averaged(), weights, best, self._history)

    def _take_step(self) -> float:
        step = self._step
        torch.manual_seed(self._config.seed * 1_000_003 + step)  # of dropout
        self._optimizer.set_rate(step, self._steps)
        parts: dict[str, Tensor] = self._learner(self._batches.batch(step, self._fabric))
        loss = float(parts["loss"].detach())
        if not math.isfinite(loss):
            raise TrainingError(
                tr("The training diverged at step {step}: the loss is not a number.").format(
                    step=step
                ),
                tr("Start it again, with a smaller learning rate if it happens twice."),
            )
        self._optimizer.zero_grad(set_to_none=True)
        self._fabric.backward(parts["loss"])
        # Fabric divides the gradients of 16-mixed by the loss scale before it clips them. The
        # scaler skips a step whose gradients overflow in 16 bits.
        self._fabric.clip_gradients(
            self._learner, self._optimizer, max_norm=MAX_NORM, error_if_nonfinite=False
        )
        self._optimizer.step()
        self._average.update_parameters(self._task.model)
        for name, value in parts.items():
            self._sums[name] = self._sums.get(name, 0.0) + float(value.detach())
        self._sums["steps"] = self._sums.get("steps", 0.0) + 1
        self._step += 1
        return loss

    def _told_to_stop(self, timer: Timer) -> bool:
        try:
            timer.wait(self._callback)
            stop = False
        except StoppedError:
            stop = True
        return any_process(stop, self._fabric)

    def _end_epoch(self) -> None:
        if steps := self._sums.pop("steps", 0.0):
            row = {name: total / steps for name, total in self._sums.items()}
            epoch = self._step / self._batches.steps
            self._history.append({"epoch": round(epoch, 3), **row})
        self._sums = {}

    def _measure(self) -> None:
        if self._evaluation is None or not self._fabric.is_global_zero:
            return
        if self._measured == self._step:
            return
        self._measured = self._step
        average = self._averaged()
        value, preview = self._evaluation(average, self._step)
        metric = self._evaluation.metric
        self._callback.emit(EvalEvent(metric=metric, value=value, step=self._step))
        if preview is not None:
            self._callback.emit(preview)
        if self._history and self._step % self._batches.steps == 0:
            self._history[-1][f"val_{metric}"] = value
        if self._best is None or math.isnan(self._best) or value > self._best:
            self._best = value
            if self._out is not None:
                with _writing(self._out), atomic_write(self._out / BEST) as part:
                    save_file(contiguous(average), part)

    def _averaged(self) -> nn.Module:
        return copy.deepcopy(self._average.module).cpu().eval()

    def _save(self) -> None:
        if self._out is None or not self._fabric.is_global_zero:
            return
        state = {
            "made_from": self._made_from,
            "task": self._task.state_dict(),
            "average": self._average.module.state_dict(),
            "averaged_steps": int(self._average.n_averaged),
            "optimizer": self._optimizer.state_dict(),
            "step": self._step,
            "sums": self._sums,
            "history": self._history,
            "best": self._best,
        }
        checkpoint.save(self._out / CHECKPOINT, state)
        with _writing(self._out):
            write_text(self._out / "history.json", json.dumps(self._history, indent=1))
        self._callback.emit(CheckpointEvent(step=self._step))

    def _restore(self, path: Path) -> None:
        state = checkpoint.load(path, self._made_from, self._batches.steps)
        with checkpoint.refusing_damage(path):
            self._task.load_state_dict({**self._task.state_dict(), **state["task"]})
            self._average.module.load_state_dict(state["average"])
            self._average.n_averaged.fill_(state["averaged_steps"])
            self._optimizer.load_state_dict(state["optimizer"])
            self._step, self._best = state["step"], state["best"]
            self._sums, self._history = state["sums"], state["history"]
        if not path.with_name(BEST).exists():
            self._best = None  # the weights measured next are stored


def best_of(*folders: Path) -> Path | None:
    """The best weights of the runs in some folders; None where no run has measured its weights."""
    values: dict[Path, float] = {}
    for folder in folders:
        if (folder / CHECKPOINT).exists():
            best = checkpoint.best_value(folder / CHECKPOINT)
            if best is not None:
                values[folder / BEST] = best
    return max(values, key=values.__getitem__) if values else None  # the first of equal ones


def contiguous(module: nn.Module) -> dict[str, Tensor]:
    """The state of a module with contiguous tensors, as safetensors needs them."""
    return {name: value.contiguous() for name, value in module.state_dict().items()}


def _warm_ema(decay: float) -> Callable[[Sequence[Tensor], Sequence[Tensor], Any], None]:
    """An exponential moving average with a smaller decay in the first steps.

    The random initial weights are forgotten sooner.
    """

    def update(averaged: Any, current: Any, count: Any) -> None:
        steps = int(count)
        warm = min(decay, (1 + steps) / (10 + steps))
        get_ema_multi_avg_fn(warm)(averaged, current, count)  # type: ignore[no-untyped-call]  # torch

    return update


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TrainingError(
            tr("The checkpoint cannot be written to {folder}: {reason}.").format(
                folder=folder, reason=error.strerror or error
            ),
            tr(
                "Make room on the disk and start the run again; it resumes from its last "
                "checkpoint."
            ),
        ) from error
