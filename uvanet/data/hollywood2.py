"""Hollywood-2: scenes of films cut into shots, in the format of ACLNet.

    <root>/
        training/           also testing
            actioncliptrain00001_1/         film clip 1, shot 1
                images/actioncliptrain00001_00048.png
                maps/actioncliptrain00001_00048.png
                fixation/maps/actioncliptrain00001_00048.mat    `I`, or fixation/*.png

Frames are numbered within the film clip, so a shot can start at any number.

Source: Mathe and Sminchisescu, *Actions in the Eye*, PAMI 2015; for the layout see
`uvanet.data.aclnet_format`, file names as in the reader of UNISAL
(github.com/rdroste/unisal, `unisal/data.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvanet.data.aclnet_format import read_halves

if TYPE_CHECKING:
    from pathlib import Path

    from uvanet.data.fixations import Split
    from uvanet.data.gaze import GazeSet

FPS = 24.0
"""Assumed for all clips, as in UNISAL's reader: the frame rate of cinema."""


def read(root: Path, split: Split = "test", every: int = 15) -> GazeSet:
    """Reads train or test; see `uvanet.data.aclnet_format.read_halves`.

    Raises:
        UsageError: A folder is missing, or `split` is "val", which the set does not have.
    """
    return read_halves("Hollywood-2", FPS, root, split, every)
