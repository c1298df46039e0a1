"""Fine-tunes a student on labelled moments: a short schedule, gentle changes, averaged weights."""

from __future__ import annotations

import copy
import dataclasses
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
import torch.nn.functional as F

from uvanet.errors import ModelError
from uvanet.training import checkpoint, losses
from uvanet.training.control import check_loss
from uvanet.training.data.bucketing import AspectRatioBuckets, mixed
from uvanet.training.distillation import move_average
from uvanet.training.progress import CheckpointEvent, StepEvent
from uvanet.training.schedule import learning_rate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from torch import Generator, Tensor

    from uvanet.data.synthetic import Shape
    from uvanet.models import SpatioTemporal
    from uvanet.training.control import Callback
    from uvanet.training.data.frame_pairs import FramePairs

FORMAT = 1


@dataclass(frozen=True, slots=True)
class TuneConfig:
    """A fine-tuning.

    Attributes:
        steps: Batches.
        batch: Moments a step.
        replay: Share of the batches that are general pictures, where there are any.
        peak_lr: Largest learning rate.
        warmup: Share of the steps in which the rate rises.
        weight_decay: AdamW's.
        average: Decay a step of the averaged weights, which are the ones kept.
        branch_weight: Weight of each branch's own loss beside the fused one's.
        agree: Weight of 1 - CC beside the loss that gaze is learned with.
        min_zoom: Least part of a side that a crop shows.
        seed: Of all chance.
    """

    steps: int = 600
    batch: int = 24
    replay: float = 0.25
    peak_lr: float = 1.5e-3
    warmup: float = 0.05
    weight_decay: float = 1e-2
    average: float = 0.99
    branch_weight: float = 0.3
    agree: float = 1.0
    min_zoom: float = 0.9
    seed: int = 5


class Batch(NamedTuple):
    """Tensors of a step.

    Attributes:
        frame: RGB in 0..1, (n, 3, h, w).
        earlier: Likewise.
        label: Density, (n, 1, h / 2, w / 2), sum 1.
    """

    frame: Tensor
    earlier: Tensor
    label: Tensor


def finetune(
    student: SpatioTemporal,
    learned: FramePairs,
    replay: FramePairs | None,
    config: TuneConfig,
    watch: Callback,
    out: Path,
    *,
    every: float = 5.0,
    looked: Callable[[SpatioTemporal, int], None] | None = None,
) -> tuple[SpatioTemporal, bool]:
    """Trains on, or goes on where a checkpoint in `out` stands.

    Args:
        student: Where to start; not changed.
        learned: What to learn.
        replay: General pictures, so that little is forgotten; None for none.
        config: How.
        watch: Told of steps and checkpoints; may end it early.
        out: Folder of `tune.pt`.
        every: Seconds between two checkpoints and looks.
        looked: Gets the averaged student at every look.

    Returns:
        The averaged student, in evaluation mode, and whether all steps were taken.

    Raises:
        TrainingError: The loss is no number any more.
        ModelError: The checkpoint is of another run.
    """
    torch.manual_seed(config.seed)
    rng = torch.Generator().manual_seed(config.seed)
    model = copy.deepcopy(student).train().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    averaged = copy.deepcopy(student).requires_grad_(False).eval()
    optimizer = torch.optim.AdamW(
        model.parameters(), config.peak_lr, weight_decay=config.weight_decay, betas=(0.9, 0.99)
    )
    saved, start = out / "tune.pt", 0
    if saved.exists():
        state = _load(saved, config)
        model.load_state_dict(state["model"])
        averaged.load_state_dict(state["averaged"])
        optimizer.load_state_dict(state["optimizer"])
        rng.set_state(state["rng"])
        start = state["step"]
    size = student.preset.input_size
    own, general = _Pool(learned, size, config, rng), None
    if replay is not None and len(replay):
        general = _Pool(replay, size, dataclasses.replace(config, min_zoom=0.7), rng)
    # A long run that is stopped soon must have learned something, too.
    warmup = min(config.warmup, 30 / config.steps)
    began = kept = time.monotonic()
    told, finished = 0.0, True
    for step in range(start, config.steps):
        asked = time.monotonic()
        if not watch.proceed():
            finished = False
            break
        began += time.monotonic() - asked  # a pause is no work
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, config.steps, config.peak_lr, warmup)
        pool = own
        if general is not None and float(torch.rand(1, generator=rng)) < config.replay:
            pool = general
        batch = pool.draw()
        loss = _loss(model, batch, config)
        check_loss(loss, step)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 2.0)
        optimizer.step()
        move_average(averaged, model, config.average, step)
        done = step + 1
        if time.monotonic() - told > 0.3 or done == config.steps:
            told = time.monotonic()
            left = (told - began) / (done - start) * (config.steps - done)
            watch.emit(
                StepEvent(
                    phase="train",
                    done=done,
                    total=config.steps,
                    left=left,
                    loss=float(loss.detach()),
                )
            )
        if time.monotonic() - kept > every and done < config.steps:
            kept = time.monotonic()
            _save(saved, config, model, averaged, optimizer, rng, done)
            watch.emit(CheckpointEvent(step=done))
            if looked is not None:
                looked(averaged, done)
    if not finished:
        _save(saved, config, model, averaged, optimizer, rng, step)
        watch.emit(CheckpointEvent(step=step))
    return averaged, finished


