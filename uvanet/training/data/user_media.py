"""Reads pairs of frames from scenes, recordings, and folders of videos and pictures."""

from __future__ import annotations

import contextlib
import logging
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np

from uvanet.data.gaze_files import need_folder, read_rgb
from uvanet.errors import UsageError, UvanetError
from uvanet.i18n import tr, tr_noop
from uvanet.runtime.engine import LAG
from uvanet.sources import make_source
from uvanet.sources.base import Frame, Source, SourceKind
from uvanet.sources.picture import PICTURE_SUFFIXES, VIDEO_SUFFIXES
from uvanet.training.data.frame_pairs import (
    BEFORE,
    MAX_PAIRS,
    MIN_GROUPS,
    MIN_PAIRS,
    NOW,
    FramePair,
    Image,
)

_LOG = logging.getLogger(__name__)
_RECONNECT_S = 20.0  # a camera or stream that fails for longer ends the recording
T = TypeVar("T")

_RECORDED = re.compile(rf"[0-9]+({re.escape(NOW)}|{re.escape(BEFORE)})")

MAX_COLLECTION = 1600
"""Largest number of pairs from a folder."""

PARTS = 10
"""Number of parts of a recording or video; if there are few videos, whole parts are held out."""

_EACH = 60  # pairs of each video, if there are many


def check_media(root: Path) -> None:
    """Checks that there is a folder, or one video.

    Raises:
        UsageError: There is neither.
    """
    if not root.is_file():
        need_folder(root, tr_noop("Choose another folder."))
    elif root.suffix.lower() not in VIDEO_SUFFIXES:
        raise UsageError(
            tr("{file} is not a video.").format(file=root),
            tr("Choose a video, or a folder of videos and images."),
        )


def name_in(root: Path, path: Path) -> str:
    """Name of a file: its path below a folder, or that of the video `root` without its folder."""
    return path.name if path == root else path.relative_to(root).as_posix()


