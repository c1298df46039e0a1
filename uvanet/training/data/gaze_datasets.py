"""Reads pairs of frames with human gaze from published data sets."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from uvanet.data.gaze import Clip, GazeSet, Picture
from uvanet.data.registry import LAYOUTS, read_set
from uvanet.errors import UsageError
from uvanet.i18n import tr
from uvanet.runtime.engine import LAG
from uvanet.training.data.frame_pairs import LABEL_SIDE, FramePair
from uvanet.training.data.user_media import MAX_COLLECTION, read_all, shares, spread

NAMES = tuple(name for name in LAYOUTS if name not in ("talk", "videos"))
"""Layouts for training; `talk` is for measuring only, and `videos` has no gaze."""

EVERY = 5
"""Every n-th frame of a clip is used for training, at most."""


def open_published(name: str, root: Path) -> GazeSet:
    """Reads the train split of a data set; for MIT1003, which has no splits, the whole set.

    Raises:
        UsageError: The layout is not among `NAMES`, or a file or folder is missing.
    """
    if name not in NAMES:
        raise UsageError(
            tr("There is no data set {name!r} to learn from.").format(name=name),
            tr("Choose {choices}.").format(choices=", ".join(NAMES)),
        )
    return read_set(name, root, "train", EVERY)


def read_published(
    name: str, root: Path, most: int = MAX_COLLECTION
) -> Iterator[tuple[FramePair, float]]:
    """Reads pairs of a published set with their gaze, see `read_all`.

    Frames without gaze are left out.

    Args:
        name: Name of the layout, one of `NAMES`.
        root: Folder of the set.
        most: Largest number of pairs.

    Raises:
        UsageError: A folder is missing, or nothing can be read.
    """
    data = open_published(name, root)
    each, stills = shares(len(data.clips), len(data.pictures), most)
    pictures = spread(data.pictures, stills)
    clips = spread(data.clips, max(1, most // each)) if each else []
    readers = [partial(_of_picture, picture) for picture in pictures]
    readers += [partial(_of_clip, clip, each) for clip in clips]
    yield from read_all(readers, root)


def _of_picture(picture: Picture) -> Iterator[FramePair]:
    image = picture.image()
    label = picture.gaze().density_on((LABEL_SIDE, LABEL_SIDE))
    if label.any():
        yield FramePair(image, image, 0.0, picture.name, gaze=label)


def _of_clip(clip: Clip, most: int) -> Iterator[FramePair]:
    wanted = spread(clip.labelled, most)
    lag = max(1, round(clip.fps * LAG))
    befores = {max(0, index - lag) for index in wanted}
    kept = {}
    for frame in clip.frames({*wanted, *befores}):
        if frame.image is None:
            continue
        if frame.index in befores:
            kept[frame.index] = frame.image
        before = kept.get(max(0, frame.index - lag))
        if frame.index not in wanted or before is None:
            continue
        kept = {index: image for index, image in kept.items() if index > frame.index - lag}
        label = clip.gaze(frame.index).density_on((LABEL_SIDE, LABEL_SIDE))
        if label.any():
            yield FramePair(frame.image, before, frame.t, clip.name, gaze=label)