def _loss(model: SpatioTemporal, batch: Batch, config: TuneConfig) -> Tensor:
    layout = torch.channels_last
    output = model(
        batch.frame.contiguous(memory_format=layout), batch.earlier.contiguous(memory_format=layout)
    )
    loss = losses.mixture(output.ensemble, batch.label)
    loss = loss + config.agree * losses.correlation(output.ensemble, batch.label)
    branches = losses.mixture(output.spatial, batch.label)
    branches = branches + losses.mixture(output.temporal, batch.label)
    return loss + config.branch_weight * branches


class _Pool:
    """Moments as tensors, drawn in random order and changed a little each time."""

    def __init__(self, moments: FramePairs, size: int, config: TuneConfig, rng: Generator) -> None:
        self._frames = torch.from_numpy(moments.frames)
        self._earlier = torch.from_numpy(moments.earlier)
        self._labels = torch.from_numpy(moments.labels)
        self._groups = AspectRatioBuckets(torch.from_numpy(moments.ratios), size, config.batch)
        self._config, self._rng = config, rng
        self._next: list[tuple[Shape, Tensor]] = []

    def draw(self) -> Batch:
        """A batch: cropped a little, mirrored, brighter or darker; both frames alike."""
        rng = self._rng
        if not self._next:
            self._next = mixed(self._groups.shuffled(rng), rng)
        shape, chosen = self._next.pop()
        count = len(chosen)

        def rand(*shape: int) -> Tensor:
            return torch.rand(count, *shape, generator=rng)

        scale = 1 - rand(2) * (1 - self._config.min_zoom)
        # Half of the moments stay whole: that is how they will be seen.
        scale = torch.where(rand(1) < 0.5, torch.ones_like(scale), scale)
        centre = (2 * rand(2) - 1) * (1 - scale)
        flip = torch.where(rand(1) < 0.3, -1.0, 1.0)
        sign = torch.cat([flip, torch.ones_like(flip)], 1)
        gain, lift = 0.85 + 0.3 * rand(1, 1, 1), 0.08 * (rand(1, 1, 1) - 0.5)

        def view(images: Tensor, shape: Shape) -> Tensor:
            rows, columns = ((torch.arange(2 * side) + 0.5) / side - 1 for side in shape)
            y, x = torch.meshgrid(rows, columns, indexing="ij")
            grid = torch.stack([x, y], -1) * (scale * sign)[:, None, None] + centre[:, None, None]
            drawn = F.grid_sample(
                images, grid, mode="bilinear", padding_mode="reflection", align_corners=False
            )
            return F.avg_pool2d(drawn, 2)

        def picture(images: Tensor) -> Tensor:
            values = images[chosen].permute(0, 3, 1, 2).float() / 255
            return (view(values, shape) * gain + lift).clamp(0, 1)

        label = view(self._labels[chosen][:, None].float(), (shape[0] // 2, shape[1] // 2))
        label = label / label.sum((2, 3), keepdim=True).clamp_min(1e-8)
        return Batch(picture(self._frames), picture(self._earlier), label)


def _save(
    path: Path,
    config: TuneConfig,
    model: SpatioTemporal,
    averaged: SpatioTemporal,
    optimizer: torch.optim.Optimizer,
    rng: Generator,
    step: int,
) -> None:
    state = {
        "format": FORMAT,
        "config": dataclasses.asdict(config),
        "model": model.state_dict(),
        "averaged": averaged.state_dict(),
        "optimizer": optimizer.state_dict(),
        "rng": rng.get_state(),
        "step": step,
    }
    checkpoint.write(state, path)


def _load(path: Path, config: TuneConfig) -> dict[str, Any]:
    try:
        state: dict[str, Any] = torch.load(path, weights_only=True)
    except Exception as error:
        raise ModelError(
            f"{path} is no readable checkpoint.", "Delete it to start the run anew."
        ) from error
    if state.get("format") != FORMAT or state.get("config") != dataclasses.asdict(config):
        raise ModelError(
            f"{path} belongs to a run of another version or with other settings.",
            "Delete it to start anew.",
        )
    return state
