"""Fine-tunes a student on labelled pairs of frames: few steps, mild augmentation."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

from uvanet.models import SpatioTemporal
from uvanet.training.config import FinetuneConfig
from uvanet.training.control import Callback, StoppedError
from uvanet.training.data.frame_pairs import LabelledPairs
from uvanet.training.data.loader import DataLoader, Part
from uvanet.training.distillation import DistillationModule
from uvanet.training.distributed import make_fabric
from uvanet.training.fingerprint import fingerprint, record
from uvanet.training.trainer import Evaluation, Trainer

_REPLAY_ZOOM = 0.7


def finetune(
    student: SpatioTemporal,
    learned: LabelledPairs,
    replay: LabelledPairs | None,
    config: FinetuneConfig,
    out: Path,
    *,
    side: int = 0,
    callback: Callback,
    evaluation: Evaluation | None = None,
    save_every: float = 5.0,
) -> tuple[SpatioTemporal, bool]:
    """Trains a copy of a student further, or resumes from the checkpoint in `out`.

    Args:
        student: The student to start from; it is not changed.
        learned: Pairs to learn from.
        replay: General pictures, against forgetting; None to use none.
        config: The settings.
        out: Folder of `checkpoint.pt`.
        side: Side of a square with as many pixels as the pictures of the training; 0 for that of
            the student's training. A student adapts best at the size at which it is shown.
        callback: Receives events; may stop the training.
        evaluation: Measures the student at each checkpoint; without effect on the result.
        save_every: Seconds between two checkpoints.

    Returns:
        The averaged student, in evaluation mode, and whether all steps were taken.

    Raises:
        TrainingError: The loss is not finite, or the disk is full.
        ModelError: The checkpoint is of another student, or of other data or settings.
    """
    fabric = make_fabric(config.precision, "cpu")
    parts = [Part(learned, min_zoom=config.min_zoom, gentle=True)]
    if replay is not None and len(replay) and config.replay:
        parts.append(Part(replay, config.replay, min_zoom=_REPLAY_ZOOM, gentle=True))
    trainer = Trainer(
        DistillationModule(copy.deepcopy(student).requires_grad_(True), config),
        DataLoader(parts, config, side or student.preset.input_size, fabric.device),
        # A short warm-up, so that a long run that is stopped early has still learned.
        replace(config, warmup=min(config.warmup, 30 / config.steps)),
        config.steps,
        out=out,
        made_from=record(
            config,
            student=fingerprint(*(value.numpy() for value in student.state_dict().values())),
            frames=fingerprint(*(part.pairs.fingerprint() for part in parts)),
        ),
        fabric=fabric,
        callback=callback,
        evaluation=evaluation,
        save_every=save_every,
    )
    try:
        result, finished = trainer.run(), True
    except StoppedError:
        result, finished = trainer.result(), False
    assert isinstance(result.model, SpatioTemporal)
    return result.model, finished
