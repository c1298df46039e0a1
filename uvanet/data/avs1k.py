"""AVS1K: 1,000 videos from drones, 24 observers, as published by its authors.

    <root>/
        trainSet/           also validSet and testSet
            Frame/<video>/<video>_%05d.png
            Ground/<video>/<video>_%05d.png

For example `trainSet/Frame/Human_00196/Human_00196_00005.png`. A density map in `Ground` has the
name of its frame. There are no fixations, so NSS and both AUCs cannot be measured.

Source: Fu, Li, Shen and Tian, *Model-Guided Multi-Path Knowledge Aggregation for Aerial Saliency
Prediction*, IEEE TIP 2020 (archive `2020-TIP-Fu-MMNet`).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from uvanet.data.clips import FramesClip, every_nth
from uvanet.data.gaze import Gaze, GazeSet
from uvanet.data.gaze_files import GazeFiles, folders_in, need_folder, pictures_in
from uvanet.i18n import tr_noop

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from uvanet.data.fixations import Split

FPS = 30.0
"""Assumed for all videos: the frames have no time stamps, and no source states a rate."""

FOLDERS = {"train": "trainSet", "val": "validSet", "test": "testSet"}

_HINT = tr_noop("AVS1K holds trainSet, validSet and testSet with Frame and Ground in each.")


def read(root: Path, split: Split = "val", every: int = 15) -> GazeSet:
    """Reads a split.

    Args:
        root: The folder that holds trainSet, validSet and testSet.
        split: Name of the split.
        every: Measure every n-th frame.

    Raises:
        UsageError: A folder is missing.
    """
    base = need_folder(root, _HINT) / FOLDERS[split]
    clips = []
    for folder in folders_in(base / "Frame", _HINT):
        ground = need_folder(base / "Ground" / folder.name, _HINT)
        files = pictures_in(folder, _HINT)
        label = partial(_label, ground, files)
        chosen = every_nth(len(files), every)
        clips.append(FramesClip("AVS1K", folder.name, files, FPS, chosen, label))
    return GazeSet(f"AVS1K, {split}", clips=clips)


def _label(ground: Path, files: Sequence[Path], index: int) -> Gaze:
    return GazeFiles(ground / files[index].name).read()
