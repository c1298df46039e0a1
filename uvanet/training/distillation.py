"""Distillation of a student in two steps, after Fu et al., AAAI 2020 (arXiv 1904.04449).

Step 1 trains it on crops of pictures and on clips, towards the labels of teachers, blended with
human gaze where that is known. Step 2 does the same on nearly whole pictures, or, as in the paper,
on pictures with gaze alone. The student of the step that is better on `val` is the result.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn

from uvanet.data.gaze import density_map
from uvanet.data.gaze_files import read_rgb
from uvanet.evaluation.branches import student_predictor
from uvanet.evaluation.calibration import best_logit_scale
from uvanet.evaluation.evaluator import score
from uvanet.models import PRESETS, SpatioTemporal, create_student, load_student
from uvanet.models.motion_memory import cue_of
from uvanet.paths import expand_user
from uvanet.registry import resolve_model
from uvanet.training import checkpoint
from uvanet.training.checkpoint import CHECKPOINT
from uvanet.training.config import step2_config
from uvanet.training.data.loader import DataLoader, Part
from uvanet.training.distributed import make_fabric
from uvanet.training.fingerprint import fingerprint, gaze_fingerprint, record
from uvanet.training.losses import LOSSES, correlation, face_loss
from uvanet.training.progress import PreviewEvent, preview
from uvanet.training.trainer import Trainer, TrainingTask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lightning_fabric import Fabric

    from uvanet.data.fixations import GazePicture
    from uvanet.data.synthetic import Pairs
    from uvanet.training.config import StudentConfig, TrainConfig
    from uvanet.training.control import Callback
    from uvanet.training.data.frame_pairs import LabelledPairs
    from uvanet.training.trainer import TrainResult

STEP2 = "step2"
"""Folder of step 2 in the folder of step 1."""


class TrainingData(NamedTuple):
    """The data on which a student is trained and measured.

    Attributes:
        pictures: Still pictures with gaze; their motion is synthetic.
        held_out: Pictures with gaze on which the best weights are chosen.
        pool: Still pictures without gaze; None if there are none.
        clips: Pairs of frames of real video; None if there are none.
    """

    pictures: LabelledPairs
    held_out: Sequence[GazePicture]
    pool: LabelledPairs | None = None
    clips: LabelledPairs | None = None


class DistillationModule(TrainingTask):
    """A student and its loss.

    The target of the spatial branch is gaze on the frame as a still picture; that of the temporal
    branch, the fused features and the ensemble is gaze on the moving scene. The loss is that of the
    ensemble, which ships, plus `branch_weight` times those of the three predictions.

    With `face_weight`, the features of the spatial branch also learn where faces are, through a
    head that is not part of the student. Faces attract gaze, and few pictures with gaze have small
    ones.

    Args:
        student: Network, trained in place.
        config: Settings of the loss.
    """

    model: SpatioTemporal

    def __init__(self, student: SpatioTemporal, config: StudentConfig) -> None:
        super().__init__()
        self.config = config
        self._loss = LOSSES[config.loss]
        # Channels-last nearly doubles the speed of a training step on a CPU.
        self.model = student.to(
            memory_format=torch.channels_last  # type: ignore[call-overload]  # missing in the stubs
        )
        self.face_head = nn.Conv2d(student.preset.stem[1], 1, 1) if config.face_weight else None

    def forward(self, pairs: Pairs) -> dict[str, Tensor]:
        """Returns `loss` and its parts by name, scalars."""
        model = self.model
        features, earlier = (
            model.stem(frame.contiguous(memory_format=torch.channels_last))
            for frame in (pairs.frame, pairs.earlier)
        )
        cue = None if model.memory is None else cue_of(pairs.motion)
        decoded = model.decode(features, earlier, cue)
        output = model.predict(decoded, features, cue)
        parts = {
            name: self._loss(_in_32_bits(getattr(output, name)), target)
            for name, target in (
                ("ensemble", pairs.temporal_target),
                ("spatiotemporal", pairs.temporal_target),
                ("spatial", pairs.spatial_target),
                ("temporal", pairs.temporal_target),
            )
        }
        branches = parts["spatiotemporal"] + parts["spatial"] + parts["temporal"]
        loss = parts["ensemble"] + self.config.branch_weight * branches
        if self.config.cc_weight:
            logits = _in_32_bits(output.ensemble)
            loss = loss + self.config.cc_weight * correlation(logits, pairs.temporal_target)
        if self.face_head is not None:
            parts["faces"] = face_loss(_in_32_bits(self.face_head(decoded[0])), pairs.faces)
            loss = loss + self.config.face_weight * parts["faces"]
        return {"loss": loss, **{name: value.detach() for name, value in parts.items()}}


class GazeEvaluation:
    """Mean NSS of a student on pictures with gaze, as it would ship.

    Its shown size is the largest of its preset, and its logits are scaled by `best_logit_scale`.
    Measured at the size of training and without the scale, NSS of `uvanet-128` on `val` fell in
    step 2 from 2.148 to 2.134, while NSS as it ships rose from 2.328 to 2.361.

    Args:
        pictures: Held-out pictures.
    """

    metric = "nss"

    def __init__(self, pictures: Sequence[GazePicture]) -> None:
        self._pictures = pictures

    def __call__(self, model: nn.Module, step: int) -> tuple[float, PreviewEvent | None]:
        """See `uvanet.training.trainer.Evaluation`."""
        assert isinstance(model, SpatioTemporal)
        predict = student_predictor(model, side=model.preset.max_shown_size)
        scale = best_logit_scale(predict, self._pictures)
        value = score(self._pictures, lambda image: predict(image) ** scale, ("nss",))["nss"]
        picture = self._pictures[step * 7 % len(self._pictures)]
        image = read_rgb(picture.path)
        saliency = predict(image) ** scale
        size = (image.shape[1], image.shape[0])
        gaze = density_map(picture.fixations, size, saliency.shape)
        return value, preview(image, saliency, gaze / max(float(gaze.max()), 1e-9), "gaze")


def start_student(preset: str, start: str, *, memory: bool = False) -> SpatioTemporal:
    """Makes a student with the weights of another one, or random ones.

    Args:
        preset: Its name.
        start: See `TrainConfig.start`.
        memory: See `TrainConfig.memory`.

    Raises:
        ModelError: `start` is missing, or does not fit.
    """
    if not start:
        return create_student(preset, memory=memory)
    student = load_student(preset, _weights(start))
    return student.with_memory() if memory and student.memory is None else student


def _student(config: TrainConfig, out: Path) -> SpatioTemporal:
    """A network with the layers of a run's checkpoint, which may be of 0.1.0; else the start."""
    if (out / CHECKPOINT).exists():
        names = checkpoint.weight_names(out / CHECKPOINT)
        return create_student(config.preset, names)
    return start_student(config.preset, config.start, memory=config.memory)


