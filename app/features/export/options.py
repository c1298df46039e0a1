"""The options of an export, and their arguments of `uvanet predict`."""

from __future__ import annotations

import enum
import os
import re
import time
from collections.abc import Collection
from pathlib import Path

import platformdirs

from app.features.export.settings import ExportPreset, Extra
from app.ui.i18n import tr
from uvanet.errors import output_errors
from uvanet.overlay import OverlayStyle

_PANES = {"overlay": "overlay", "beside": "original,overlay", "teacher": "original,overlay,teacher"}
DRAWN: dict[Extra, str] = {
    "contours": "--contours",
    "peaks": "--peaks",
    "scanpath": "--scanpath",
    "regions": "--draw-regions",
    "color_bar": "--color-bar",
    "plot": "--plot",
}
_FOLDER_FILES: dict[Extra, str] = {
    "csv": "pictures.csv",
    "json": "pictures.json",
    "npz": "maps.npz",
    "png": "maps",
}
_FILES: dict[Extra, str] = {"csv": ".csv", "json": ".json", "npz": ".npz", "png": "-maps"}


class Pictures(enum.Enum):
    """Kind of still source: no pictures, one picture, or a folder of single pictures."""

    NONE = enum.auto()
    ONE = enum.auto()
    FOLDER = enum.auto()


class ExportOptions(ExportPreset):
    """The options of an export, and those that depend on its source.

    Attributes:
        teacher: The second model, for the preset "teacher".
        audio: Sound track of a video, see `uvanet.video.job.Job`.
    """

    teacher: str = ""
    audio: int | str = "default"

    def output_paths(
        self, base: Path, taken: Collection[Path] = (), *, picture: bool = False
    ) -> tuple[Path, ...]:
        """Returns the paths of the output files.

        Args:
            base: Path without suffix. If one of the files exists or is in `taken`, the same number
                is added to all of them.
            taken: Paths that other exports will write.
            picture: Whether the source is one picture.
        """
        suffix = self.picture_format if picture else self.format
        suffixes = [] if self.preset == "numbers" else [f".{suffix}"]
        suffixes += [_FILES[extra] for extra in self._files()]
        number = 1
        while True:
            stem = base.name if number == 1 else f"{base.name}-{number}"
            paths = tuple(base.with_name(stem + suffix) for suffix in suffixes)
            if not any(path in taken or _exists(path) for path in paths):
                return paths
            number += 1

    def folder_paths(self, base: Path, taken: Collection[Path] = ()) -> tuple[Path, ...]:
        """Returns the paths of the output files of a folder of pictures, in a new folder.

        Args:
            base: The folder. A number is added if it exists, or if `taken` has files in it.
            taken: Paths that other exports will write.
        """
        folders = {path.parent for path in taken}
        folder, number = base, 1
        while _exists(folder) or folder in folders:
            number += 1
            folder = base.with_name(f"{base.name}-{number}")
        names = [] if self.preset == "numbers" else [f"{{name}}.{self.picture_format}"]
        return tuple(
            folder / name for name in (*names, *(_FOLDER_FILES[extra] for extra in self._files()))
        )

    def _files(self) -> list[Extra]:
        """The additional files; tables for the preset "numbers" if none is chosen."""
        wanted = [extra for extra in _FILES if extra in self.extras]
        return wanted if wanted or self.preset != "numbers" else ["csv", "json"]

    def arguments(self) -> list[str]:
        """Returns the arguments of `uvanet predict` for the layout and the quality."""
        options = ["--quality", self.quality]
        if self.preset != "numbers":
            options += ["--layers", _PANES[self.preset], "--audio", str(self.audio)]
        if self.preset == "teacher":
            options += ["--teacher", self.teacher]
        if self.height:
            options += ["--height", str(self.height)]
        return options + [option for extra, option in DRAWN.items() if extra in self.extras]


def style_arguments(style: OverlayStyle, smoothing: float, model: str) -> list[str]:
    """Returns the arguments of `uvanet predict` for the heat map and the model.

    Args:
        style: Style of the heat map.
        smoothing: Time constant of the smoothing, seconds.
        model: Name or path of the model; empty for the default model.
    """
    options = [
        *("--colormap", style.colormap, "--opacity", str(style.opacity)),
        *("--threshold", str(style.threshold), "--smoothing", str(smoothing)),
    ]
    return [*options, "--model", model] if model else options


def file_stem(title: str, *, dated: bool) -> str:
    """Returns a file name without suffix for an export.

    Args:
        title: Title of the source; characters that file systems refuse are replaced.
        dated: Whether the current time is appended, as for recordings, or "attention".
    """
    stem = re.sub(r"[^\w.-]+", "-", Path(title).stem).strip("-.")[:60] or "clip"
    return f"{stem}-{time.strftime('%Y%m%d-%H%M%S')}" if dated else f"{stem}-attention"


def exports_folder(chosen: str) -> Path:
    """Returns the chosen folder if it exists, else the user's videos, else the home folder."""
    for folder in (Path(chosen) if chosen else None, Path(platformdirs.user_videos_dir())):
        if folder is not None and folder.is_dir():
            return folder
    return Path.home()


def _exists(path: Path) -> bool:
    return os.path.exists(path)  # unlike `Path.exists`, False for a name that is too long


def make_folder(folder: Path) -> None:
    """Makes a folder and its parents.

    Raises:
        OutputError: The folder cannot be made, or exists.
    """
    with output_errors(
        tr("{folder} cannot be written to: {reason}."), tr("Choose another folder."), folder=folder
    ):
        folder.mkdir(parents=True)
