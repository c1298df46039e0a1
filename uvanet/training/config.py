"""What a training run is: every choice in one place, kept in its checkpoints and its card."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from uvanet.data.synthetic import MotionConfig
from uvanet.models import PRESETS


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """A training run.

    Attributes:
        preset: Name of the student.
        start: What it starts from: a name that `uvanet.available` lists, or the path of an .onnx
            or .safetensors file; empty for random weights. The network is the same at every
            input size.
        epochs: Passes over the train split.
        batch: Pairs a step.
        clip_share: Share of the batches that are real video, where there is any.
        peak_lr: Largest learning rate, after the warm-up, of AdamW.
        matrix_lr: The same of Muon, which moves the 1x1 convolutions; 0 for AdamW everywhere.
        warmup: Share of all steps in which the rate rises.
        weight_decay: On convolution weights only.
        average: Decay a step of the averaged weights, which are the ones shipped.
        loss: One of `uvanet.training.losses.LOSSES`, of every prediction.
        branch_weight: Weight of each branch's own loss beside the mixed one's.
        hint: Weight of attention hints to the deepest layer of each branch; 0 for none. Optional:
            see `resources/weights/ABLATION.md` for what they do.
        feature_hint: Weight of feature hints to the deepest layer of the spatial branch, from the
            spatial teacher's backbone; 0 for none. Optional, likewise.
        second: What labels the pictures of the second step: "hard", gaze alone as in the paper, or
            "soft", gaze blended with what the spatial teacher says.
        seed: Of weights, order and augmentation.
        eval_every: Epochs between two measurements on `val`.
        stored_size: Side of the square to which pictures are stretched in memory, pixels; more
            than 2.75 times the student's input, a wide picture's width twice, is never needed.
        motion: How pairs are made.
        precision: As Lightning Fabric names it, such as "bf16-mixed"; the mixed ones keep weights
            in 32 bits.
    """

    preset: str = "uvanet-64"
    start: str = ""
    epochs: int = 240
    batch: int = 64
    clip_share: float = 0.2
    peak_lr: float = 1.5e-2
    muon_lr: float = 5e-2
    warmup: float = 0.05
    weight_decay: float = 2e-2
    average: float = 0.999
    loss: str = "mixture"
    branch_weight: float = 0.5
    hint: float = 0.0
    feature_hint: float = 0.0
    second: str = "hard"
    seed: int = 7
    eval_every: int = 10
    cache_resolution: int = 160
    motion: MotionConfig = field(default_factory=MotionConfig)
    precision: str = "32-true"


def step1_config(preset: str, start: str = "") -> TrainConfig:
    """The run of a student on a teacher's views: fewer passes, since there are many more views.

    The views are crops already, so pairs are hardly cropped again. A student that starts from
    another takes smaller steps.
    """
    size = PRESETS[preset].input_size
    fresh = TrainConfig(
        preset=preset,
        start=start,
        epochs=14,
        eval_every=1,
        cache_resolution=cache_side(size),
        motion=MotionConfig(min_zoom=0.85),
    )
    return replace(fresh, peak_lr=1e-2, muon_lr=3e-2) if start else fresh


def cache_side(size: int) -> int:
    """Side at which pictures wait in memory for a student of `size` x `size` pixels."""
    return min(240, 5 * size // 2)


def step2_config(first: TrainConfig, start: str) -> TrainConfig:
    """The second step of coupled distillation: whole pictures, hard labels, small steps.

    The paper trains the spatiotemporal network on gaze alone after the branches were distilled.
    Small steps keep what the views taught: on `val`, a peak rate of 6e-4 ended at NSS 1.874 where
    1.5e-3 ended at 1.855, from the same start.

    Args:
        first: The first step.
        start: Its weights.
    """
    return TrainConfig(
        preset=first.preset,
        start=start,
        epochs=20,
        peak_lr=6e-4,
        muon_lr=0.0,
        average=0.995,
        eval_every=2,
        seed=first.seed,
        cache_resolution=max(160, first.cache_resolution),
        motion=MotionConfig(min_zoom=0.8),
    )
