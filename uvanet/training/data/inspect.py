"""Looks through a folder before a run: what is in it, what is broken, how long, how much disk."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2

from uvanet.data.clips import video_facts
from uvanet.data.fixations import read_split
from uvanet.data.gaze_files import read_rgb
from uvanet.errors import UsageError, UvanetError
from uvanet.training.data.crops import ViewConfig
from uvanet.training.data.gaze_datasets import open_published
from uvanet.training.data.user_media import MAX_COLLECTION, files_of, shares

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from uvanet.data.gaze import Clip

LABEL_SECONDS = 0.06
"""A moment's label by the spatial teacher on one core, decoding included; measured, roughly."""

STEP_SECONDS = {32: 0.05, 64: 0.11, 128: 0.4}
"""A batch of 24 on one core, by the side of the student's input; measured, roughly."""

COUPLED_STEP_SECONDS = {32: 0.16, 64: 0.36, 128: 1.3}
"""A batch of 64 of a coupled run on one core, likewise; measured, roughly."""

_LOOKED_AT = 400  # pictures that are decoded; of more, evenly chosen ones


@dataclass(slots=True)
class Survey:
    """What a folder holds.

    Attributes:
        videos: Videos that can be read.
        pictures: Pictures that can be read, as far as they were looked at.
        frames: Frames of all videos, and pictures.
        seconds: Of all videos.
        size: Bytes of all files.
        broken: Name and reason of files that cannot be read.
        cut: Names of videos that break off before their end; what comes before is learned.
        looked_at: Pictures that were decoded; of many, evenly chosen ones.
        room: Free bytes on the disk of the run.
    """

    videos: int = 0
    pictures: int = 0
    frames: int = 0
    seconds: float = 0.0
    size: int = 0
    broken: list[tuple[str, str]] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    looked_at: int = 0
    room: int = 0

    @property
    def moments(self) -> int:
        """How many moments a quick run would learn from."""
        each, stills = shares(self.videos, self.pictures, MAX_COLLECTION)
        return min(MAX_COLLECTION, each * self.videos + stills)

    def run_seconds(self, side: int, steps: int) -> float:
        """About how long a quick run takes on one core.

        Args:
            side: Of the student's input.
            steps: Of the training.
        """
        return 5 + self.moments * LABEL_SECONDS + steps * STEP_SECONDS.get(side, 0.4)

    def disk(self, side: int) -> int:
        """Bytes a quick run needs: both frames of each moment, labels and a checkpoint."""
        kept = min(192, 2 * side)
        return self.moments * (2 * 3 * kept * kept + 2 * 48 * 48) + 6_000_000


@dataclass(frozen=True, slots=True)
class GazeSurvey:
    """What gaze data holds for a coupled run.

    Attributes:
        pictures: Those to learn from; the rest measures.
        room: Free bytes on the disk of the run.
    """

    pictures: int
    room: int

    def views(self, more: Survey | None, config: ViewConfig) -> float:
        """How many views are labelled: of the pictures with gaze, and of a folder of more."""
        count = float(self.pictures * config.gaze_views)
        if more is not None:
            count += more.pictures * config.pool_views
            count += more.seconds / config.clip_every * config.clip_views
        return count

    def run_seconds(self, more: Survey | None, side: int, epochs: int) -> float:
        """Roughly how long a coupled run takes on one core; its teachers come on top.

        Args:
            more: A folder of more pictures and clips; None for none.
            side: Of the student's input.
            epochs: Passes over the views.
        """
        views = self.views(more, ViewConfig())
        return views * (LABEL_SECONDS + epochs * COUPLED_STEP_SECONDS.get(side, 1.3) / 64)

    def disk(self, more: Survey | None) -> int:
        """Bytes such a run needs: mostly labels, and checkpoints."""
        return round(self.views(more, ViewConfig()) * 9_000) + 30_000_000