def files_of(root: Path) -> tuple[list[Path], list[Path]]:
    """Finds the videos and pictures in a folder and its subfolders; hidden files are left out.

    Args:
        root: The folder; or one video.

    Raises:
        UsageError: See `check_media`.
    """
    check_media(root)
    if root.is_file():
        return [root], []
    videos, pictures = [], []
    for path in sorted(root.rglob("*")):
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
    """Returns the number of pairs to take from each video, and the number of pictures to take."""
    stills = min(pictures, most if not videos else most // 2)
    if not videos:
        return 0, stills
    wanted = _EACH if videos >= MIN_GROUPS else MAX_PAIRS // videos
    return max(4, min(wanted, (most - stills) // videos)), stills


def spread(items: Sequence[T], most: int) -> list[T]:
    """Returns at most `most` of the items, evenly spread."""
    if len(items) <= most:
        return list(items)
    return [items[place] for place in np.linspace(0, len(items) - 1, most).round().astype(int)]


def watch_source(
    spec: str, seconds: float, most: int = MAX_PAIRS, begin: float = 0.0
) -> Iterator[tuple[FramePair, float]]:
    """Reads pairs of frames from a source.

    Args:
        spec: Source, as `make_source` takes it.
        seconds: Length of the scene, seconds of the source; a shorter file is read to its end.
        most: Largest number of pairs, spread over that time.
        begin: Start in a file, seconds; earlier where less than `seconds` would remain.

    Yields:
        A pair, and the share of the time that is done.

    Raises:
        UvanetError: The source cannot be opened, is a still picture, or fails before `MIN_PAIRS`
            pairs were read.
    """
    with make_source(spec, reconnect=_RECONNECT_S) as source:
        info = source.info
        if info.kind is SourceKind.PICTURE:
            raise UsageError(
                tr("{title} is a still picture; it has no later frames to be measured on.").format(
                    title=info.title
                ),
                tr("Choose a camera, a video or a folder of pictures."),
            )
        span = seconds if info.duration is None else min(seconds, info.duration)
        gap = span / most
        if begin and info.seekable and info.duration is not None:
            source.seek(max(0.0, min(begin, info.duration - span)))
        count = 0
        try:
            for pair in _pairs(source, span, gap):
                count += 1
                yield pair, min(1.0, pair.t / span)
        except UvanetError:
            # Enough frames before the damage are used.
            if count < MIN_PAIRS:
                raise


def _pairs(source: Source, span: float, gap: float) -> Iterator[FramePair]:
    recent: deque[tuple[float, Frame]] = deque()
    begin: float | None = None
    due = LAG
    while (frame := source.read()) is not None:
        begin = frame.pts if begin is None else begin
        t = frame.pts - begin
        if t > span:
            return
        recent.append((t, frame))
        while len(recent) > 1 and recent[1][0] <= t - LAG:
            recent.popleft()
        if t >= due:
            due = max(due + gap, t)
            before = min(recent, key=lambda entry: abs(entry[0] - (t - LAG)))[1]
            yield FramePair(to_rgb(frame.image), to_rgb(before.image), t)


def to_rgb(image: Image) -> Image:
    """Converts BGR to RGB."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def read_recording(folder: Path) -> Iterator[tuple[FramePair, float]]:
    """Reads the pairs of a recording: `<milliseconds>-now.jpg` and `<milliseconds>-before.jpg`.

    Yields:
        A pair, and the share of the files that is done; damaged pairs are left out.

    Raises:
        UsageError: The folder is missing or holds no pair.
    """
    files = [path for path in _recorded(folder) if path.name.endswith(NOW)]
    if not files:
        raise UsageError(
            tr("{folder} holds no recording.").format(folder=folder), tr("Record the scene again.")
        )
    for place, path in enumerate(files, start=1):
        stem = path.name.removesuffix(NOW)
        try:
            now, before = read_rgb(path), read_rgb(folder / f"{stem}{BEFORE}")
        except UvanetError:
            continue
        yield FramePair(now, before, int(stem) / 1000), place / len(files)


def delete_recording(folder: Path) -> None:
    """Deletes the pairs of a recording, and its folder if that is empty then."""
    with contextlib.suppress(OSError):
        for path in _recorded(folder):
            path.unlink(missing_ok=True)
        folder.rmdir()


def _recorded(folder: Path) -> list[Path]:
    """Files of the pairs of a recording, in the order of time."""
    return sorted(path for path in folder.glob("*.jpg") if _RECORDED.fullmatch(path.name))


def read_collection(root: Path, most: int = MAX_COLLECTION) -> Iterator[tuple[FramePair, float]]:
    """Reads pairs of all videos, recorded pairs and pictures in a folder, see `read_all`.

    If there are fewer than `MIN_GROUPS` videos, each is divided into parts that can be held out, so
    that one video is enough.

    Args:
        root: The folder; or one video.
        most: Largest number of pairs.

    Raises:
        UsageError: The folder is missing or nothing in it can be read.
    """
    videos, pictures = files_of(root)
    if not videos and not pictures:
        raise UsageError(
            tr("{root} holds no video or picture.").format(root=root), tr("Choose another folder.")
        )
    each, stills = shares(len(videos), len(pictures), most)
    files = [(path, True) for path in videos] + [(path, False) for path in spread(pictures, stills)]
    parts = len(videos) < MIN_GROUPS
    readers = [partial(_of_file, path, root, video, each, parts) for path, video in files]
    yield from read_all(readers, root)


def read_all(
    readers: Sequence[Callable[[], Iterator[FramePair]]], root: Path
) -> Iterator[tuple[FramePair, float]]:
    """Reads the pairs of files one by one; damaged and missing files are left out and logged.

    Args:
        readers: A function for each file that reads its pairs.
        root: The folder of the files, for messages.

    Yields:
        A pair, and the share of the files that is done.

    Raises:
        UsageError: Nothing can be read.
    """
    count = damaged = 0
    for place, read in enumerate(readers):
        try:
            for pair in read():
                count += 1
                yield pair, place / len(readers)
        except UvanetError as error:
            damaged += 1
            _LOG.warning("left out: %s", error)
    if damaged:
        _LOG.warning("%d of %d files were left out.", damaged, len(readers))
    if not count:
        raise UsageError(
            tr("Nothing in {root} could be read.").format(root=root), tr("Choose another folder.")
        )


def _of_file(path: Path, root: Path, video: bool, each: int, parts: bool) -> Iterator[FramePair]:
    name = name_in(root, path)
    before = _partner(path, NOW, BEFORE)
    if before != path and before.is_file():
        seconds = _seconds(path)
        duration = max(map(_seconds, path.parent.glob(f"*{NOW}"))) + 0.01
        source = path.parent.relative_to(root).as_posix()
        group = f"{source}, part {int(PARTS * seconds / duration)}"
        yield FramePair(read_rgb(path), read_rgb(before), seconds, source, group)
    elif video:
        for pair, share in watch_source(str(path), 3600.0, each):
            part = min(PARTS - 1, int(PARTS * share))
            yield replace(pair, source=name, group=f"{name}, part {part}" if parts else "")
    else:
        image = read_rgb(path)
        yield FramePair(image, image, 0.0, name)


def _partner(path: Path, ending: str, other: str) -> Path:
    """The other file of a recorded pair; the path itself where it belongs to none."""
    stem = path.name.removesuffix(ending)
    return path.with_name(f"{stem}{other}") if f"{stem}{ending}" == path.name else path


def _seconds(path: Path) -> float:
    """Time of a recorded pair by its file name, seconds; 0 for other files."""
    stem = path.name.removesuffix(NOW)
    return int(stem) / 1000 if stem.isdecimal() else 0.0
