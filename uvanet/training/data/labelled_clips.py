"""Pairs of frames of real video, labelled by both teachers.

Unlabelled clips show how things really move. The spatial teacher says where people would look on
a frame as a picture, the temporal teacher where they look in the video. Labels lie in the cache
of `uvanet.training.data.pseudo_labels`, a file a clip.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
import torch

from uvanet.data.synthetic import Pairs
from uvanet.runtime.engine import LAG
from uvanet.training.control import Callback, track
from uvanet.training.data.crops import View
from uvanet.training.data.pseudo_labels import atomic_save, read_labels, square_label

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

    from uvanet.training.teachers.inference import State, Teachers

    Image = NDArray[np.uint8]
    Map = NDArray[np.float32]
    Array = NDArray[np.generic]


class LabelledClips(NamedTuple):
    """Labelled pairs of frames of real video.

    Attributes:
        pairs: As they are kept: frames uint8 RGB, (n, s, s, 3); densities float16, (n, 48, 48),
            the largest value of each 1: `still` is what the spatial teacher says, `label` what the
            temporal one does.
        ratios: The frames' own width over height, (n,).
    """

    pairs: Pairs
    ratios: Tensor


def label_clips(
    paths: Sequence[Path],
    teachers: Teachers,
    every: float,
    cache: Path,
    side: int,
    watch: Callback | None = None,
) -> LabelledClips | None:
    """Labels the clips that are not labelled yet and loads all of them.

    Args:
        paths: The clips.
        teachers: Who labels; others label anew.
        every: Seconds between two pairs.
        cache: Folder of the labels; made where missing.
        side: Side at which frames are wanted, pixels.
        watch: Told how far it is; may end it.

    Returns:
        Pairs `LAG` apart; None where no clip lasts long enough, a second or more.
    """
    settings = hashlib.sha256(f"clips {teachers.both} {every} {side}".encode()).hexdigest()[:16]
    folder = cache / settings
    folder.mkdir(parents=True, exist_ok=True)
    columns: list[list[Array]] = [[], [], [], []]
    ratios: list[float] = []
    for path in track(paths, "label", watch or Callback()):
        key = hashlib.sha256(path.read_bytes()).hexdigest()[:24]
        files = [folder / f"{key}-{name}.npy" for name in Pairs._fields]
        found = [column for file in files if (column := read_labels(file)) is not None]
        if len(found) < len(files):
            rows = _label_clip(path, teachers, every, side)
            found = [np.stack(column) for column in zip(*rows, strict=True)]
            for file, column in zip(files, found, strict=False):
                atomic_save(file, column)
        if not found:
            continue
        for whole, column in zip(columns, found, strict=True):
            whole.append(column)
        ratios += [_ratio(path)] * len(found[0])
    if not columns[0]:
        return None
    pairs = Pairs(*(torch.from_numpy(np.concatenate(column)) for column in columns))
    return LabelledClips(pairs, torch.tensor(ratios))


def _ratio(path: Path) -> float:
    video = cv2.VideoCapture(str(path))
    width, height = (video.get(cv2.CAP_PROP_FRAME_WIDTH), video.get(cv2.CAP_PROP_FRAME_HEIGHT))
    video.release()
    return width / max(1.0, height)


def _label_clip(path: Path, teachers: Teachers, every: float, side: int) -> list[tuple[Array, ...]]:
    video = cv2.VideoCapture(str(path))
    fps = video.get(cv2.CAP_PROP_FPS) or 30.0
    stride, apart = max(1, round(fps * LAG)), max(1, round(every / LAG))
    rows: list[tuple[Array, ...]] = []
    state: State | None = None
    before: Image | None = None
    index = 0
    while video.grab():
        if index % stride == 0:
            done, image = video.retrieve()
            if not done:
                break
            frame = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)
            moving, state = teachers.temporal(frame, state)
            small = View().cut(frame, (side, side))
            step = index // stride
            # The memory of motion fills in the first second.
            if before is not None and step > 8 and step % apart == 0:
                rows.append((small, before, _kept(teachers.spatial(frame)), _kept(moving)))
            before = small
        index += 1
    video.release()
    return rows


def _kept(density: Map) -> NDArray[np.float16]:
    label = square_label(density)
    return np.asarray(label / label.max(), np.float16)
