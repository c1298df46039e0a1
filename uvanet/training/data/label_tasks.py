"""Labels a pool file by file, on several processes or machines, with Dask.

A label is stored under the fingerprint of its file and teacher, so that a run on the same folder
finds it. Files that have labels are only read.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

from uvanet.errors import UvanetError
from uvanet.i18n import tr
from uvanet.training.control import Callback
from uvanet.training.data.pseudo_labels import (
    is_clip,
    label_clips,
    label_pictures,
    pool_examples,
)
from uvanet.training.teachers.inference import LogDensityTeacher, Teachers, open_teachers

_SIDE = 16  # pixels; small, since only the labels of the loaded pictures are needed


@dataclass(frozen=True, slots=True)
class LabelTask:
    """A picture or clip to label; can be sent to another process.

    Attributes:
        path: The file.
        teachers: ONNX files of the spatial and the temporal teacher.
        labels: Folder of the labels of a run.
        clip_every: See `uvanet.training.pipeline.DistillConfig`.
        pair_every: Likewise.
        threads: Threads of a teacher.
    """

    path: Path
    teachers: tuple[Path, Path]
    labels: Path
    clip_every: float
    pair_every: float
    threads: int


def label_file(task: LabelTask) -> str:
    """Labels a file unless it has labels; returns the error for people, or an empty text."""
    try:
        spatial, both = _open(task.teachers, task.threads)
        examples = pool_examples([task.path], task.clip_every)
        if not examples:
            return tr("It cannot be opened.")
        label_pictures(examples, spatial, task.labels, _SIDE, Callback())
        if is_clip(task.path):
            label_clips([task.path], both, task.pair_every, task.labels, _SIDE, Callback())
    except UvanetError as error:
        return str(error)
    except OSError as error:
        return tr("{path} cannot be written: {reason}.").format(
            path=task.labels, reason=error.strerror or error
        )
    return ""


@functools.lru_cache(maxsize=1)
def _open(files: tuple[Path, Path], threads: int) -> tuple[LogDensityTeacher, Teachers]:
    """Opens the teachers; they are cached for the next file."""
    return LogDensityTeacher(files[0], threads), open_teachers(*files, threads)
