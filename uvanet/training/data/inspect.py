"""Inspects a folder before a run: its content, damaged files, estimated duration and disk space."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import cv2

from uvanet.data.clips import video_facts
from uvanet.data.fixations import read_split
from uvanet.data.gaze import Clip, Picture
from uvanet.data.gaze_files import read_rgb
from uvanet.errors import UsageError, UvanetError
from uvanet.i18n import tr
from uvanet.training.data.frame_pairs import (
    CLIP_SHARE,
    LABEL_SIDE,
    MIN_GROUPS,
    MIN_PAIRS,
    POOL_SHARE,
    cache_side,
)
from uvanet.training.data.gaze_datasets import open_published
from uvanet.training.data.user_media import MAX_COLLECTION, PARTS, files_of, name_in, shares

Check = tuple[str, bool, Callable[[], tuple[int, float]]]
"""A name, whether it is a video, and a function that returns its frames and seconds."""


T = TypeVar("T")

LABEL_SECONDS = 0.06
"""Rough time of decoding and labelling a pair with the spatial teacher on one core, seconds."""

STEP_SECONDS, COUPLED_STEP_SECONDS = (0.025, 2.5e-5), (0.09, 7.4e-5)
"""Rough time of a batch on one core, seconds: a constant part, and that of each pixel of the
student's input. The batch of a fine-tuning has 24 pairs, that of a distillation 64."""

_DECODED = 400  # pictures or clips that are decoded, about; evenly spread where there are more


@dataclass(slots=True)
class Survey:
    """The content of a folder.

    Attributes:
        videos: Videos that can be read.
        pictures: Number of pictures, without those found damaged.
        frames: Number of frames of all videos, plus pictures.
        seconds: Duration of all videos, seconds.
        broken: Name and reason of files that cannot be read.
        cut: Names of videos that end early because of damage; they are used up to it.
        looked_at: Number of pictures that were decoded; evenly spread where there are many.
        room: Free bytes on the disk of the runs.
        layout: Layout of a published data set; empty for own files.
    """

    videos: int = 0
    pictures: int = 0
    frames: int = 0
    seconds: float = 0.0
    broken: list[tuple[str, str]] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    looked_at: int = 0
    room: int = 0
    layout: str = ""

    @property
    def pairs(self) -> int:
        """Number of pairs that a fine-tuning would use."""
        each, stills = shares(self.videos, self.pictures, MAX_COLLECTION)
        moving = min(each * self.videos, max(0, self.frames - self.pictures))
        return min(MAX_COLLECTION, moving + stills)

    @property
    def enough(self) -> bool:
        """Whether there is enough to learn from and to hold out; parts of own videos are groups."""
        parts = PARTS if self.videos and not self.layout else 1
        return self.pairs >= MIN_PAIRS and self.videos * parts + self.pictures >= MIN_GROUPS

    def run_seconds(self, side: int, steps: int) -> float:
        """Estimates the seconds that a fine-tuning takes on one core.

        Args:
            side: Side of the student's input, pixels.
            steps: Steps of the training.
        """
        return 5 + self.pairs * LABEL_SECONDS + steps * _step_seconds(STEP_SECONDS, side)

    def disk(self, side: int) -> int:
        """Bytes that a fine-tuning needs: both frames of each pair, labels and a checkpoint."""
        labels = 2 * 2 * LABEL_SIDE**2  # of both branches, 16 bits a value
        return self.pairs * (2 * 3 * cache_side(side) ** 2 + labels) + 6_000_000


@dataclass(frozen=True, slots=True)
class GazeSurvey:
    """The content of gaze data for a distillation.

    Attributes:
        pictures: Pictures of the train split.
        room: Free bytes on the disk of the runs.
    """

    pictures: int
    room: int

    def run_seconds(self, more: Survey | None, side: int, epochs: int) -> float:
        """Estimates the seconds of a distillation on one core, without the training of teachers.

        Args:
            more: Survey of a folder of pictures and clips without gaze; None without one.
            side: Side of the student's input, pixels.
            epochs: Passes over the pictures with gaze.
        """
        pool = POOL_SHARE + CLIP_SHARE if more is not None else 0.0
        samples = epochs * self.pictures / (1 - pool)
        labels = 2 * self._pictures(more) * LABEL_SECONDS  # mirrored, too
        return labels + samples / 64 * _step_seconds(COUPLED_STEP_SECONDS, side)

    def disk(self, more: Survey | None) -> int:
        """Estimates the bytes that a distillation needs, mostly for labels and checkpoints."""
        return round(self._pictures(more) * 9_000) + 30_000_000

    def _pictures(self, more: Survey | None) -> float:
        """Number of pictures to label: those with gaze, and the pictures and clips of a folder."""
        return self.pictures + (more.pictures + more.seconds if more is not None else 0.0)


