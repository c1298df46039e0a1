"""The training loop: pictures in memory, pairs made on tensors, averaged weights kept."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
from safetensors.torch import save_file
from tqdm import tqdm

from uvanet.data.fixations import density_map, read_rgb, read_split
from uvanet.data.synthetic import make_pairs
from uvanet.distill import checkpoint
from uvanet.distill.evaluate import score, student_predictor
from uvanet.distill.schedule import learning_rate
from uvanet.distill.task import GazeTask
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


def load_tensors(pictures: Sequence[GazePicture], side: int) -> tuple[Tensor, Tensor]:
    """Reads pictures and their densities into memory.

    Returns:
        uint8 RGB (n, side, side, 3) and float32 densities (n, side / 2, side / 2).
    """
    images = np.empty((len(pictures), side, side, 3), np.uint8)
    densities = np.empty((len(pictures), side // 2, side // 2), np.float32)
    for i, picture in enumerate(pictures):
        image = read_rgb(picture.path)
        height, width = image.shape[:2]
        images[i] = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
        densities[i] = density_map(picture.fixations, (width, height), (side // 2, side // 2))
    return torch.from_numpy(images), torch.from_numpy(densities)


def _parameter_groups(task: GazeTask, decay: float) -> list[dict[str, object]]:
    matrices = [p for p in task.student.parameters() if p.ndim > 1 and p.shape[0] > 1]
    others = [p for p in task.student.parameters() if not (p.ndim > 1 and p.shape[0] > 1)]
    return [
        {"params": matrices, "weight_decay": decay},
        {"params": others, "weight_decay": 0.0},
    ]


def train(config: TrainConfig, root: Path, out: Path, *, progress: bool = True) -> TrainResult:
    """Trains a student on gaze, or goes on where an earlier call with the same choices stopped.

    Writes `checkpoint.pt` after each epoch, `best.safetensors` at each new best on `val` and
    `history.json`.

    Args:
        config: The run.
        root: The data, as `find_root` gives it.
        out: Folder of the run; made where missing.
        progress: Show a bar on stderr.

    Raises:
        ModelError: `out` holds a checkpoint of another run.
        UsageError: The data is incomplete.
    """
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

    images, densities = load_tensors(read_split(root, "train"), config.stored_size)
    held_out = read_split(root, "val")
    batch = min(config.batch, len(images))
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
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(step, total, config.peak_lr, config.warmup)
            chosen = order[i * batch : (i + 1) * batch]
            pairs = make_pairs(images[chosen], densities[chosen], size, config.motion, rng)
            parts = task(pairs)
            optimizer.zero_grad(set_to_none=True)
            parts["loss"].backward()
            torch.nn.utils.clip_grad_norm_(task.student.parameters(), 2.0)
            optimizer.step()
            task.average(step)
            for name, value in parts.items():
                sums[name] = sums.get(name, 0.0) + float(value.detach()) / steps
        row = {"epoch": epoch + 1.0, **sums, "seconds": time.monotonic() - began}
        if (epoch + 1) % config.eval_every == 0 or epoch + 1 == config.epochs:
            row["val_nss"] = score(held_out, student_predictor(task.averaged), ("nss",))["nss"]
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
        (out / "history.json").write_text(json.dumps(history, indent=1))
        bar.set_postfix(loss=f"{row['loss']:.3f}", val_nss=f"{best:.3f}")
        bar.update()
    bar.close()
    return TrainResult(out / "best.safetensors", best, history)
