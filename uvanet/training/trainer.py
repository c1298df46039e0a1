"""The training loop: pictures in memory, pairs made on tensors, averaged weights kept."""

from __future__ import annotations

import copy
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from tqdm import tqdm

from uvanet.data.fixations import density_map, read_rgb
from uvanet.data.synthetic import Pairs
from uvanet.deploy.onnx_export import save_weights
from uvanet.evaluation.evaluator import score
from uvanet.runtime.branch_engine import student_predictor
from uvanet.training import checkpoint
from uvanet.training.control import Callback, StoppedError, check_loss
from uvanet.training.curves import draw
from uvanet.training.data.loader import DataLoader
from uvanet.training.distillation import DistillationModule
from uvanet.training.distributed import make_fabric, share, share_statistics
from uvanet.training.optim import Optimizers
from uvanet.training.progress import CheckpointEvent, EvalEvent, StepEvent, preview

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from lightning_fabric import Fabric
    from numpy.typing import NDArray

    from uvanet.data.fixations import GazePicture
    from uvanet.training.config import TrainConfig
    from uvanet.training.data.loader import TrainingData
    from uvanet.training.progress import Event


@dataclass(frozen=True, slots=True)
class TrainResult:
    """What a run left.

    Attributes:
        weights: The best averaged weights, safetensors.
        best: Their NSS on `val`.
        history: A row an epoch: losses and, where measured, NSS on `val`.
    """

    weights: Path
    best: float
    history: list[dict[str, float]]


def train(
    config: TrainConfig,
    material: TrainingData,
    out: Path,
    *,
    progress: bool = True,
    watch: Callback | None = None,
    fabric: Fabric | None = None,
) -> TrainResult:
    """Trains a student, or goes on where an earlier call with the same choices stopped.

    Writes `checkpoint.pt`, `history.json` and `curves.svg` after each epoch, `best.safetensors` at
    each new best on `val`.

    Args:
        config: The run.
        material: What it learns from; the same in every call for one `out`.
        out: Folder of the run; made where missing.
        progress: Show a bar on stderr.
        watch: Told of steps, measurements and checkpoints; may stop the run, which then goes on
            from its last epoch when it is called again.
        fabric: The processes that share the work; None for those that `torchrun` started, or one.

    Raises:
        ModelError: `out` holds a checkpoint of another run.
        TrainingError: The loss is no number any more, or the run was stopped.
    """
    watch = watch or Callback()
    fabric = fabric or make_fabric(config.precision)
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(config.seed)
    rng = torch.Generator().manual_seed(config.seed)
    task = DistillationModule(config)
    if fabric.world_size > 1:
        share_statistics(task.student)
    history: list[dict[str, float]] = []
    best, start = float("-inf"), 0
    learner = fabric.setup_module(task)
    optimizers = Optimizers(task.student, config, fabric)
    saved = out / "checkpoint.pt"
    if saved.exists():
        state = checkpoint.load(saved, config)
        task.load_state_dict(state["task"])
        optimizers.load_state_dict(state["optimizers"])
        rng.set_state(state["rng"])
        history, best, start = state["history"], state["best"], state["epoch"]

    plan = DataLoader(material, config, fabric.device)
    steps = len(plan)
    total = steps * config.epochs
    bar = tqdm(
        total=config.epochs,
        initial=start,
        unit="epoch",
        disable=not (progress and fabric.is_global_zero),
        desc=config.preset,
    )
    for epoch in range(start, config.epochs):
        began = time.monotonic()
        task.train()
        sums: dict[str, float] = {}
        for i, (pairs, features) in enumerate(plan.epoch(rng)):
            step = epoch * steps + i
            asked = time.monotonic()
            if not watch.proceed():
                raise StoppedError
            began += time.monotonic() - asked  # a pause is no work
            optimizers.set_rate(step, total)
            seen = None if features is None else share(features, fabric)
            parts = learner(Pairs(*(share(column, fabric) for column in pairs)), seen)
            check_loss(parts["loss"], step)
            optimizers.zero_grad()
            fabric.backward(parts["loss"])
            torch.nn.utils.clip_grad_norm_(task.student.parameters(), 2.0)
            optimizers.step()
            task.average(step)
            for name, value in parts.items():
                sums[name] = sums.get(name, 0.0) + float(value.detach()) / steps
            left = (time.monotonic() - began) / (i + 1) * (total - step - 1)
            watch.emit(
                StepEvent(
                    phase="train",
                    done=step + 1,
                    total=total,
                    left=left,
                    loss=float(parts["loss"].detach()),
                )
            )
        row = {"epoch": epoch + 1.0, **sums, "seconds": time.monotonic() - began}
        if fabric.is_global_zero:
            if (epoch + 1) % config.eval_every == 0 or epoch + 1 == config.epochs:
                predict = student_predictor(copy.deepcopy(task.averaged).cpu())
                row["val_nss"] = score(material.held_out, predict, ("nss",))["nss"]
                at = (epoch + 1) * steps
                watch.emit(EvalEvent(metric="nss", value=row["val_nss"], step=at))
                watch.emit(_preview(material.held_out[epoch * 7 % len(material.held_out)], predict))
                if row["val_nss"] > best:
                    best = row["val_nss"]
                    save_weights(task.averaged, out / "best.safetensors")
            history.append(row)
            checkpoint.save(
                saved,
                config=config,
                task=task,
                optimizers=optimizers,
                rng=rng,
                epoch=epoch + 1,
                history=history,
                best=best,
            )
            watch.emit(CheckpointEvent(step=(epoch + 1) * steps))
            (out / "history.json").write_text(json.dumps(history, indent=1))
            (out / "curves.svg").write_text(draw(config.preset, history), encoding="utf-8")
        fabric.barrier()
        bar.set_postfix(loss=f"{row['loss']:.3f}", val_nss=f"{best:.3f}")
        bar.update()
    bar.close()
    return TrainResult(out / "best.safetensors", fabric.broadcast(best), history)


def _preview(
    picture: GazePicture, predict: Callable[[NDArray[np.uint8]], NDArray[np.float32]]
) -> Event:
    image = read_rgb(picture.path)
    saliency = predict(image)
    height, width = image.shape[:2]
    gaze = density_map(picture.fixations, (width, height), saliency.shape)
    return preview(image, saliency, gaze / max(float(gaze.max()), 1e-9), "gaze")
