"""DHF1K: 1,000 videos of all kinds, as published by its authors.

    <root>/
        video/001.AVI ... 1000.AVI          30 frames a second
        annotation/0001/ ... 0700/
            maps/0001.png                   density of frame 1
            fixation/0001.png               fixated pixels, or fixation/maps/0001.mat with `I`
            images/0001.png                 frames, only where the video was extracted

Videos 1 to 600 are train, 601 to 700 val; the labels of the test videos, 701 to 1000, are not
published.

Source: Wang, Shen, Guo, Cheng and Borji, *Revisiting Video Saliency*, CVPR 2018
(github.com/wenguanwang/DHF1K); file names as in the readers of TASED-Net
(github.com/MichiganCOG/TASED-Net) and UNISAL (github.com/rdroste/unisal).
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from uvanet.data.aclnet_format import label, need_labels
from uvanet.data.clips import FramesClip, VideoClip, every_nth
from uvanet.data.gaze import GazeSet
from uvanet.data.gaze_files import folders_in, need_folder, pictures_in
from uvanet.errors import UsageError
from uvanet.i18n import tr, tr_noop
from uvanet.sources.picture import VIDEO_SUFFIXES

if TYPE_CHECKING:
    from pathlib import Path

    from uvanet.data.fixations import Split
    from uvanet.data.gaze import Clip

FPS = 30.0
NUMBERS = {"train": range(1, 601), "val": range(601, 701)}

_HINT = tr_noop("DHF1K holds video/001.AVI and so on, and annotation/0001 with maps and fixation.")


def read(root: Path, split: Split = "val", every: int = 15) -> GazeSet:
    """Reads the annotated videos of a split; some of them may be missing.

    Args:
        root: The folder that holds `video` and `annotation`.
        split: train or val.
        every: Measure every n-th frame.

    Raises:
        UsageError: A folder or video is missing, or `split` is "test", which has no labels.
    """
    if split not in NUMBERS:
        raise UsageError(
            tr("The gaze on DHF1K's test videos is not published."), tr("Choose --split val.")
        )
    clips: list[Clip] = []
    for folder in folders_in(need_folder(root, _HINT) / "annotation", _HINT):
        if not re.fullmatch(r"\d{4}", folder.name) or int(folder.name) not in NUMBERS[split]:
            continue
        need_labels(folder, _HINT)
        clips.append(_clip(root, folder, every))
    if not clips:
        raise UsageError(
            tr("{root} holds no video of the {split} split.").format(
                root=root / "annotation", split=split
            ),
            tr(_HINT),
        )
    return GazeSet(f"DHF1K, {split}", clips=clips)


def _clip(root: Path, folder: Path, every: int) -> Clip:
    name = folder.name
    if (folder / "images").is_dir():
        files = pictures_in(folder / "images", _HINT)
        gaze = partial(label, folder, [path.stem for path in files])
        return FramesClip("DHF1K", name, files, FPS, every_nth(len(files), every), gaze)
    count = len(pictures_in(folder / "maps", _HINT))
    gaze = partial(label, folder, [f"{i + 1:04d}" for i in range(count)])
    return VideoClip("DHF1K", name, _video(root, name), FPS, every_nth(count, every), gaze)


def _video(root: Path, name: str) -> Path:
    number = f"{int(name):03d}"
    folder = need_folder(root / "video", _HINT)
    for path in sorted(folder.glob(f"{number}.*")):
        if path.suffix.lower() in VIDEO_SUFFIXES:
            return path
    raise UsageError(
        tr("{folder}.AVI is missing.").format(folder=folder / number),
        tr("Or put its frames into {name}/images.").format(name=name),
    )
