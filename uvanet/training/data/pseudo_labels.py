"""Labels pictures and video with teachers: whole pictures, pairs of frames of clips and scenes.

A picture is labelled once, as a whole. The loader crops picture, label and gaze alike. A crop of
the label of the whole picture is nearer to human gaze than a label of the crop alone: NSS on crops
of 0.8, 0.6 and 0.45 of a side of pictures of `val` is 2.22, 2.07 and 2.18 against 2.10, 1.94 and
2.11. Moving the teacher's center bias to the center of the crop changes these values by less than
0.03.

Labels are cached at the teacher's resolution, in a file for each picture or clip, under a
fingerprint of all that they depend on. Human gaze is stored apart from the labels and mixed with
them in the loader.
"""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from uvanet.data.gaze import density_map
from uvanet.data.gaze_files import read_rgb
from uvanet.data.motion_law import MEMORY_STEPS
from uvanet.errors import UsageError, UvanetError
from uvanet.i18n import tr
from uvanet.runtime.engine import LAG
from uvanet.runtime.preprocess import resize_to_input
from uvanet.sources import make_source
from uvanet.sources.picture import PICTURE_SUFFIXES, VIDEO_SUFFIXES
from uvanet.training.control import track
from uvanet.training.data.array_file import read_arrays, write_arrays
from uvanet.training.data.faces import FaceLabels, face_map
from uvanet.training.data.frame_pairs import (
    LABEL_SIDE,
    FramePair,
    LabelledPairs,
    PairCollector,
    square_label,
)
from uvanet.training.data.user_media import to_rgb
from uvanet.training.fingerprint import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from uvanet.training.control import Callback
    from uvanet.training.data.frame_pairs import Image, Label, Labeller, Map
    from uvanet.training.teachers.inference import State, Teachers

_LOG = logging.getLogger(__name__)

CLIP_EVERY = 1.0
"""Seconds between the frames of a clip that are used as pictures."""

PAIR_EVERY = 0.4
"""Seconds between the pairs of frames of a clip."""

_MEMORY_S = 0.85
"""Seconds after which the temporal teacher's memory of motion has filled."""


@dataclass(frozen=True, slots=True)
class Example:
    """A picture, or the frames of a clip.

    Attributes:
        name: Name for messages.
        key: Fingerprint of its content.
        images: Function that reads its images, RGB uint8 (h, w, 3).
        count: Largest number of its images.
        fixations: Human gaze on a picture, (n, 2), x and y in pixels; None where it is not known.
    """

    name: str
    key: str
    images: Callable[[], Iterable[Image]]
    count: int = 1
    fixations: NDArray[np.float32] | None = None


def picture_example(path: Path, fixations: NDArray[np.float32] | None = None) -> Example:
    """Makes an example of a picture file."""
    return Example(path.name, fingerprint(path), lambda: [read_rgb(path)], 1, fixations)


def clip_example(path: Path, every: float) -> Example:
    """Makes an example of a video: its frames, `every` seconds apart.

    Raises:
        UvanetError: The video cannot be opened.
    """
    with make_source(str(path)) as source:
        seconds = source.info.duration or 0.0
    return Example(
        path.name,
        f"{fingerprint(path)}-{every:g}",
        lambda: frames_every(path, every, every / 2),
        1 + int(seconds / every),
    )


