"""SALICON: pictures of MS COCO with gaze inferred from mouse movements, the challenge of 2017.

    <root>/
        images/train/COCO_train2014_000000000009.jpg        also val and test
        maps/train/COCO_train2014_000000000009.png          density; not for test
        fixations/train/COCO_train2014_000000000009.mat     not for test

The .mat file holds `resolution` (height, width) and `gaze`, an array of a structure for each
observer, with `location`, `timestamp` and `fixations`: x and y in pixels, counted from 1. Where a
`.png` of the fixated pixels is beside the .mat file, the `.png` is read instead.

Source: Jiang, Huang, Duan and Zhao, *SALICON: Saliency in Context*, CVPR 2015, salicon.net; as in
the readers of pysaliency (`external_datasets/salicon.py`) and UNISAL (`unisal/data.py`).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from uvanet.data.gaze import Gaze, GazeSet
from uvanet.data.gaze_files import (
    FilePicture,
    GazeFiles,
    copy_again,
    need_file,
    need_folder,
    pictures_in,
    read_gray,
    read_mat,
)
from uvanet.errors import UsageError
from uvanet.i18n import tr, tr_noop

if TYPE_CHECKING:
    from pathlib import Path

    from uvanet.data.fixations import Split

_HINT = tr_noop("SALICON holds images, maps and fixations, with train and val in each.")


def read(root: Path, split: Split = "val") -> GazeSet:
    """Reads a split.

    Raises:
        UsageError: A folder is missing, or `split` is "test", which has no labels.
    """
    if split == "test":
        raise UsageError(
            tr("The gaze on SALICON's test pictures is not published."),
            tr("Choose --split val."),
        )
    need_folder(root, _HINT)
    maps = need_folder(root / "maps" / split, _HINT)
    fixations = need_folder(root / "fixations" / split, _HINT)
    pictures = [
        FilePicture("SALICON", path, partial(_label, maps, fixations, path.stem))
        for path in pictures_in(root / "images" / split, _HINT)
    ]
    return GazeSet(f"SALICON, {split}", pictures=pictures)


def _label(maps: Path, fixations: Path, stem: str) -> Gaze:
    density = maps / f"{stem}.png"
    marks = fixations / f"{stem}.png"
    if marks.is_file():
        return GazeFiles(density, (marks,)).read()
    path = need_file(fixations / f"{stem}.mat", _HINT)
    held = read_mat(path)
    try:
        height, width = (int(side) for side in held["resolution"].ravel())
        parts = [np.asarray(row["fixations"], np.float32) for row in held["gaze"].ravel()]
        # Pixels are counted from 1: the center of pixel n is at n - 0.5.
        points = [part.reshape(-1, 2) - 0.5 for part in parts if part.size]
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise copy_again(tr("{path} holds no gaze of SALICON."), path=path) from error
    joined = np.concatenate(points) if points else np.empty((0, 2), np.float32)
    observers = np.repeat(np.arange(len(points), dtype=np.int32), [len(part) for part in points])
    return Gaze((width, height), joined.astype(np.float32), read_gray(density), observers)
