"""The training loop: pictures in memory, pairs made on tensors, averaged weights kept."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
import torch
from safetensors.torch import save_file
from tqdm import tqdm

from uvanet.data.fixations import density_map, read_rgb, read_split
from uvanet.data.synthetic import Pairs, crop_pairs, make_pairs
from uvanet.distill import checkpoint
from uvanet.distill.control import StoppedError, Watch, check_loss
from uvanet.distill.evaluate import student_predictor
from uvanet.distill.events import event, step_event
from uvanet.distill.schedule import learning_rate
from uvanet.distill.task import GazeTask
from uvanet.evaluation.evaluate import score
from uvanet.models import PRESETS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import Tensor

    from uvanet.data.fixations import GazePicture
    from uvanet.distill.config import TrainConfig


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


class Material(NamedTuple):
    """What a run learns from and is measured on.

    Attributes:
        images: uint8 RGB, (n, h, w, 3).
        labels: Densities over the images, float of any width, (n, h', w'), of any scale.
        held_out: Pictures with gaze that choose the best weights.
        clips: Pairs of frames of real video that take `TrainConfig.clip_share` of each batch.
    """

    images: Tensor
    labels: Tensor
    held_out: Sequence[GazePicture]
    clips: Pairs | None = None


def gaze_material(root: Path, side: int) -> Material:
    """The train split as it is, kept at `side` pixels; held out is `val`.

    Raises:
        UsageError: The data is incomplete.
    """
    pictures = read_split(root, "train")
    images = np.empty((len(pictures), side, side, 3), np.uint8)
    densities = np.empty((len(pictures), side // 2, side // 2), np.float32)
    for i, picture in enumerate(pictures):
        image = read_rgb(picture.path)
        height, width = image.shape[:2]
        images[i] = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
        densities[i] = density_map(picture.fixations, (width, height), (side // 2, side // 2))
    return Material(torch.from_numpy(images), torch.from_numpy(densities), read_split(root, "val"))


def _parameter_groups(task: GazeTask, decay: float) -> list[dict[str, object]]:
    matrices = [p for p in task.student.parameters() if p.ndim > 1 and p.shape[0] > 1]
    others = [p for p in task.student.parameters() if not (p.ndim > 1 and p.shape[0] > 1)]
    return [
        {"params": matrices, "weight_decay": decay},
        {"params": others, "weight_decay": 0.0},
    ]


def train(
    config: TrainConfig,
    material: Material,
    out: Path,
    *,
    progress: bool = True,
    watch: Watch | None = None,
) -> TrainResult:
    """Trains a student, or goes on where an earlier call with the same choices stopped.

    Writes `checkpoint.pt` after each epoch, `best.safetensors` at each new best on `val` and
    `history.json`.

    Args:
        config: The run.
        material: What it learns from; the same in every call for one `out`.
        out: Folder of the run; made where missing.
        progress: Show a bar on stderr.
        watch: Told of steps, measurements and checkpoints; may stop the run, which then goes on
            from its last epoch when it is called again.

    Raises:
        ModelError: `out` holds a checkpoint of another run.
        TrainingError: The loss is no number any more, or the run was stopped.
    """
    watch = watch or Watch()
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(config.seed)
    rng = torch.Generator().manual_seed(config.seed)
    task = GazeTask(config)
    optimizer = torch.optim.AdamW(
        _parameter_groups(task, config.weight_decay), lr=config.peak_lr, betas=(0.9, 0.99)
    )
    history: list[dict[str, float]] = []
    best, start = float("-inf"), 0
    saved = out / "checkpoint.pt"
    if saved.exists():
        state = checkpoint.load(saved, config)
        task.load_state_dict(state["task"])
        optimizer.load_state_dict(state["optimizer"])
        rng.set_state(state["rng"])
        history, best, start = state["history"], state["best"], state["epoch"]

    images, labels, held_out, clips = material
    from_clips = round(config.batch * config.clip_share) if clips is not None else 0
    batch = min(config.batch - from_clips, len(images))
    steps = len(images) // batch
    total = steps * config.epochs
    size = PRESETS[config.preset].input_size
    bar = tqdm(
        total=config.epochs, initial=start, unit="epoch", disable=not progress, desc=config.preset
    )
    for epoch in range(start, config.epochs):
        began = time.monotonic()
        task.train()
        sums: dict[str, float] = {}
        order = torch.randperm(len(images), generator=rng)
        for i in range(steps):
            step = epoch * steps + i
            if not watch.proceed():
                raise StoppedError(epoch)
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(step, total, config.peak_lr, config.warmup)
            chosen = order[i * batch : (i + 1) * batch]
            pairs = make_pairs(images[chosen], labels[chosen], size, config.motion, rng)
            if clips is not None and from_clips:
                some = torch.randint(len(clips.frame), (from_clips,), generator=rng)
                film = Pairs(*(column[some] for column in clips))
                filmed = crop_pairs(film, size, config.motion.min_zoom, rng)
                pairs = Pairs(*(torch.cat(both) for both in zip(pairs, filmed, strict=True)))
            parts = task(pairs)
            check_loss(parts["loss"], step)
            optimizer.zero_grad(set_to_none=True)
            parts["loss"].backward()
            torch.nn.utils.clip_grad_norm_(task.student.parameters(), 2.0)
            optimizer.step()
            task.average(step)
            for name, value in parts.items():
                sums[name] = sums.get(name, 0.0) + float(value.detach()) / steps
            left = (time.monotonic() - began) / (i + 1) * (total - step - 1)
            watch.tell(step_event("train", step + 1, total, left, float(parts["loss"].detach())))
        row = {"epoch": epoch + 1.0, **sums, "seconds": time.monotonic() - began}
        if (epoch + 1) % config.eval_every == 0 or epoch + 1 == config.epochs:
            row["val_nss"] = score(held_out, student_predictor(task.averaged), ("nss",))["nss"]
            watch.tell(event("eval", metric="nss", value=row["val_nss"], step=(epoch + 1) * steps))
            if row["val_nss"] > best:
                best = row["val_nss"]
                weights = {k: v.contiguous() for k, v in task.averaged.state_dict().items()}
                save_file(weights, out / "best.part")
                (out / "best.part").replace(out / "best.safetensors")
        history.append(row)
        checkpoint.save(
            saved,
            config=config,
            task=task,
            optimizer=optimizer,
            rng=rng,
            epoch=epoch + 1,
            history=history,
            best=best,
        )
        watch.tell(event("checkpoint", step=(epoch + 1) * steps))
        (out / "history.json").write_text(json.dumps(history, indent=1))
        bar.set_postfix(loss=f"{row['loss']:.3f}", val_nss=f"{best:.3f}")
        bar.update()
    bar.close()
    return TrainResult(out / "best.safetensors", best, history)
