"""Videos of people talking, with the gaze of many observers: for evaluation only.

    <root>/
        <clip>.mp4
        fixations.csv.gz    clip,observer,onset_ms,duration_ms,x,y

Fixations are in pixels of the 1280 x 720 frame. A fixation is active on frame k if
onset <= 1000 k / fps <= onset + duration. Every 15th frame from the 30th on is measured.

Source: five clips of *Find who to look at* (Liu et al., Beihang University, 2016) in this
project's own layout. The database states no license: never train on it, never publish a frame.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from uvanet.data.clips import VideoClip, video_facts
from uvanet.data.gaze import Gaze, GazeSet
from uvanet.data.gaze_files import copy_again, need_file, need_folder, videos_in
from uvanet.errors import UsageError
from uvanet.i18n import tr, tr_noop

SIZE = (1280, 720)
FIRST, STEP = 30, 15

_HINT = tr_noop("The folder must hold <clip>.mp4 and fixations.csv.gz.")
_COLUMNS = ("clip", "observer", "onset_ms", "duration_ms", "x", "y")


def read(root: Path) -> GazeSet:
    """Reads the set.

    Raises:
        UvanetError: A file is missing or damaged.
    """
    table = _read_table(need_file(need_folder(root, _HINT) / "fixations.csv.gz", _HINT))
    names = {path.stem for path in videos_in(root, _HINT)}
    for name in sorted(names ^ set(table)):
        if name in names:
            raise UsageError(
                tr("fixations.csv.gz has no row for {name}.mp4.").format(name=name),
                tr("Copy both again."),
            )
        need_file(root / f"{name}.mp4", tr_noop("Copy the data again: fixations.csv.gz names it."))
    clips = []
    for name in sorted(names):
        path = need_file(root / f"{name}.mp4", _HINT)
        fps, count = video_facts(path)
        label = partial(active, table[name], fps)
        clips.append(VideoClip("talk", name, path, fps, range(FIRST, count, STEP), label))
    return GazeSet("talk", clips=clips)


def active(rows: NDArray[np.float64], fps: float, index: int) -> Gaze:
    """The fixations that are active on a frame.

    Args:
        rows: (n, 5): onset and duration in milliseconds, x and y in pixels, and the number of the
            observer.
        fps: Frames a second.
        index: Number of the frame, from 0.
    """
    now = 1000 * index / fps
    shown = (rows[:, 0] <= now) & (now <= rows[:, 0] + rows[:, 1])
    points, observers = rows[shown, 2:4].astype(np.float32), rows[shown, 4].astype(np.int32)
    return Gaze(SIZE, points, observers=observers)


def _read_table(path: Path) -> dict[str, NDArray[np.float64]]:
    rows: dict[str, list[list[float]]] = {}
    numbers: dict[str, int] = {}
    try:
        with gzip.open(path, "rt", newline="") as file:
            for row in csv.DictReader(file):
                values = [float(row[column]) for column in _COLUMNS[2:]]
                if not np.isfinite(values).all():
                    raise ValueError(f"{row['clip']} has a fixation at {values}")
                number = numbers.setdefault(row["observer"], len(numbers))
                rows.setdefault(row["clip"], []).append([*values, number])
    except (OSError, EOFError, zlib.error, KeyError, ValueError, TypeError, csv.Error) as error:
        raise copy_again(
            tr("{path} is damaged, or is no table with the columns {columns}."),
            path=path,
            columns=", ".join(_COLUMNS),
        ) from error
    return {clip: np.array(values) for clip, values in rows.items()}
