"""Settings of training runs. A run keeps them in its checkpoint and in the card of its model."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from uvanet.data.synthetic import MotionConfig
from uvanet.models import PRESETS
from uvanet.training.data.frame_pairs import CLIP_SHARE, POOL_SHARE, STEP1_EPOCHS, cache_side


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimConfig:
    """Settings of the `Trainer`, which every run has.

    Attributes:
        batch: Samples a step, over all processes.
        peak_lr: Largest learning rate of AdamW, after the warm-up.
        muon_lr: Largest learning rate of Muon, which updates the 1x1 convolutions; 0 for AdamW on
            all weights.
        warmup: Share of all steps in which the learning rate rises, 0..1.
        weight_decay: Weight decay of convolutions; biases and norms have none.
        ema_decay: Decay of the exponential moving average of the weights in a step.
        seed: Seed of the initial weights, the order and the augmentation.
        precision: Numeric precision as Lightning Fabric names it: "32-true", "bf16-mixed" or
            "16-mixed"; the mixed ones keep weights in 32 bits.
    """

    batch: int
    peak_lr: float
    muon_lr: float = 0.0
    warmup: float = 0.1
    weight_decay: float
    ema_decay: float
    seed: int
    precision: str = "32-true"


@dataclass(frozen=True, slots=True, kw_only=True)
class StudentConfig(OptimConfig):
    """Settings of the loss of a student; see `DistillationModule`.

    Attributes:
        loss: A name in `uvanet.training.losses.LOSSES`, used for every prediction.
        branch_weight: Weight of the losses of the spatial, temporal and spatiotemporal
            predictions; that of the ensemble, which ships, has weight 1.
        cc_weight: Weight of the additional loss 1 - CC of the ensemble.
        face_weight: Weight of the auxiliary loss of faces; 0 to leave it out.
    """

    loss: str = "mixture"
    branch_weight: float = 0.5
    cc_weight: float = 0.0
    face_weight: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig(StudentConfig):
    """Training of a student: on gaze alone, or one of the two steps of distillation.

    Attributes:
        preset: Name of the student.
        start: Student with the initial weights: a name that `uvanet.list_models` lists, or the path
            of an .onnx or .safetensors file; empty for random weights. Its input size may differ.
        epochs: Passes over the pictures with gaze; 0 leaves out step 1 of a distillation.
        step2_epochs: Passes of step 2, where its targets are "blended".
        pool_share: Share of pictures without gaze among the batches, if there are any; 0..1.
        clip_share: Share of pairs of real video among the batches, if there are any; 0..1.
        gaze_share: Share of human gaze in the target of a picture that also has a teacher's label.
        memory: Whether the student gets a memory of motion, if its start has none.
        step2_memory: The same in step 2, whose start has none after step 1.
        step2_targets: Targets of step 2: "blended", labels and gaze as in step 1, or "gaze", gaze
            alone, as in the paper.
        eval_every: Epochs between two measurements on `val`.
        cache_resolution: Side of the square to which pictures are stretched in memory, pixels.
        motion: Settings of the synthetic motion of still pictures.
    """

    preset: str = "uvanet-64"
    start: str = ""
    epochs: int = 240
    step2_epochs: int = 45
    batch: int = 64
    peak_lr: float = 1.5e-2
    muon_lr: float = 5e-2
    warmup: float = 0.05
    weight_decay: float = 2e-2
    ema_decay: float = 0.999
    seed: int = 7
    pool_share: float = POOL_SHARE
    clip_share: float = CLIP_SHARE
    gaze_share: float = 0.5
    memory: bool = False
    step2_memory: bool = True
    step2_targets: Literal["blended", "gaze"] = "blended"
    face_weight: float = 2.0
    eval_every: int = 10
    cache_resolution: int = 160
    motion: MotionConfig = field(default_factory=MotionConfig)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpatialTeacherConfig(OptimConfig):
    """Training of the spatial teacher's readouts.

    Attributes:
        scales: Scale of each readout's EfficientNet-Lite backbone, 0, 1 or 2; readouts of one scale
            share it and differ by their seeds. Their logits are averaged.
        width: Channels of a readout.
        views: Number of views of a picture: the whole, its mirror image, then random crops.
        min_zoom: Smallest share of a side that a crop shows.
        epochs: Passes over all views.
        threads: Threads of the feature extraction; without effect on the result.
    """

    scales: tuple[int, ...] = (2, 2, 2)
    width: int = 64
    views: int = 6
    min_zoom: float = 0.5
    epochs: int = 5
    batch: int = 16
    peak_lr: float = 2e-3
    weight_decay: float = 5e-3
    ema_decay: float = 0.998
    seed: int = 11
    threads: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class TemporalTeacherConfig(OptimConfig):
    """Training of the temporal teacher's gate.

    Attributes:
        sequences: Number of synthetic sequences of one second for training.
        held_out: Number of sequences for measuring, made of pictures of `val`.
        width: Channels of the gate.
        epochs: Passes over the sequences.
    """

    sequences: int = 500
    held_out: int = 100
    width: int = 24
    epochs: int = 24
    batch: int = 16
    peak_lr: float = 3e-3
    weight_decay: float = 1e-2
    ema_decay: float = 0.995
    seed: int = 13


@dataclass(frozen=True, slots=True, kw_only=True)
class FinetuneConfig(StudentConfig):
    """Fine-tuning of a student: few steps, mild augmentation.

    Attributes:
        steps: Number of batches.
        replay: Share of general pictures among the batches, if there are any; 0..1.
        min_zoom: Smallest share of a side that a crop shows.
    """

    steps: int = 600
    replay: float = 0.25
    min_zoom: float = 0.9
    batch: int = 24
    peak_lr: float = 1.5e-3
    warmup: float = 0.05
    weight_decay: float = 1e-2
    ema_decay: float = 0.99
    branch_weight: float = 0.3
    cc_weight: float = 1.0
    seed: int = 5


def step1_config(preset: str, start: str = "") -> TrainConfig:
    """Returns the settings of step 1; learning rates are smaller with the weights of a start."""
    side = PRESETS[preset].input_size
    fresh = TrainConfig(
        preset=preset,
        start=start,
        epochs=STEP1_EPOCHS,
        batch=64 if side < 256 else 32,  # for 12 GB of memory
        eval_every=20,
        cache_resolution=cache_side(side),
        motion=MotionConfig(min_zoom=0.5),
    )
    return replace(fresh, peak_lr=1e-2, muon_lr=3e-2) if start else fresh


def step2_config(step1: TrainConfig, start: str) -> TrainConfig:
    """Returns the settings of step 2: nearly whole pictures, and smaller learning rates.

    The paper trains the spatiotemporal network on gaze alone after the branches were distilled.
    From the same start, both kinds of targets end at about the same NSS of uvanet-64 on `val`:
    1.884 with gaze alone, 1.896 with blended targets. With gaze alone, more epochs overfit. With
    blended targets, a larger student can be trained in step 2 alone. All settings that do not
    define step 2 are those of step 1.

    Args:
        step1: Settings of step 1.
        start: Weights of step 1, see `TrainConfig.start`.
    """
    motion = replace(step1.motion, min_zoom=0.8)
    step1 = replace(step1, memory=step1.memory or step1.step2_memory)
    if step1.step2_targets == "gaze":
        return replace(
            step1,
            start=start,
            epochs=20,
            eval_every=2,
            peak_lr=6e-4,
            muon_lr=0.0,
            ema_decay=0.995,
            gaze_share=1.0,
            motion=motion,
        )
    return replace(
        step1,
        start=start,
        epochs=step1.step2_epochs,
        eval_every=max(1, step1.step2_epochs // 10),
        peak_lr=4e-3,
        muon_lr=1e-2 if step1.muon_lr else 0.0,
        ema_decay=0.998,
        motion=motion,
    )
