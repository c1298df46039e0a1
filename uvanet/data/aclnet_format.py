"""Hollywood-2 and UCF-Sports, in the format in which the authors of ACLNet published them.

    <root>/
        training/                               also testing
            <clip>/
                images/<frame>.png
                maps/<frame>.png                density
                fixation/<frame>.png            fixated pixels, or
                fixation/maps/<frame>.mat       the same, as a MATLAB matrix `I`

Clips are called `Diving-Side-001` with frames `Diving-Side_001_001`, or, in Hollywood-2,
`actioncliptrain00001_1` (shot 1 of film clip 1) with frames `actioncliptrain00001_00048`. Frames
are numbered within the film clip, so a shot can start at any number. The labels of DHF1K have the
same format.

Source of the gaze: Mathe and Sminchisescu, *Actions in the Eye*, PAMI 2015. Source of the format:
Wang, Shen, Guo, Cheng and Borji, *Revisiting Video Saliency*, CVPR 2018
(github.com/wenguanwang/DHF1K); names as in the reader of UNISAL (github.com/rdroste/unisal).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from uvanet.data.clips import FramesClip, every_nth
from uvanet.data.gaze import GazeSet
from uvanet.data.gaze_files import GazeFiles, folders_in, need_folder, pictures_in
from uvanet.errors import UsageError
from uvanet.i18n import tr

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from uvanet.data.fixations import Split
    from uvanet.data.gaze import Gaze

FPS = 24.0
"""Assumed for all clips, as in UNISAL's reader: the frames have no time stamps."""

FOLDERS = {"train": "training", "test": "testing"}


def label(folder: Path, stems: Sequence[str], index: int) -> Gaze:
    """Reads the labels of a frame from the folder of its clip.

    Args:
        folder: The clip's folder, with `maps` and `fixation` in it.
        stems: Names of the frames without endings.
        index: Number of the frame.

    Raises:
        UvanetError: A file is missing or damaged.
    """
    stem = stems[index]
    fixation = folder / "fixation"
    places = (fixation / f"{stem}.png", fixation / "maps" / f"{stem}.mat")
    return GazeFiles(folder / "maps" / f"{stem}.png", places).read()


def need_labels(folder: Path, hint: str) -> None:
    """Checks that the label folders of a clip exist.

    Raises:
        UsageError: One is missing.
    """
    for name in ("maps", "fixation"):
        need_folder(folder / name, hint)


def read(name: str, root: Path, split: Split, every: int) -> GazeSet:
    """Reads Hollywood-2 or UCF-Sports.

    Args:
        name: "Hollywood-2" or "UCF-Sports".
        root: The folder that holds `training` and `testing`.
        split: train or test.
        every: Measure every n-th frame.

    Raises:
        UsageError: A folder is missing, or there is no such split.
    """
    hint = tr("{name} holds training and testing, with images, maps and fixation in each clip.")
    hint = hint.format(name=name)
    if split not in FOLDERS:
        raise UsageError(
            tr("{name} has no {split} split.").format(name=name, split=split),
            tr("Choose --split test or --split train."),
        )
    clips = []
    for folder in folders_in(need_folder(root, hint) / FOLDERS[split], hint):
        files = pictures_in(folder / "images", hint)
        need_labels(folder, hint)
        read_gaze = partial(label, folder, [path.stem for path in files])
        chosen = every_nth(len(files), every)
        clips.append(FramesClip(name, folder.name, files, FPS, chosen, read_gaze))
    return GazeSet(f"{name}, {split}", clips=clips)
