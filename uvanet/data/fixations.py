"""Still pictures with human gaze, in the shared layout.

    <root>/fixations/
        <set>/<image>.jpg
        fixations.csv.gz    dataset,image,observer,x,y,duration_s
        split.csv           image,split

Fixations are in pixels of the stored image, x right, y down; `split` is train, val or test.
Source: this project's own, as the data came to it.
"""

from __future__ import annotations

import csv
import gzip
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from uvanet.data.gaze import Gaze, GazeSet, density_map
from uvanet.data.gaze_files import need_file, read_rgb
from uvanet.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "GazePicture",
    "Split",
    "density_map",
    "find_root",
    "read",
    "read_rgb",
    "read_split",
]

Split = Literal["train", "val", "test"]

_HINT = "The folder given must hold 'fixations' in the shared layout."


@dataclass(frozen=True, slots=True)
class GazePicture:
    """A picture and where people looked on it.

    Attributes:
        dataset: The set it comes from.
        path: The picture's file.
        fixations: All observers' fixations, (n, 2), float32, x and y in pixels of the picture.
    """

    dataset: str
    path: Path
    fixations: NDArray[np.float32]

    @property
    def name(self) -> str:
        """Set and file, as the tables name it."""
        return f"{self.dataset}/{self.path.name}"

    def image(self) -> NDArray[np.uint8]:
        """See `uvanet.data.gaze.Picture`."""
        return read_rgb(self.path)

    def gaze(self) -> Gaze:
        """See `uvanet.data.gaze.Picture`."""
        height, width = read_rgb(self.path).shape[:2]
        return Gaze((width, height), self.fixations)


def find_root(data: str | Path | None = None) -> Path:
    """Finds the data: the argument, else the environment variable UVANET_DATA.

    Raises:
        UsageError: Neither names a folder that holds the shared layout.
    """
    named = data or os.environ.get("UVANET_DATA")
    if not named:
        raise UsageError("No gaze data was named.", "Give --data FOLDER or set UVANET_DATA.")
    root = Path(named).expanduser()
    for needed in ("fixations.csv.gz", "split.csv"):
        need_file(root / "fixations" / needed, _HINT)
    return root


def read_split(root: Path, split: Split) -> list[GazePicture]:
    """Reads the pictures of a split, in the order of their names.

    Raises:
        UsageError: A table, or a picture that the split names, is missing.
    """
    folder = root / "fixations"
    for needed in ("fixations.csv.gz", "split.csv"):
        need_file(folder / needed, _HINT)
    points: dict[str, list[tuple[float, float]]] = {}
    with gzip.open(folder / "fixations.csv.gz", "rt", newline="") as table:
        for row in csv.DictReader(table):
            name = f"{row['dataset']}/{row['image']}"
            points.setdefault(name, []).append((float(row["x"]), float(row["y"])))
    with (folder / "split.csv").open(newline="") as table:
        names = sorted(row["image"] for row in csv.DictReader(table) if row["split"] == split)
    pictures = []
    for name in names:
        path = folder / name
        need_file(path, "Copy the data again: split.csv names it.")
        fixations = np.array(points.get(name, []), np.float32).reshape(-1, 2)
        pictures.append(GazePicture(name.split("/")[0], path, fixations))
    return pictures


def read(root: Path, split: Split = "val") -> GazeSet:
    """Reads a split as a data set; its parts are the sets the pictures come from.

    Raises:
        UsageError: A table, or a picture that the split names, is missing.
    """
    return GazeSet(f"fixations, {split}", pictures=read_split(root, split))
