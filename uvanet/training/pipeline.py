"""The pipeline from data to a student: teachers, pseudo-labels, step 1, step 2, export.

A run's folder holds `labels/`, the student's files in a folder named after its preset and, unless
other teachers were chosen, both teachers. Existing results of the same settings and data are
reused, so that a run that was stopped resumes.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from uvanet.data.fixations import read_split
from uvanet.model_card import Card
from uvanet.training.config import (
    SpatialTeacherConfig,
    TemporalTeacherConfig,
    TrainConfig,
    step1_config,
    step2_config,
)
from uvanet.training.control import Callback, StoppedError
from uvanet.training.data.frame_pairs import LabelledPairs
from uvanet.training.data.pseudo_labels import (
    CLIP_EVERY,
    PAIR_EVERY,
    Example,
    is_clip,
    label_clips,
    label_pictures,
    picture_example,
    pool_examples,
    pool_files,
)
from uvanet.training.distillation import STEP2, TrainingData, distill_student, start_student
from uvanet.training.distributed import make_fabric, rank_zero_first
from uvanet.training.provenance import Provenance, distillation_provenance
from uvanet.training.publish import publish_student
from uvanet.training.teachers.build import make_teachers
from uvanet.training.teachers.inference import SPATIAL, TEMPORAL, LogDensityTeacher, Teachers
from uvanet.training.trainer import best_of

_LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DistillConfig:
    """Settings of a run of the pipeline.

    Attributes:
        student: Settings of step 1, from which those of step 2 follow.
        spatial: Settings of the spatial teacher, where the run trains it.
        temporal: Settings of the temporal teacher, where the run trains it.
        root: The gaze data, as `find_root` gives it.
        pools: Folders of pictures and clips without gaze.
        teachers: Teachers to use; None to train them in the run's folder.
        clip_every: Seconds between the frames of a clip that are used as pictures.
        pair_every: Seconds between the pairs of frames of a clip.
    """

    student: TrainConfig
    spatial: SpatialTeacherConfig
    root: Path
    temporal: TemporalTeacherConfig = dataclasses.field(default_factory=TemporalTeacherConfig)
    pools: tuple[Path, ...] = ()
    teachers: Teachers | None = None
    clip_every: float = CLIP_EVERY
    pair_every: float = PAIR_EVERY

    def folder(self, out: Path) -> Path:
        """The student's folder in the run's folder."""
        return out / self.student.preset


class DistillResult(NamedTuple):
    """The outcome of a run of the pipeline.

    Attributes:
        card: Card of the student in `config.folder(out)`, measured on `val` alone where the run was
            stopped; None where it was stopped before the first measurement, and in all but the
            first of several processes.
        finished: Whether all steps were taken; otherwise the run can be resumed.
    """

    card: Card | None
    finished: bool = True


def distill(
    config: DistillConfig, out: Path, *, callback: Callback | None = None, device: str = "auto"
) -> DistillResult:
    """Trains a student in two steps, exports the better one, and measures it.

    Args:
        config: The run.
        out: The run's folder; made where missing.
        callback: Receives events; may stop the run.
        device: See `uvanet.training.distributed.make_fabric`.

    Raises:
        UvanetError: The data is incomplete, `config.student.start` is no student, or `out` holds a
            run with other settings or data.
    """
    callback = callback or Callback()
    start_student(config.student.preset, config.student.start)  # before hours of labelling
    folder = config.folder(out)
    folder.mkdir(parents=True, exist_ok=True)
    fabric = make_fabric(config.student.precision, device)
    try:
        with rank_zero_first(fabric):
            teachers = config.teachers or make_teachers(
                config.root, out, config.spatial, config.temporal, callback
            )
            origin = provenance(config, out)  # reports damaged tables before the training
            data = training_data(config, teachers, out / "labels", callback)
    except StoppedError:
        # No checkpoint was compared yet: weights in the folder may be of another run.
        return DistillResult(None, finished=False)
    counts = [len(part) if part else 0 for part in (data.pictures, data.pool, data.clips)]
    _LOG.info("%d pictures with gaze, %d without, %d pairs of frames of clips", *counts)
    finished = True
    try:
        result = distill_student(config.student, data, folder, callback=callback, fabric=fabric)
        weights = result.weights
    except StoppedError:
        finished, weights = False, best_of(folder, folder / STEP2)
    if not fabric.is_global_zero or weights is None:
        return DistillResult(None, finished)
    card = publish_student(config.student, weights, config.root, folder, origin, final=finished)
    return DistillResult(card, finished)


def training_data(
    config: DistillConfig, teachers: Teachers, cache: Path, callback: Callback
) -> TrainingData:
    """Labels and loads the data of step 1: pictures, and pairs of frames of clips.

    Args:
        config: Settings of the run.
        teachers: Teachers that label the pictures and clips.
        cache: Folder of the labels; made where missing.
        callback: Receives progress; may stop it.
    """
    side = config.student.cache_resolution

    spatial = LogDensityTeacher(teachers.files[0], config.spatial.threads)

    def labelled(examples: Sequence[Example]) -> LabelledPairs:
        return label_pictures(examples, spatial, cache, side, callback)

    examples = [
        picture_example(pic.path, pic.fixations) for pic in read_split(config.root, "train")
    ]
    pictures, pool, clips = labelled(examples), None, None
    if config.pools:
        files = [path for folder in config.pools for path in pool_files(folder)]
        pool = labelled(pool_examples(files, config.clip_every))
        paths = [path for path in files if is_clip(path)]
        clips = label_clips(paths, teachers, config.pair_every, cache, side, callback)
    return TrainingData(pictures, read_split(config.root, "val"), pool, clips)


def gaze_pictures(root: Path, side: int, callback: Callback | None = None) -> TrainingData:
    """Loads the train split without a teacher; `val` is held out.

    Args:
        root: The data, as `find_root` gives it.
        side: Side of the squares to which pictures are resized, pixels.
        callback: Receives progress; may stop it.

    Raises:
        UsageError: The data is incomplete.
    """
    examples = [picture_example(pic.path, pic.fixations) for pic in read_split(root, "train")]
    pictures = label_pictures(examples, None, root, side, callback or Callback())
    return TrainingData(pictures, read_split(root, "val"))


def provenance(config: DistillConfig, out: Path) -> Provenance:
    """How the student was made, read from the files that the run used."""
    # The name and not the path, since cards must hold no paths of this machine.
    start = Path(config.student.start).name
    if start.endswith((".onnx", ".safetensors")):  # the name of a model may hold other dots
        start = Path(start).stem
    student = dataclasses.replace(config.student, start=start)
    usual = step1_config(student.preset, student.start)
    command = f"uvanet distill --preset {student.preset} --data DATA --out RUN"
    if student.start:
        command += f" --start {student.start}"
    for name in ("epochs", "step2_epochs", "precision", "step2_targets"):
        if (value := getattr(student, name)) != getattr(usual, name):
            command += f" --{name.replace('_', '-')} {value}"
    command += " --pool POOL" * len(config.pools)
    settings = {
        "config": dataclasses.asdict(student),
        "step 2": dataclasses.asdict(step2_config(student, "step 1")),
        "clips": {"clip_every": config.clip_every, "pair_every": config.pair_every},
    }
    if config.teachers:
        spatial, temporal = config.teachers.files
        command += f" --spatial {spatial.stem} --temporal {temporal.stem}"
    else:
        spatial, temporal = (out / f"{name}.onnx" for name in (SPATIAL, TEMPORAL))
        settings["spatial teacher"] = dataclasses.asdict(config.spatial)
        settings["temporal teacher"] = dataclasses.asdict(config.temporal)
    return distillation_provenance(
        command,
        settings,
        root=config.root,
        teachers=(spatial, temporal),
        start=config.student.start,
        backbones=() if config.teachers else config.spatial.scales,
        pools={folder: pool_files(folder) for folder in config.pools},
    )