def _weights(start: str) -> Path:
    if Path(start).suffix == ".safetensors":
        return expand_user(start)
    return resolve_model(start).verified()[0].with_suffix(".safetensors")


def train_student(
    config: TrainConfig,
    data: TrainingData,
    out: Path,
    *,
    callback: Callback | None = None,
    fabric: Fabric | None = None,
) -> TrainResult:
    """Trains a student, or resumes the same run in the same folder.

    Args:
        config: The settings.
        data: The data; the same in every call for one `out`.
        out: Folder of the run; made where missing.
        callback: Receives events; may stop the run, which a later call resumes.
        fabric: Processes that share the work; None for those that `torchrun` started, or one.

    Raises:
        ModelError: `out` holds a run with other settings or data; the message names them.
        TrainingError: The loss is not finite, or the disk is full.
        StoppedError: The run was told to stop.
    """
    fabric = fabric or make_fabric(config.precision)
    torch.manual_seed(config.seed)
    parts = [Part(data.pictures, gaze_share=config.gaze_share, motion=config.motion)]
    if data.pool is not None and config.pool_share:
        parts.append(Part(data.pool, config.pool_share, motion=config.motion))
    if data.clips is not None and config.clip_share:
        parts.append(Part(data.clips, config.clip_share, config.gaze_share, config.motion.min_zoom))
    side = PRESETS[config.preset].input_size
    batches = DataLoader(parts, config, side, fabric.device)
    made_from = record(
        config,
        # Weights by their content: the same file may be named in several ways.
        start=fingerprint(_weights(config.start)) if config.start else "",
        **{
            "training data": fingerprint(*(part.pairs.fingerprint() for part in parts)),
            "held-out data": gaze_fingerprint(data.held_out),
        },
    )
    if all(part.pairs.faces is None for part in parts):
        config = replace(config, face_weight=0.0)  # there are no targets
    trainer = Trainer(
        DistillationModule(_student(config, out), config),
        batches,
        config,
        config.epochs * batches.steps,
        out=out,
        made_from=made_from,
        fabric=fabric,
        callback=callback,
        evaluation=GazeEvaluation(data.held_out),
        eval_every=min(config.eval_every, config.epochs) * batches.steps,
    )
    return trainer.run()


def distill_student(
    step1: TrainConfig,
    data: TrainingData,
    folder: Path,
    *,
    callback: Callback | None = None,
    fabric: Fabric | None = None,
) -> TrainResult:
    """Trains a student in both steps and returns the result of the better one on `val`.

    Args:
        step1: Settings of step 1. With 0 epochs, step 2 starts from the start of step 1.
        data: Data of step 1. Step 2 uses the same, but no pool where its targets are gaze alone.
        folder: Folder of step 1; its subfolder `step2` is that of step 2.
        callback: See `train_student`.
        fabric: See `train_student`.

    Raises:
        UvanetError: See `train_student`.
    """
    if step1.epochs and not (folder / CHECKPOINT).exists():
        # Step 2 was made from the weights of an earlier step 1, which were deleted.
        shutil.rmtree(folder / STEP2, ignore_errors=True)
    of_step2 = data._replace(pool=None) if step1.step2_targets == "gaze" else data
    if not step1.epochs:
        config = step2_config(step1, step1.start)
        return train_student(config, of_step2, folder / STEP2, callback=callback, fabric=fabric)
    first = train_student(step1, data, folder, callback=callback, fabric=fabric)
    config = step2_config(step1, str(first.weights))
    second = train_student(config, of_step2, folder / STEP2, callback=callback, fabric=fabric)
    return better(first, second)


def better(first: TrainResult, second: TrainResult) -> TrainResult:
    """The result with the larger value on held-out data; the first where they are equal."""
    if second.best is None or (first.best is not None and first.best >= second.best):
        return first
    return second


def _in_32_bits(values: Tensor) -> Tensor:
    """Converts values to 32 bits, which sums over a map need also in mixed precision."""
    return values if values.dtype is torch.float64 else values.float()
