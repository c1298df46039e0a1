"""The user's own videos and pictures as moments to learn from."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from uvanet.data.gaze_files import need_folder, read_rgb
from uvanet.errors import UsageError, UvanetError
from uvanet.sources.picture import PICTURE_SUFFIXES, VIDEO_SUFFIXES
from uvanet.training.data.frame_pairs import BEFORE, LEAST, NOW, FramePair, watch_source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from uvanet.training.data.frame_pairs import FramePairs

_LOG = logging.getLogger(__name__)
T = TypeVar("T")

MOST = 1600
"""Moments of a whole collection."""

PARTS = 10
"""Stretches of a recording that count as a file each."""


def files_of(root: Path) -> tuple[list[Path], list[Path]]:
    """Videos and pictures below a folder, by name; hidden files are left out.

    Raises:
        UsageError: The folder is missing.
    """
    videos, pictures = [], []
    for path in sorted(need_folder(root, "Choose another folder.").rglob("*")):
        if path.name.startswith(".") or not path.is_file():
            continue
        if path.name.endswith(BEFORE) and _partner(path, BEFORE, NOW).is_file():
            continue  # the earlier half of a recorded pair
        if path.suffix.lower() in VIDEO_SUFFIXES:
            videos.append(path)
        elif path.suffix.lower() in PICTURE_SUFFIXES:
            pictures.append(path)
    return videos, pictures


def shares(videos: int, pictures: int, most: int) -> tuple[int, int]:
    """How many moments to take of each video, and how many of the pictures."""
    stills = min(pictures, most if not videos else most // 2)
    return (max(4, min(60, (most - stills) // videos)) if videos else 0), stills


def spread(items: Sequence[T], most: int) -> list[T]:
    """So many of them at most, evenly spread."""
    if len(items) <= most:
        return list(items)
    return [items[place] for place in np.linspace(0, len(items) - 1, most).round().astype(int)]


def read_collection(root: Path, most: int = MOST) -> Iterator[tuple[FramePair, float]]:
    """Reads moments of all videos and pictures below a folder.

    A file that is damaged, or that vanishes, is left out, and the log says so.

    Args:
        root: The folder.
        most: How many moments at most.

    Yields:
        A moment and the share of the files that is done.

    Raises:
        UsageError: The folder is missing or holds nothing of use.
    """
    videos, pictures = files_of(root)
    if not videos and not pictures:
        raise UsageError(f"{root} holds no video or picture.", "Choose another folder.")
    each, stills = shares(len(videos), len(pictures), most)
    pictures = spread(pictures, stills)
    total, count = len(videos) + len(pictures), 0
    for place, path in enumerate([*videos, *pictures]):
        group = path.relative_to(root).as_posix()
        try:
            for moment in _of_file(path, path in videos, each):
                count += 1
                yield replace(moment, group=moment.group or group), place / total
        except UvanetError as error:
            _LOG.warning("left out: %s", error)
    if not count:
        raise UsageError(f"Nothing in {root} could be read.", "Choose another folder.")


def _of_file(path: Path, video: bool, each: int) -> Iterator[FramePair]:
    before = _partner(path, NOW, BEFORE)
    if before != path and before.is_file():
        seconds = _seconds(path)
        # Frames near in time are alike, and count as one file.
        part = int(PARTS * seconds / (max(map(_seconds, path.parent.glob(f"*{NOW}"))) + 0.01))
        group = f"{path.parent.name}, part {part}"
        yield FramePair(read_rgb(path), read_rgb(before), seconds, group)
        return
    if not video:
        image = read_rgb(path)
        yield FramePair(image, image, 0.0)
        return
    for moment, _ in watch_source(str(path), 3600.0, each):
        yield moment


def _partner(path: Path, ending: str, other: str) -> Path:
    """The other half of a recorded pair; the path itself where it is no such half."""
    stem = path.name.removesuffix(ending)
    return path.with_name(f"{stem}{other}") if f"{stem}{ending}" == path.name else path


def _seconds(path: Path) -> float:
    """When the recorded pair of a file was seen; 0 where it is none."""
    stem = path.name.removesuffix(NOW)
    return int(stem) / 1000 if stem.isdecimal() else 0.0


def split_files(moments: FramePairs, held_out: float = 0.2) -> tuple[FramePairs, FramePairs]:
    """Parts whole files: most to learn from, the others to be measured on.

    Raises:
        UsageError: There are too few files or moments.
    """
    names = sorted(set(moments.groups.tolist()))
    if len(names) < 4 or len(moments) < LEAST:
        raise UsageError(
            f"The folder gives {len(moments)} moments of {len(names)} files; at least {LEAST} of "
            "4 files are needed.",
            "Add more videos or pictures.",
        )
    rng = np.random.default_rng(3)
    chosen = rng.permutation(len(names))[: max(2, round(held_out * len(names)))]
    out = np.isin(moments.groups, [names[place] for place in chosen])
    return moments.take(np.flatnonzero(~out)), moments.take(np.flatnonzero(out))
