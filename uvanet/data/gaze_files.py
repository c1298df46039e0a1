"""Finds and reads files of data sets; errors name the missing or damaged file."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from uvanet.data.gaze import Gaze
from uvanet.errors import MissingExtraError, SourceError, UsageError
from uvanet.i18n import tr, tr_noop
from uvanet.natural_order import natural_order
from uvanet.sources.picture import PICTURE_SUFFIXES, VIDEO_SUFFIXES
from uvanet.sources.picture_decoding import load_picture

COPY_AGAIN = tr_noop("Copy the data again.")


def copy_again(message: str, /, **fields: object) -> UsageError:
    """Makes the error of a file that is missing or damaged; `fields` are those of its message."""
    return UsageError(message.format(**fields), tr(COPY_AGAIN))


def need_file(path: Path, hint: str = COPY_AGAIN) -> Path:
    """Checks that a file exists, and returns its path.

    Args:
        path: The file.
        hint: Hint of the error; translated here, as in the functions below.

    Raises:
        UsageError: There is no such file.
    """
    if not path.is_file():
        raise UsageError(tr("{path} is missing.").format(path=path), tr(hint))
    return path


def need_folder(path: Path, hint: str = COPY_AGAIN) -> Path:
    """Checks that a folder exists, and returns its path.

    Raises:
        UsageError: There is no such folder.
    """
    if not path.is_dir():
        raise UsageError(tr("The folder {folder} is missing.").format(folder=path), tr(hint))
    return path


def pictures_in(folder: Path, hint: str = COPY_AGAIN) -> list[Path]:
    """Finds the pictures in a folder, in natural order.

    Raises:
        UsageError: The folder is missing, or holds no picture.
    """
    return _files_in(folder, PICTURE_SUFFIXES, tr_noop("{folder} holds no pictures."), hint)


def videos_in(folder: Path, hint: str = COPY_AGAIN) -> list[Path]:
    """Finds the videos in a folder, in natural order.

    Raises:
        UsageError: The folder is missing, or holds no video.
    """
    return _files_in(folder, VIDEO_SUFFIXES, tr_noop("{folder} holds no videos."), hint)


def folders_in(folder: Path, hint: str = COPY_AGAIN) -> list[Path]:
    """Finds the subfolders of a folder, in natural order.

    Raises:
        UsageError: The folder is missing, or holds no folder.
    """
    found = _ordered(path for path in need_folder(folder, hint).iterdir() if path.is_dir())
    if not found:
        raise UsageError(tr("{folder} holds no folders.").format(folder=folder), tr(hint))
    return found


def _files_in(folder: Path, suffixes: frozenset[str], missing: str, hint: str) -> list[Path]:
    files = (
        path
        for path in need_folder(folder, hint).iterdir()
        if path.suffix.lower() in suffixes and path.is_file()
    )
    found = _ordered(files)
    if not found:
        raise UsageError(tr(missing).format(folder=folder), tr(hint))
    return found


def _ordered(paths: Iterable[Path]) -> list[Path]:
    """Sorts paths in natural order; hidden ones are left out."""
    return natural_order(path for path in paths if not path.name.startswith("."))


def read_rgb(path: Path) -> NDArray[np.uint8]:
    """Reads a picture as RGB, uint8, (h, w, 3).

    Raises:
        UsageError: The file is missing, no picture, or truncated.
    """
    try:
        image = load_picture(path)
    except SourceError as error:
        raise copy_again(
            tr("{path} is no readable picture: {message}"), path=path, message=error.message
        ) from error
    if path.suffix.lower() in (".jpg", ".jpeg") and not _is_whole_jpeg(path):
        raise copy_again(tr("{path} is truncated."), path=path)
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def picture_size(path: Path) -> tuple[int, int]:
    """Width and height of a picture as `read_rgb` gives it, from the file's header.

    Raises:
        UsageError: The file is missing or no picture.
    """
    import imagesize  # loads urllib and OpenSSL: 3 MB

    need_file(path)
    try:
        width, height = imagesize.get(path)
    except (OSError, ValueError, struct.error):
        width = height = -1
    if width < 1 or height < 1:  # imagesize does not read this format
        height, width = read_rgb(path).shape[:2]
    return int(width), int(height)


def _is_whole_jpeg(path: Path) -> bool:
    """Whether the end marker follows the last scan; OpenCV fills missing parts with gray."""
    data = path.read_bytes()
    return data.rfind(b"\xff\xd9") > data.rfind(b"\xff\xda")


def read_gray(path: Path) -> NDArray[np.float32]:
    """Reads a picture in gray, such as a density map; float32, (h, w), 0..255.

    Raises:
        UsageError: The file is missing, no picture, or truncated.
    """
    need_file(path)
    return np.asarray(cv2.cvtColor(read_rgb(path), cv2.COLOR_RGB2GRAY), np.float32)


def points_of(marks: NDArray[np.float32]) -> NDArray[np.float32]:
    """Converts the marked pixels of a fixation map to points, (n, 2), x and y of their centers.

    A pixel is marked above half of the largest value, so maps of 0 and 1, of 0 and 255, and
    JPEG-compressed ones read the same.
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
        # Imported by name: scipy is optional, needed for MATLAB files only.
        load: Callable[[Path], dict[str, Any]] = import_module("scipy.io").loadmat
    except ImportError as error:
        raise MissingExtraError(
            tr("Reading {name} needs scipy, which is not installed.").format(name=path.name),
            tr("Install it with: pip install scipy."),
        ) from error
    try:
        return load(path)
    except Exception as error:
        raise copy_again(tr("{path} is no MATLAB file that can be read."), path=path) from error


@dataclass(frozen=True, slots=True)
class GazeFiles:
    """Label files of one picture or frame of a published set.

    Attributes:
        density: Picture of the density map; None where the set has none.
        fixations: Possible paths of the fixation map; the first one that exists is read. It is a
            picture, or a .mat file with the map as `I`. Empty where the set has no fixations.
    """

    density: Path | None
    fixations: tuple[Path, ...] = ()

    def read(self) -> Gaze:
        """Reads the labels.

        Raises:
            UvanetError: A file is missing or damaged.
        """
        density = None if self.density is None else read_gray(self.density)
        marks = self._marks()
        shown = marks if marks is not None else density
        if shown is None:
            raise copy_again(tr("A picture has neither fixations nor a density map."))
        size = (shown.shape[1], shown.shape[0])
        return Gaze(size, None if marks is None else points_of(marks), density)

    def _marks(self) -> NDArray[np.float32] | None:
        if not self.fixations:
            return None
        found = next((path for path in self.fixations if path.is_file()), None)
        if found is None:
            places = " or ".join(str(path) for path in self.fixations)
            raise copy_again(tr("{path} is missing."), path=places)
        if found.suffix != ".mat":
            return read_gray(found)
        held = read_mat(found)
        if "I" not in held or getattr(held["I"], "ndim", 0) != 2:
            raise copy_again(tr("{found} holds no fixation map 'I'."), found=found)
        return np.asarray(held["I"], np.float32)


@dataclass(frozen=True, slots=True)
class FilePicture:
    """A still picture of a published set.

    Attributes:
        dataset: See `uvanet.data.gaze.Picture`.
        path: The picture's file.
        gaze: See `uvanet.data.gaze.Picture`.
    """

    dataset: str
    path: Path
    gaze: Callable[[], Gaze]

    @property
    def name(self) -> str:
        """Name of the file."""
        return self.path.name

    def image(self) -> NDArray[np.uint8]:
        """See `uvanet.data.gaze.Picture`."""
        return read_rgb(self.path)
