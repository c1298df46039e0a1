"""UCF-Sports: clips of sports, in the format of ACLNet.

    <root>/
        training/           also testing
            Diving-Side-001/
                images/Diving-Side_001_001.png
                maps/Diving-Side_001_001.png
                fixation/maps/Diving-Side_001_001.mat       `I`, or fixation/*.png

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
"""Assumed for all clips, as in UNISAL's reader: the frames have no time stamps."""


def read(root: Path, split: Split = "test", every: int = 15) -> GazeSet:
    """Reads train or test; see `uvanet.data.aclnet_format.read_halves`.

    Raises:
        UsageError: A folder is missing, or `split` is "val", which the set does not have.
    """
    return read_halves("UCF-Sports", FPS, root, split, every)