def survey_gaze(root: Path, runs: Path) -> GazeSurvey:
    """Looks through gaze data in the shared layout.

    Args:
        root: The folder that holds `fixations`.
        runs: Where the run will write.

    Raises:
        UsageError: It is not in that layout, a picture is missing, or there is nothing to learn
            or to measure by.
    """
    pictures, held_out = (len(read_split(root, split)) for split in ("train", "val"))
    if not pictures or not held_out:
        raise UsageError(
            f"The gaze data in {root} has no pictures for train or none for val.",
            "Name both in its split.csv.",
        )
    return GazeSurvey(pictures, _room(runs))


def survey(
    root: Path, runs: Path, going: Callable[[], bool] = lambda: True, *, layout: str = ""
) -> Survey:
    """Looks through a folder.

    Args:
        root: The folder.
        runs: Where the run will write; its disk's room is told.
        going: Asked between files; False ends the look early.
        layout: Where it is a published data set, its layout, one of `published.NAMES`.

    Raises:
        UsageError: The folder is missing, or is not in that layout.
    """
    found = Survey(room=_room(runs))
    if layout:
        _look_at_set(root, layout, found, going)
        return found
    videos, pictures = files_of(root)
    for path in videos:
        if not going():
            return found
        try:
            fps, frames = video_facts(path)
        except UvanetError as error:
            found.broken.append((path.relative_to(root).as_posix(), error.message))
            continue
        if not _reaches(path, frames):
            found.cut.append(path.relative_to(root).as_posix())
        found.videos += 1
        found.frames += frames
        found.seconds += frames / fps if fps else 0.0
    every = max(1, len(pictures) // _LOOKED_AT)
    for place, path in enumerate(pictures):
        if not going():
            return found
        if place % every == 0:
            found.looked_at += 1
            try:
                read_rgb(path)
            except UvanetError as error:
                found.broken.append((path.relative_to(root).as_posix(), error.message))
                continue
        found.pictures += 1
        found.frames += 1
    for path in (*videos, *pictures):
        try:
            found.size += path.stat().st_size
        except OSError:
            continue
    return found


def _reaches(path: Path, frames: int) -> bool:
    """Whether a video has a picture near the end that its header tells of."""
    video = cv2.VideoCapture(str(path))
    try:
        # The very last ones may be missing from a whole file as well.
        wanted = max(0, frames - 1 - max(3, frames // 50))
        video.set(cv2.CAP_PROP_POS_FRAMES, wanted)
        # Past what is there, OpenCV lands on the last picture there is, and tells so afterwards.
        return video.grab() and video.get(cv2.CAP_PROP_POS_FRAMES) > wanted
    finally:
        video.release()


def _look_at_set(root: Path, layout: str, found: Survey, going: Callable[[], bool]) -> None:
    data = open_published(layout, root)
    every = max(1, len(data.clips) // _LOOKED_AT)
    for place, clip in enumerate(data.clips):
        if not going():
            return
        frames = len(clip.labelled)
        if not frames:
            found.broken.append((clip.name, "nobody's gaze is known"))
            continue
        if place % every == 0 and (reason := _broken(clip)):
            found.broken.append((clip.name, reason))
            continue
        found.videos += 1
        found.frames += frames
        found.seconds += (clip.labelled[-1] + 1) / clip.fps
    every = max(1, len(data.pictures) // _LOOKED_AT)
    for place, picture in enumerate(data.pictures):
        if not going():
            return
        if place % every == 0:
            found.looked_at += 1
            try:
                picture.image()
                picture.gaze()
            except UvanetError as error:
                found.broken.append((picture.name, error.message))
                continue
        found.pictures += 1
        found.frames += 1


def _broken(clip: Clip) -> str:
    """Why a clip's first frame with gaze cannot be read; empty where it can."""
    first = clip.labelled[0]
    try:
        frame = next(iter(clip.frames({first})), None)
        clip.gaze(first)
    except UvanetError as error:
        return error.message
    if frame is None:
        return "it breaks off before its first frame with gaze"
    return frame.error if frame.image is None else ""


def _room(folder: Path) -> int:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0
