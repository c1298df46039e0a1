"""Keeps the traceback of an unexpected error, so that a user can send it and need not read it."""

from __future__ import annotations

import platform
import sys
import time
import traceback
from pathlib import Path

import platformdirs

import uvanet


def write_report() -> Path:
    """Writes the exception being handled, with versions, into the log folder; gives the file."""
    folder = Path(platformdirs.user_log_dir("uvanet", appauthor=False))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"crash-{time.strftime('%Y%m%d-%H%M%S')}.txt"
    path.write_text(
        f"uvanet {uvanet.__version__}, Python {platform.python_version()}, "
        f"{platform.platform()}\narguments: {sys.argv[1:]}\n\n{traceback.format_exc()}",
        encoding="utf-8",
    )
    return path
