"""The whole way from data to a student: teachers, labels, student. What is there already is used.

A run's folder holds `labels/`, the student's files in a folder of its preset's name and, unless
others were chosen, both teachers. A run that was stopped goes on where it was.
"""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from uvanet.data.fixations import read_split
from uvanet.training.config import step1_config, step2_config
from uvanet.training.data.features import DeepFeatures, see_views
from uvanet.training.data.labelled_clips import label_clips
from uvanet.training.data.loader import TrainingData, gaze_material
from uvanet.training.data.pseudo_labels import (
    build,
    is_clip,
    picture_example,
    pool_examples,
    pool_files,
)
from uvanet.training.distributed import make_fabric, one_after_the_other
from uvanet.training.provenance import distillation_provenance
from uvanet.training.publish import publish_student
from uvanet.training.teachers.build import make_teachers
from uvanet.training.teachers.inference import SPATIAL, TEMPORAL
from uvanet.training.teachers.temporal import MotionTeacherConfig
from uvanet.training.trainer import train

if TYPE_CHECKING:
    from lightning_fabric import Fabric

    from uvanet.model_card import Card
    from uvanet.training.config import TrainConfig
    from uvanet.training.control import Callback
    from uvanet.training.data.crops import CorpusConfig
    from uvanet.training.provenance import Provenance
    from uvanet.training.teachers.inference import Teachers
    from uvanet.training.teachers.spatial import TeacherConfig
    from uvanet.training.trainer import TrainResult

_LOG = logging.getLogger(__name__)


def distill(
    student: TrainConfig,
    teacher: TeacherConfig,
    corpus: CorpusConfig,
    root: Path,
    out: Path,
    *,
    motion: MotionTeacherConfig | None = None,
    pool: Path | None = None,
    given: Teachers | None = None,
    watch: Callback | None = None,
    device: str = "auto",
) -> Card | None:
    """Trains a student in two steps, as the paper does.

    First on what the teachers say of many views of gaze pictures, of a pool and of its clips,
    blended with gaze where there is any; then on gaze, beside the clips.

    Args:
        student: The student's run.
        teacher: The spatial teacher's run.
        corpus: How pictures are viewed and labelled.
        root: The data, as `find_root` gives it.
        out: The run's folder; made where missing.
        motion: The temporal teacher's run; None for the usual.
        pool: A folder of more pictures and clips; None for gaze pictures only.
        given: Who labels; None for teachers that the run makes.
        watch: See `uvanet.training.trainer.train`.
        device: See `uvanet.training.distributed.make_fabric`.

    Returns:
        The card of the student exported into `out / preset`; None in all but the first of several
        processes.
    """
    motion = motion or MotionTeacherConfig()
    folder = out / student.preset
    folder.mkdir(parents=True, exist_ok=True)
    fabric = make_fabric(student.precision, device)
    with one_after_the_other(fabric):
        teachers = given or make_teachers(root, out, teacher, motion, watch)
        cache = out / "labels"
        first = first_material(student, teachers, corpus, root, cache, pool, watch=watch)
    pairs = len(first.clips.ratios) if first.clips else 0
    _LOG.info("%d views, %d pairs of clips", len(first.images), pairs)
    result = two_steps(student, first, root, folder, watch=watch, fabric=fabric)
    if not fabric.is_global_zero:
        return None
    made = _provenance(student, teacher, motion, corpus, root, out, pool, given)
    return publish_student(student, result.weights, root, folder, made)


def best_so_far(
    student: TrainConfig,
    teacher: TeacherConfig,
    corpus: CorpusConfig,
    root: Path,
    out: Path,
    *,
    pool: Path | None = None,
    given: Teachers | None = None,
) -> Card | None:
    """Exports the best student of a run that was stopped, which may still go on afterwards.

    Args:
        student: As `distill` took it; likewise the rest.
        teacher: See above.
        corpus: See above.
        root: See above.
        out: See above.
        pool: See above.
        given: See above.

    Returns:
        Its card; None where the run was stopped before it was first measured.
    """
    folder = out / student.preset
    found = [folder / "joint" / "best.safetensors", folder / "best.safetensors"]
    weights = next((path for path in found if path.exists()), None)
    if weights is None:
        return None
    motion = MotionTeacherConfig()
    made = _provenance(student, teacher, motion, corpus, root, out, pool, given)
    return publish_student(student, weights, root, folder, made)


