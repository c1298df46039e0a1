"""Decides whether the pictures of a folder are the frames of a film."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from pathlib import Path

import av.error
import cv2
import numpy as np

from uvanet.errors import SourceError
from uvanet.sources.heif import HEIF_SUFFIXES
from uvanet.sources.media_input import open_file
from uvanet.sources.picture_decoding import load_picture, stated_size

MIN_FRAMES = 24
"""Smallest number of pictures that count as a film: a second of it."""

# Limit of the median over neighbor pairs of the mean difference, gray levels. In 41 films, the
# difference of neighbors was 1 at the median and 3.5 at most. In photos of the gaze data sets it
# was 60 to 68 at the median, and at least 36 for the median of five pairs.
_MAX_DIFFERENCE = 12.0
_PAIRS = 5
_SIZES = 32  # number of files whose size is compared
_SMALL = (64, 64)
_EXIF_CAMERA = ("Make", "Model")


def are_film_frames(files: Sequence[Path]) -> bool:
    """Whether pictures are clearly the frames of a film.

    This holds if there are at least `MIN_FRAMES` pictures, their names differ only in consecutive
    numbers, their sizes are equal, no camera made them, and neighbors differ little. Only some of
    the pictures are read.

    Args:
        files: The pictures in their order.
    """
    return (
        len(files) >= MIN_FRAMES
        and _is_numbered_run(files)
        and len({stated_size(path) for path in _spread(files, _SIZES)}) == 1
        and not any(_is_photo(path) for path in (files[0], files[len(files) // 2]))
        and _neighbors_are_alike(files)
    )


def _is_numbered_run(files: Sequence[Path]) -> bool:
    matches = [re.fullmatch(r"(.*?)(\d+)(\.\w+)", path.name, re.DOTALL) for path in files]
    names = [match.groups() for match in matches if match is not None]
    if len(names) < len(files) or len({(head, ending) for head, _, ending in names}) > 1:
        return False
    first = int(names[0][1])
    return [int(number) for _, number, _ in names] == list(range(first, first + len(files)))


def _spread(files: Sequence[Path], count: int) -> list[Path]:
    return [files[index * len(files) // count] for index in range(min(count, len(files)))]


def _is_photo(path: Path) -> bool:
    """Whether the picture is the photo of a camera, since cameras number their photos too.

    This holds if EXIF names a camera, or if the file format is that of phones.
    """
    if path.suffix.lower() in HEIF_SUFFIXES:
        return True
    try:
        with open_file(path) as media:
            exif = next(media.container.decode(video=0)).metadata
    except (av.error.FFmpegError, OSError, SourceError, StopIteration):
        return False
    return any(exif.get(tag) for tag in _EXIF_CAMERA)


def _neighbors_are_alike(files: Sequence[Path]) -> bool:
    """Whether most of some neighbor pairs differ little; a film may have a cut in one pair."""
    differences = []
    for index in range(_PAIRS):
        place = index * (len(files) - 2) // (_PAIRS - 1)
        try:
            first, second = (_gray(path) for path in files[place : place + 2])
        except SourceError:
            continue
        differences.append(float(np.abs(first - second).mean()))
    return bool(differences) and statistics.median(differences) < _MAX_DIFFERENCE


def _gray(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    small = cv2.resize(load_picture(path), _SMALL, interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32)
