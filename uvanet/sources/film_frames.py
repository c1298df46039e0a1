"""Tells whether the pictures of a folder are the frames of a film."""

from __future__ import annotations

import re
import statistics
from typing import TYPE_CHECKING

import av.error
import cv2
import numpy as np

from uvanet.errors import SourceError
from uvanet.sources.heif import HEIF_SUFFIXES
from uvanet.sources.media_input import open_file
from uvanet.sources.picture_decoding import load_picture

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MIN_FRAMES = 24
"""Fewer pictures are never taken for a film: a second of it."""

_MAX_DIFFERENCE = 12.0
# Median of the mean difference of neighbors, in gray levels. Neighbors in 41 films differed by 1 at
# the median and by 3.5 at most, photos of the gaze sets by 60 to 68 at the median (median of five
# pairs: at least 36).
_PAIRS = 5
_SIZES = 32  # files whose size is compared
_SMALL = (64, 64)
_EXIF_CAMERA = ("Make", "Model")


def are_film_frames(files: Sequence[Path]) -> bool:
    """Whether pictures are plainly the frames of a film.

    They are if they are at least `MIN_FRAMES`, their names are one word with consecutive numbers,
    their sizes are equal, none is the photo of a camera, and neighbors differ little. Samples
    are read, not all of them.

    Args:
        files: The pictures in their order.
    """
    import imagesize  # loads urllib and OpenSSL: 3 MB

    return (
        len(files) >= MIN_FRAMES
        and _is_numbered_run(files)
        and len({imagesize.get(path) for path in _spread(files, _SIZES)}) == 1
        and not any(_is_photo(path) for path in (files[0], files[len(files) // 2]))
        and _neighbors_are_alike(files)
    )


def _is_numbered_run(files: Sequence[Path]) -> bool:
    names = [re.fullmatch(r"(.*?)(\d+)(\.\w+)", path.name, re.DOTALL) for path in files]
    found = [name.groups() for name in names if name is not None]
    if len(found) < len(files) or len({(head, ending) for head, _, ending in found}) > 1:
        return False
    first = int(found[0][1])
    return [int(number) for _, number, _ in found] == list(range(first, first + len(files)))


def _spread(files: Sequence[Path], count: int) -> list[Path]:
    return [files[index * len(files) // count] for index in range(min(count, len(files)))]


def _is_photo(path: Path) -> bool:
    """Whether a camera made the picture: cameras number their photos as well.

    It noted its name in the picture, or the picture has the format of phones' photos.
    """
    if path.suffix.lower() in HEIF_SUFFIXES:
        return True
    try:
        with open_file(path) as media:
            noted = next(media.container.decode(video=0)).metadata
    except (av.error.FFmpegError, OSError, SourceError, StopIteration):
        return False
    return any(noted.get(tag) for tag in _EXIF_CAMERA)


def _neighbors_are_alike(files: Sequence[Path]) -> bool:
    """Whether most pairs of neighbors differ little; a film may have a cut in one of them."""
    differences = []
    for index in range(_PAIRS):
        place = index * (len(files) - 2) // (_PAIRS - 1)
        try:
            one, other = (_gray(path) for path in files[place : place + 2])
        except SourceError:
            continue
        differences.append(float(np.abs(one - other).mean()))
    return bool(differences) and statistics.median(differences) < _MAX_DIFFERENCE


def _gray(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    small = cv2.resize(load_picture(path), _SMALL, interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32)