def two_steps(
    student: TrainConfig,
    first: TrainingData,
    root: Path,
    folder: Path,
    *,
    watch: Callback | None = None,
    fabric: Fabric | None = None,
) -> TrainResult:
    """Trains on what teachers say, then on gaze; the second step's clips are the first's.

    Where `student.second` is "soft", the second step learns the first's whole pictures instead.

    Args:
        student: The first step's run.
        first: What it learns from.
        root: The data, as `find_root` gives it.
        folder: Of both steps; made where missing.
        watch: See `uvanet.training.trainer.train`.
        fabric: Likewise.
    """
    # Who watches shows the progress, too.
    show = watch is None
    result = train(student, first, folder, progress=show, watch=watch, fabric=fabric)
    second = step2_config(student, str(result.weights))
    if student.second == "soft":
        material = first.whole_pictures()
    else:
        material = gaze_material(root, second.cache_resolution)._replace(clips=first.clips)
    joined = folder / "joint"
    return train(second, material, joined, progress=show, watch=watch, fabric=fabric)


def first_material(
    student: TrainConfig,
    teachers: Teachers,
    corpus: CorpusConfig,
    root: Path,
    cache: Path,
    pool: Path | None,
    *,
    watch: Callback | None = None,
) -> TrainingData:
    """Views of all pictures with the teachers' labels, and pairs of frames of the clips."""
    examples = [
        picture_example(picture.path, corpus.gaze_views, picture.fixations)
        for picture in read_split(root, "train")
    ]
    # The first view of each is the whole picture.
    wholes = slice(0, len(examples) * corpus.gaze_views, corpus.gaze_views)
    clips = None
    if pool is not None:
        examples += pool_examples(pool, corpus)
        films = [path for path in sorted(pool.rglob("*")) if is_clip(path)]
        if films:
            parts = (films, teachers, corpus.pair_every, cache, student.cache_resolution)
            clips = label_clips(*parts, watch)
    images, labels, ratios = build(
        examples, teachers.spatial, teachers.key, corpus, cache, student.cache_resolution, watch
    )
    features = None
    if student.feature_hint:
        seen = (DeepFeatures(teachers.scale, 1), f"lite{teachers.scale}")
        features = see_views(examples, *seen, corpus, cache, watch)
    return TrainingData(images, labels, ratios, read_split(root, "val"), clips, wholes, features)


def _provenance(
    student: TrainConfig,
    teacher: TeacherConfig,
    motion: MotionTeacherConfig,
    corpus: CorpusConfig,
    root: Path,
    out: Path,
    pool: Path | None,
    given: Teachers | None = None,
) -> Provenance:
    """How a student of `distill` was made, read from the files that the run used."""
    # Not the path: it would describe the machine.
    told = dataclasses.replace(student, start=Path(student.start).stem)
    command = f"uvanet distill --preset {student.preset} --data DATA --out RUN"
    if student.start:
        command += f" --start {told.start}"
    if told != step1_config(student.preset, told.start):
        command += f" --epochs {student.epochs}"
    if student.second != "hard":
        command += f" --second {student.second}"
    if pool:
        command += " --pool POOL"
    settings = {
        "config": dataclasses.asdict(told),
        "joint": dataclasses.asdict(step2_config(told, "the step before")),
        "corpus": dataclasses.asdict(corpus),
    }
    if given is None:
        spatial, temporal = (out / f"{name}.onnx" for name in (SPATIAL, TEMPORAL))
        settings["spatial teacher"] = dataclasses.asdict(teacher)
        settings["temporal teacher"] = dataclasses.asdict(motion)
    else:
        spatial, temporal = given.files
        command += f" --spatial {spatial.stem} --temporal {temporal.stem}"
    return distillation_provenance(
        command,
        settings,
        root=root,
        teachers=(spatial, temporal),
        start=student.start,
        backbone=teacher.scale if given is None else None,
        pool=pool,
        pool_files=pool_files(pool) if pool else (),
    )
