"""Labels a pool file by file, on several processes or machines, with Dask.

A label is stored under the fingerprint of its file and teacher, where a run that reads the same
folder finds it. A file that is labelled already is only read.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from uvanet.errors import UvanetError
from uvanet.training.control import Callback
from uvanet.training.data.pseudo_labels import (
    is_clip,
    label_clips,
    label_pictures,
    pool_examples,
)
from uvanet.training.teachers.inference import LogDensityTeacher, open_teachers

if TYPE_CHECKING:
    from pathlib import Path

    from uvanet.training.teachers.inference import Teachers

_SIDE = 16  # pixels; of the pictures that are loaded here for nothing


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
    """Labels a file unless that is done; gives the error for people, or an empty text."""
    try:
        spatial, both = _open(task.teachers, task.threads)
        examples = pool_examples([task.path], task.clip_every)
        if not examples:
            return "It cannot be opened."
        label_pictures(examples, spatial, task.labels, _SIDE, Callback())
        if is_clip(task.path):
            label_clips([task.path], both, task.pair_every, task.labels, _SIDE, Callback())
    except UvanetError as error:
        return str(error)
    except OSError as error:
        return f"{task.labels} cannot be written: {error.strerror}."
    return ""


@functools.lru_cache(maxsize=1)
def _open(files: tuple[Path, Path], threads: int) -> tuple[LogDensityTeacher, Teachers]:
    """The teachers; kept for the next file."""
    return LogDensityTeacher(files[0], threads), open_teachers(*files, threads)
