"""Still pictures with human gaze, in this project's own layout.

    <root>/fixations/
        <set>/<image>.jpg
        fixations.csv.gz    dataset,image,observer,x,y,duration_s
        split.csv           image,split

Fixations are in pixels of the stored image, x right, y down; `split` is train, val or test.
"""

from __future__ import annotations

import csv
import gzip
import math
import os
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from uvanet.data.gaze import Gaze, GazeSet
from uvanet.data.gaze_files import copy_again, need_file, picture_size, read_rgb
from uvanet.errors import UsageError
from uvanet.i18n import tr, tr_noop
from uvanet.paths import expand_user

Split = Literal["train", "val", "test"]

_TABLES = ("fixations.csv.gz", "split.csv")
_HINT = tr_noop("The folder must hold 'fixations' with fixations.csv.gz and split.csv.")


@dataclass(frozen=True, slots=True)
class GazePicture:
    """A picture and where people looked on it.

    Attributes:
        dataset: Data set that it comes from.
        path: The picture's file.
        fixations: Fixations of all observers, (n, 2), float32, x and y in pixels of the picture.
        observers: Number of the observer of each fixation, (n,), int32.
    """

    dataset: str
    path: Path
    fixations: NDArray[np.float32]
    observers: NDArray[np.int32]

    @property
    def name(self) -> str:
        """Data set and file name."""
        return f"{self.dataset}/{self.path.name}"

    def image(self) -> NDArray[np.uint8]:
        """See `uvanet.data.gaze.Picture`."""
        return read_rgb(self.path)

    def gaze(self) -> Gaze:
        """See `uvanet.data.gaze.Picture`; reads the header of the picture only."""
        return Gaze(picture_size(self.path), self.fixations, observers=self.observers)


def find_root(data: str | Path | None = None) -> Path:
    """Finds the data folder: the argument, else the environment variable UVANET_DATA.

    Raises:
        UsageError: Neither names a folder with `fixations` in it.
    """
    named = data or os.environ.get("UVANET_DATA")
    if not named:
        raise UsageError(
            tr("No gaze data was named."), tr("Give --data FOLDER or set UVANET_DATA.")
        )
    root = expand_user(named)
    for name in _TABLES:
        need_file(root / "fixations" / name, _HINT)
    return root


def has_fixations(root: Path) -> bool:
    """Whether a folder holds this layout."""
    return all((root / "fixations" / name).is_file() for name in _TABLES)


def read_split(root: Path, split: Split) -> list[GazePicture]:
    """Reads the pictures of a split, ordered by name.

    Raises:
        UsageError: A table is missing or damaged, or a picture of the split is missing.
    """
    folder = root / "fixations"
    points, names = (need_file(folder / name, _HINT) for name in _TABLES)
    table, splits = _read_table(*_version(points)), _read_splits(*_version(names))
    none = _Fixations(np.empty((0, 2), np.float32), np.empty(0, np.int32))
    pictures = []
    for name in sorted(name for name, assigned in splits.items() if assigned == split):
        path = folder / name
        need_file(path, tr_noop("Copy the data again: split.csv names it."))
        found = table.get(name, none)
        pictures.append(GazePicture(name.split("/")[0], path, found.points, found.observers))
    return pictures


class _Fixations(NamedTuple):
    points: NDArray[np.float32]
    observers: NDArray[np.int32]


def _version(path: Path) -> tuple[Path, int, int]:
    """The cache key of a parsed table: path, time of change and size."""
    status = path.stat()
    return path.absolute(), status.st_mtime_ns, status.st_size


# A command may read several splits of a table, and parsing takes seconds.
@lru_cache(maxsize=2)
def _read_table(path: Path, _mtime: int, _size: int) -> dict[str, _Fixations]:
    points: dict[str, list[tuple[float, float]]] = {}
    observers: dict[str, list[int]] = {}
    numbers: dict[str, int] = {}
    try:
        with gzip.open(path, "rt", newline="", encoding="utf-8") as table:
            for row in csv.DictReader(table):
                name = f"{row['dataset']}/{row['image']}"
                point = float(row["x"]), float(row["y"])
                if not (math.isfinite(point[0]) and math.isfinite(point[1])):
                    raise ValueError(f"{name} has a fixation at {point}")
                points.setdefault(name, []).append(point)
                number = numbers.setdefault(row["observer"], len(numbers))
                observers.setdefault(name, []).append(number)
    except (OSError, EOFError, zlib.error, KeyError, TypeError, ValueError, csv.Error) as error:
        raise copy_again(
            tr(
                "{path} is damaged, or is not a table with the columns dataset, image, "
                "observer, x and y."
            ),
            path=path,
        ) from error
    return {
        name: _Fixations(np.array(rows, np.float32), np.array(observers[name], np.int32))
        for name, rows in points.items()
    }


@lru_cache(maxsize=2)
def _read_splits(path: Path, _mtime: int, _size: int) -> dict[str, str]:
    try:
        with path.open(newline="", encoding="utf-8") as table:
            return {row["image"]: row["split"] for row in csv.DictReader(table)}
    except (OSError, KeyError, TypeError, ValueError, csv.Error) as error:
        raise copy_again(
            tr("{path} is damaged, or is not a table with the columns image and split."), path=path
        ) from error


def read(root: Path, split: Split = "val") -> GazeSet:
    """Reads a split as a data set; its groups are the sets that the pictures come from.

    Raises:
        UsageError: See `read_split`.
    """
    return GazeSet(f"fixations, {split}", pictures=read_split(root, split))