def frames_every(path: Path, seconds: float, first: float = 0.0) -> Iterator[Image]:
    """Reads frames of a video at regular times.

    Args:
        path: The video.
        seconds: Seconds between the frames.
        first: Time of the first frame, seconds.

    Yields:
        RGB, uint8, (h, w, 3).

    Raises:
        UvanetError: The video cannot be opened, or is damaged after the frames read so far.
    """
    with make_source(str(path)) as source:
        due = first
        while (frame := source.read()) is not None:
            if frame.pts >= due - 1e-3:
                due += seconds * (1 + (frame.pts - due + 1e-3) // seconds)
                yield to_rgb(frame.image)


def pool_files(pool: Path) -> list[Path]:
    """Finds the pictures and clips in a folder and its subfolders, ordered by path; or one clip."""
    suffixes = PICTURE_SUFFIXES | VIDEO_SUFFIXES
    found = [pool] if pool.is_file() else pool.rglob("*")
    paths = (path for path in found if path.suffix.lower() in suffixes)
    return sorted(path for path in paths if path.is_file())


def pool_examples(files: Iterable[Path], every: float) -> list[Example]:
    """Makes examples of pictures and clips; files that cannot be opened are left out and logged.

    Args:
        files: The pictures and clips.
        every: Seconds between the frames of a clip that are used as pictures.
    """
    found = []
    for path in files:
        try:
            if is_clip(path):
                found.append(clip_example(path, every))
            else:
                found.append(picture_example(path))
        except (UvanetError, OSError) as error:
            _LOG.warning("left out: %s", error)
    return found


def is_clip(path: Path) -> bool:
    """Whether a file of a pool is a clip."""
    return path.suffix.lower() in VIDEO_SUFFIXES


class PictureTeacher(Protocol):
    """Labels whole pictures; see `uvanet.training.teachers.inference.LogDensityTeacher`."""

    @property
    def key(self) -> str:
        """Fingerprint of the teacher."""

    def density(self, image: Image) -> Map:
        """Returns the density of gaze on RGB uint8 (h, w, 3), float32 (h', w')."""


class LabelCache:
    """Label maps on disk, a file for each key.

    Args:
        folder: Folder of all caches; made where missing.
        made_from: Values on which the labels depend beside the key.
    """

    def __init__(self, folder: Path, *made_from: object) -> None:
        self._folder = folder / fingerprint(*made_from)
        self._folder.mkdir(parents=True, exist_ok=True)

    def get(self, key: str) -> list[Label] | None:
        """Reads the maps of a key, of any shapes; None where the file is missing or damaged."""
        held = read_arrays(self._folder / f"{key}.npz")
        return None if held is None else list(held.values())

    def put(self, key: str, maps: Sequence[Label]) -> None:
        """Stores the maps of a key.

        Raises:
            OSError: The disk is full.
        """
        write_arrays(self._folder / f"{key}.npz", *maps)


def stored(density: Map) -> Label:
    """Converts a teacher's map for the cache: float16, same shape, the largest value 1."""
    return np.asarray(density / max(float(density.max()), 1e-12), np.float16)


def label_pictures(
    examples: Sequence[Example],
    teacher: PictureTeacher | None,
    cache: Path,
    side: int,
    callback: Callback,
) -> LabelledPairs:
    """Labels the pictures that are not in the cache, and loads all of them.

    Damaged pictures are left out; the log names and counts them.

    Args:
        examples: The pictures.
        teacher: Labels a picture; None to load pictures with their gaze alone.
        cache: Folder of the labels; made where missing.
        side: Side of the squares to which pictures are resized, pixels.
        callback: Receives progress; may stop the labelling.

    Raises:
        StoppedError: The labelling was told to stop.
        UsageError: No picture could be read.
    """
    labels = LabelCache(cache, "pictures", teacher.key) if teacher else None
    find_faces = FaceLabels(cache) if teacher else None
    total = sum(example.count for example in examples)
    looked = sum(example.fixations is not None for example in examples)
    # Allocated once, since a copy of the pictures would double the memory.
    images = np.empty((total, side, side, 3), np.uint8)
    spatial = np.zeros((total, LABEL_SIDE, LABEL_SIDE), np.float16)
    faces = np.zeros((total, LABEL_SIDE, LABEL_SIDE), np.uint8)
    gaze = np.empty((looked, LABEL_SIDE, LABEL_SIDE), np.float16)
    rows, ratios = np.full(total, -1, np.int64), np.ones(total, np.float32)
    shape = (LABEL_SIDE, LABEL_SIDE)
    count = known = damaged = 0
    for example in track(examples, "label" if teacher else "load", callback):
        first = count
        cached = labels.get(example.key) if labels else None
        maps: list[Label] = []
        try:
            for number, image in zip(range(example.count), example.images(), strict=False):
                height, width = image.shape[:2]
                if teacher:
                    if cached is not None and number < len(cached):
                        maps.append(cached[number])
                    else:
                        maps.append(stored(teacher.density(image)))
                    spatial[count] = square_label(maps[-1])
                if find_faces:
                    key = example.key if example.count == 1 else f"{example.key}-{number}"
                    faces[count] = 255 * face_map(find_faces(key, image), shape)
                images[count] = resize_to_input(image, (side, side))
                ratios[count] = width / height
                if example.fixations is not None:
                    density = density_map(example.fixations, (width, height), shape)
                    if density.sum() > 0:
                        gaze[known], rows[count] = density / density.max(), known
                        known += 1
                count += 1
        except (UvanetError, OSError) as error:
            damaged += 1
            _LOG.warning("%s: %s", "left out" if count == first else "used in part", error)
        if labels and maps and (cached is None or len(maps) > len(cached)):
            labels.put(example.key, maps)
    if damaged:
        _LOG.warning(
            "%d of %d pictures and clips could not be read in full.", damaged, len(examples)
        )
    if not count:
        raise UsageError(tr("No picture could be read."), tr("Check the data."))
    names = np.zeros(count, "U1")
    return LabelledPairs(
        images[:count],
        None,
        spatial[:count],
        None,
        gaze[:known],
        rows[:count],
        ratios[:count],
        np.zeros(count, np.float32),
        names,
        names,
        faces[:count] if teacher else None,
    )


def label_clips(
    paths: Sequence[Path],
    teachers: Teachers,
    every: float,
    cache: Path,
    side: int,
    callback: Callback,
) -> LabelledPairs | None:
    """Labels the pairs of frames of clips that are not in the cache, and loads all of them.

    The spatial teacher labels the frame as a still picture; the temporal teacher gets the clip as a
    stream. A damaged clip is used up to the damage; the log names it.

    Args:
        paths: The clips.
        teachers: The two teachers.
        every: Seconds between two pairs.
        cache: Folder of the labels; made where missing.
        side: Side of the squares to which frames are resized, pixels.
        callback: Receives progress; may stop the labelling.

    Returns:
        Pairs of frames `LAG` apart; None where every clip is shorter than about a second.

    Raises:
        StoppedError: The labelling was told to stop.
    """
    labels = LabelCache(cache, "clips", teachers.both, every)
    collector = PairCollector(side)
    for path in track(paths, "label", callback):
        maps: list[Label] = []
        try:
            key = fingerprint(path)
            cached = labels.get(key)
            for pair, motion, spatial, temporal in _clip_pairs(path, teachers, every, cached):
                collector.add(pair, spatial, temporal, motion)
                maps += [spatial, temporal]
        except (UvanetError, OSError) as error:
            _LOG.warning("%s: %s", "used in part" if maps else "left out", error)
        if maps and cached is None:
            labels.put(key, maps)
    return collector.build() if len(collector) else None


def _clip_pairs(
    path: Path, teachers: Teachers, every: float, cached: list[Label] | None
) -> Iterator[tuple[FramePair, Map, Label, Label]]:
    """Yields the pairs of a clip, the motion up to each, and its spatial and temporal labels.

    In `cached`, spatial and temporal labels alternate.
    """
    known = None if cached is None else zip(cached[::2], cached[1::2], strict=False)
    state: State | None = None
    before: Image | None = None
    changes: deque[Map] = deque(maxlen=MEMORY_STEPS)
    gray = np.zeros((LABEL_SIDE, LABEL_SIDE), np.float32)
    apart = max(1, round(every / LAG))
    for step, frame in enumerate(frames_every(path, LAG)):
        last, gray = gray, _brightness(frame)
        if before is not None:
            changes.append(np.abs(gray - last))
        if known is None:
            moving, state = teachers.temporal(frame, state)
        if before is not None and step * LAG > _MEMORY_S and step % apart == 0:
            if known is None:
                labels = (stored(teachers.spatial(frame)), stored(moving))
            elif (found := next(known, None)) is not None:
                labels = found
            else:
                return  # the clip had no more pairs when it was labelled
            motion = np.asarray(np.mean(changes, 0), np.float32)
            yield FramePair(frame, before, step * LAG, path.name), motion, *labels
        before = frame


def _brightness(frame: Image) -> Map:
    """Brightness in 0..1, (`LABEL_SIDE`, `LABEL_SIDE`)."""
    small = resize_to_input(frame, (LABEL_SIDE, LABEL_SIDE))
    return np.asarray(small.mean(2) / 255, np.float32)


def label_pairs(
    pairs: Iterable[tuple[FramePair, float]],
    teacher: Labeller | None,
    side: int,
    advance: Callable[[float], bool],
) -> LabelledPairs:
    """Labels pairs of frames one by one.

    Args:
        pairs: Pairs, each with the share that is done.
        teacher: Labels pairs without gaze; None where all pairs have gaze.
        side: Side of the squares to which frames are resized, pixels.
        advance: Receives the share that is done; returns False to end early.

    Raises:
        UsageError: There was no pair, or a pair had no gaze and there is no teacher.
    """
    collector = PairCollector(side)
    for pair, share in pairs:
        if pair.gaze is None and teacher is None:
            raise UsageError(tr("A frame came without gaze."), tr("Give --teacher."))
        label = teacher(pair.frame, pair.earlier) if teacher and pair.gaze is None else None
        collector.add(pair, label)
        if not advance(share):
            break
    return collector.build()
