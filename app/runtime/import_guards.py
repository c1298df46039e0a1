"""Imports of PySide6 and OpenCV without their side effects on the process."""

from __future__ import annotations

import builtins
import os
from pathlib import Path

_FOREIGN = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")


def import_qt() -> None:
    """Imports PySide6 and removes its import hook.

    PySide6 replaces `builtins.__import__` by a function that reads the source of every module
    imported afterwards, in search of `__feature__` (Qt names in snake_case), which this program
    does not use. The text stays in memory, 13 MB, and reading it takes a tenth of the start-up
    time. Call this before other modules of the program are imported.
    """
    import PySide6  # noqa: F401

    builtins.__import__ = getattr(builtins, "__orig_import__", builtins.__import__)


def import_cv2() -> None:
    """Imports OpenCV and removes the environment variables that it sets for Qt.

    Where another package has installed opencv-python in place of opencv-python-headless, OpenCV
    points the search paths of Qt plugins and fonts into its own wheel, which holds another Qt.
    Call this before QApplication is created: Qt reads the variables then, and changing the
    environment while Qt's threads run is not safe on every platform.
    """
    import cv2

    clear_foreign_qt(Path(cv2.__file__).parent)


def clear_foreign_qt(package: Path) -> None:
    """Removes Qt's path variables that point into `package`, for child processes too."""
    for name in _FOREIGN:
        value = os.environ.get(name)
        if value and Path(value).is_relative_to(package):
            del os.environ[name]
