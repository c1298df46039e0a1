"""Finds the files that come with the program, and its log folder."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from uvanet.errors import UvanetError
from uvanet.i18n import tr

DEFAULT_MODEL = "uvanet-64"
"""The model of commands and functions if none is named. With it, an export takes about 1.3 times
as long as FFmpeg alone; with uvanet-128, 1.4 times. The live view measures the models and chooses
one."""


def resource(name: str) -> Path:
    """Gives the path of a file or folder that comes with the program.

    Args:
        name: Path below `resources`, with forward slashes, such as "weights/uvanet-64.onnx".

    Returns:
        The path: in the package if a wheel is installed, beside the package in a checkout.

    Raises:
        UvanetError: The file is missing, or `name` points outside the folder.
    """
    for root in _roots():
        path = (root / name).resolve()
        if not path.is_relative_to(root):
            raise UvanetError(
                tr("{name!r} points outside the program's resources.").format(name=name),
                tr("Name a file below the resources folder."),
            )
        if path.exists():
            return path
    raise UvanetError(
        tr("The file {name!r} that belongs to the program is missing.").format(name=name),
        tr("Install it again, or run it from a complete checkout."),
    )


def expand_user(path: str | Path) -> Path:
    """Replaces a leading ~ by the home folder.

    Unlike `Path.expanduser`, leaves ~name as it is if there is no user of that name, so that the
    caller reports a missing file.
    """
    return Path(os.path.expanduser(path))


def log_folder() -> Path:
    """Gives the folder of logs and crash reports; it may not exist yet."""
    return Path(platformdirs.user_log_dir("uvanet", appauthor=False))


def cache_folder() -> Path:
    """Gives the folder of temporary files that only this program uses; it may not exist yet."""
    return Path(platformdirs.user_cache_dir("uvanet", appauthor=False))


def _roots() -> tuple[Path, ...]:
    """The folders to search: that of a wheel, then that of a checkout."""
    package = Path(__file__).resolve().parent
    return (package / "resources", package.parent / "resources")