def _step_seconds(parts: tuple[float, float], side: int) -> float:
    constant, of_a_pixel = parts
    return constant + of_a_pixel * side**2


def survey_gaze(root: Path, runs: Path) -> GazeSurvey:
    """Inspects gaze data in the shared layout.

    Args:
        root: The folder that holds `fixations`.
        runs: Folder of the runs.

    Raises:
        UsageError: A table or picture is missing, or the split `train` or `val` is empty.
    """
    pictures, held_out = (len(read_split(root, split)) for split in ("train", "val"))
    if not pictures or not held_out:
        raise UsageError(
            tr("The gaze data in {root} has no pictures for train or none for val.").format(
                root=root
            ),
            tr("Name both in its split.csv."),
        )
    return GazeSurvey(pictures, free_bytes(runs))


def survey(
    root: Path, runs: Path, going: Callable[[], bool] = lambda: True, *, layout: str = ""
) -> Survey:
    """Inspects a folder.

    Args:
        root: The folder; for own files, it may be one video.
        runs: Folder of the runs, whose disk's free bytes are reported.
        going: Called before each file; returns False to end early.
        layout: Layout of a published data set, one of `gaze_datasets.NAMES`; empty for own files.

    Raises:
        UsageError: The folder is missing, is a file but no video, or does not have that layout.
    """
    found = Survey(room=free_bytes(runs), layout=layout)
    for name, is_video, check in (
        _set_checks(root, layout, found) if layout else _checks(root, found)
    ):
        if not going():
            break
        try:
            frames, seconds = check()
        except UvanetError as error:
            found.broken.append((name, error.message))
            continue
        found.videos += is_video
        found.pictures += not is_video
        found.frames += frames
        found.seconds += seconds
    return found


def _checks(root: Path, found: Survey) -> Iterator[Check]:
    """Yields a check of each file in a folder; the checks add to the lists of `found`."""
    videos, pictures = files_of(root)

    def check_video(path: Path) -> tuple[int, float]:
        fps, frames = video_facts(path)
        if not _reaches(path, frames):
            found.cut.append(name_in(root, path))
        return frames, frames / fps if fps else 0.0

    def check_picture(path: Path, *, decode: bool) -> tuple[int, float]:
        found.looked_at += decode
        if decode:
            read_rgb(path)
        return 1, 0.0

    for path in videos:
        yield name_in(root, path), True, partial(check_video, path)
    for path, decode in _sampled(pictures):
        check = partial(check_picture, path, decode=decode)
        yield name_in(root, path), False, check


def _set_checks(root: Path, layout: str, found: Survey) -> Iterator[Check]:
    """Yields a check of each clip and picture of a published data set, as `_checks`."""
    data = open_published(layout, root)

    def check_clip(clip: Clip, *, decode: bool) -> tuple[int, float]:
        if not clip.labelled:
            raise UsageError(tr("it has no gaze"), "")
        if decode:
            _decode(clip)
        return len(clip.labelled), (clip.labelled[-1] + 1) / clip.fps

    def check_picture(picture: Picture, *, decode: bool) -> tuple[int, float]:
        found.looked_at += decode
        if decode:
            picture.image()
            picture.gaze()
        return 1, 0.0

    for clip, decode in _sampled(data.clips):
        yield clip.name, True, partial(check_clip, clip, decode=decode)
    for picture, decode in _sampled(data.pictures):
        yield picture.name, False, partial(check_picture, picture, decode=decode)


def _sampled(items: Sequence[T]) -> Iterator[tuple[T, bool]]:
    """All items, each with whether to decode it; these are evenly spread."""
    every = max(1, len(items) // _DECODED)
    return ((item, place % every == 0) for place, item in enumerate(items))


def _reaches(path: Path, frames: int) -> bool:
    """Whether a video has a frame near the end that its header states."""
    video = cv2.VideoCapture(str(path))
    try:
        # The last frames may be missing even from an intact file.
        wanted = max(0, frames - 1 - max(3, frames // 50))
        video.set(cv2.CAP_PROP_POS_FRAMES, wanted)
        # A seek beyond the last frame ends on it; OpenCV then reports the position of that frame.
        return video.grab() and video.get(cv2.CAP_PROP_POS_FRAMES) > wanted
    finally:
        video.release()


def _decode(clip: Clip) -> None:
    """Reads the first frame of a clip that has gaze."""
    first = clip.labelled[0]
    frame = next(iter(clip.frames({first})), None)
    clip.gaze(first)
    if frame is None:
        raise UsageError(tr("it breaks off before its first frame with gaze"), "")
    if frame.image is None:
        raise UsageError(frame.error, "")


def free_bytes(folder: Path) -> int:
    """Free bytes on the disk of a folder, which may not exist yet; 0 where unknown."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0
