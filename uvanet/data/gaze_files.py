"""Files of data sets: finding them, saying which is missing, and reading what they hold."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import cv2
import imagesize
import numpy as np

from uvanet.data.gaze import Gaze
from uvanet.errors import MissingExtraError, SourceError, UsageError
from uvanet.sources.picture import PICTURE_SUFFIXES, VIDEO_SUFFIXES, load_picture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from numpy.typing import NDArray


def need_file(path: Path, hint: str = "") -> Path:
    """Gives the path back.

    Raises:
        UsageError: There is no such file; names it.
    """
    if not path.is_file():
        raise UsageError(f"{path} is missing.", hint or "Copy the data again.")
    return path


def need_folder(path: Path, hint: str = "") -> Path:
    """Gives the path back.

    Raises:
        UsageError: There is no such folder; names it.
    """
    if not path.is_dir():
        raise UsageError(f"The folder {path} is missing.", hint or "Copy the data again.")
    return path


def pictures_in(folder: Path, hint: str = "") -> list[Path]:
    """The pictures of a folder, by number and name.

    Raises:
        UsageError: The folder is missing, or holds no picture.
    """
    return _files_in(folder, PICTURE_SUFFIXES, "pictures", hint)


def videos_in(folder: Path, hint: str = "") -> list[Path]:
    """The videos of a folder, by number and name.

    Raises:
        UsageError: The folder is missing, or holds no video.
    """
    return _files_in(folder, VIDEO_SUFFIXES, "videos", hint)


def folders_in(folder: Path, hint: str = "") -> list[Path]:
    """The folders in a folder, by number and name.

    Raises:
        UsageError: The folder is missing, or holds no folder.
    """
    found = _ordered(path for path in need_folder(folder, hint).iterdir() if path.is_dir())
    if not found:
        raise UsageError(f"{folder} holds no folders.", hint or "Copy the data again.")
    return found


def _files_in(folder: Path, suffixes: frozenset[str], what: str, hint: str) -> list[Path]:
    files = (
        path
        for path in need_folder(folder, hint).iterdir()
        if path.suffix.lower() in suffixes and path.is_file()
    )
    found = _ordered(files)
    if not found:
        raise UsageError(f"{folder} holds no {what}.", hint or "Copy the data again.")
    return found


def _ordered(paths: Iterable[Path]) -> list[Path]:
    """Numbers by value, so that 2 comes before 10; hidden files are none of the data."""

    def key(path: Path) -> list[tuple[int, str]]:
        parts = re.split(r"(\d+)", path.name)
        return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]

    return sorted((path for path in paths if not path.name.startswith(".")), key=key)


def read_rgb(path: Path) -> NDArray[np.uint8]:
    """Reads a picture as RGB, uint8, (h, w, 3).

    Raises:
        UsageError: The file is missing, no picture, or cut off.
    """
    try:
        image = load_picture(path)
    except SourceError as error:
        raise UsageError(
            f"{path} is no readable picture: {error.message}", "Copy the data again."
        ) from error
    if path.suffix.lower() in (".jpg", ".jpeg") and not _is_whole_jpeg(path):
        raise UsageError(f"{path} is cut off.", "Copy the data again.")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def picture_size(path: Path) -> tuple[int, int]:
    """Width and height of a picture as `read_rgb` gives it, from the file's header.

    Raises:
        UsageError: The file is missing or no picture.
    """
    need_file(path)
    try:
        width, height = imagesize.get(path)
    except (OSError, ValueError, struct.error):
        width = height = -1
    if width < 1 or height < 1:  # a format without a header that is known: decoded
        height, width = read_rgb(path).shape[:2]
    return int(width), int(height)


def _is_whole_jpeg(path: Path) -> bool:
    """Whether the end marker follows the last scan; OpenCV fills what is missing with grey."""
    data = path.read_bytes()
    return data.rfind(b"\xff\xd9") > data.rfind(b"\xff\xda")


def read_grey(path: Path) -> NDArray[np.float32]:
    """Reads a picture of one value a pixel, such as a density map; float32, (h, w), 0..255.

    Raises:
        UsageError: The file is missing, no picture, or cut off.
    """
    need_file(path)
    return np.asarray(cv2.cvtColor(read_rgb(path), cv2.COLOR_RGB2GRAY), np.float32)


def points_of(marks: NDArray[np.float32]) -> NDArray[np.float32]:
    """The marked pixels of a fixation map as points, (n, 2), x and y of their centres.

    Marked is what exceeds half of the largest value, so that maps of 0 and 1, of 0 and 255 and
    those that went through JPEG read the same.
    """
    y, x = np.nonzero(marks > marks.max() / 2)
    return (np.column_stack([x, y]) + 0.5).astype(np.float32)


def read_mat(path: Path) -> dict[str, Any]:
    """Reads a MATLAB file (version 5 to 7).

    Raises:
        MissingExtraError: scipy is not installed.
        UsageError: The file is missing, damaged or of another version.
    """
    need_file(path)
    try:
        # By name and not by an import: scipy is no dependency, and needed for this alone.
        load: Callable[[Path], dict[str, Any]] = import_module("scipy.io").loadmat
    except ImportError as error:
        raise MissingExtraError(
            f"Reading {path.name} needs scipy, which is not installed.",
            "Install it with: pip install scipy.",
        ) from error
    try:
        return load(path)
    except Exception as error:
        raise UsageError(
            f"{path} is no MATLAB file that can be read.", "Copy the data again."
        ) from error


@dataclass(frozen=True, slots=True)
class GazeFiles:
    """The label files of one picture or frame, as the published sets ship them.

    Attributes:
        density: The density map, a picture; None where the set has none.
        fixations: Places where the fixation map may lie, the first that exists counts: a picture,
            or a .mat file with the map as `I`; empty where the set gives no points.
    """

    density: Path | None
    fixations: tuple[Path, ...] = ()

    def read(self) -> Gaze:
        """Reads them.

        Raises:
            UvanetError: A file is missing or damaged.
        """
        density = None if self.density is None else read_grey(self.density)
        marks = self._marks()
        shown = marks if marks is not None else density
        if shown is None:
            raise UsageError("A picture has neither fixations nor a density map.")
        size = (shown.shape[1], shown.shape[0])
        return Gaze(size, None if marks is None else points_of(marks), density)

    def _marks(self) -> NDArray[np.float32] | None:
        if not self.fixations:
            return None
        found = next((path for path in self.fixations if path.is_file()), None)
        if found is None:
            places = " or ".join(str(path) for path in self.fixations)
            raise UsageError(f"{places} is missing.", "Copy the data again.")
        if found.suffix != ".mat":
            return read_grey(found)
        held = read_mat(found)
        if "I" not in held or getattr(held["I"], "ndim", 0) != 2:
            raise UsageError(f"{found} holds no fixation map 'I'.", "Copy the data again.")
        return np.asarray(held["I"], np.float32)


@dataclass(frozen=True, slots=True)
class FilePicture:
    """A still picture of a published set.

    Attributes:
        dataset: See `uvanet.data.gaze.Picture`.
        path: The picture's file.
        read_gaze: Reads its labels.
    """

    dataset: str
    path: Path
    read_gaze: Callable[[], Gaze]

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    def image(self) -> NDArray[np.uint8]:
        """See `uvanet.data.gaze.Picture`."""
        return read_rgb(self.path)

    def gaze(self) -> Gaze:
        """See `uvanet.data.gaze.Picture`."""
        return self.read_gaze()
