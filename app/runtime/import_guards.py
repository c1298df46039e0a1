"""How Qt and OpenCV are loaded, and what the environment must look like before Qt starts."""

from __future__ import annotations

import builtins
import os
from pathlib import Path

_FOREIGN = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")


def import_qt() -> None:
    """Imports PySide6 and undoes what that does to all later imports.

    PySide6 replaces `import` by a function of its own, which reads the source of every module that
    is loaded afterwards, to find out whether it wants Qt's names in snake_case (`__feature__`).
    None of ours does; the lines, which stay in memory, are 13 MB, and reading them a tenth of the
    start. Call this before anything else of the program is imported.
    """
    import PySide6  # noqa: F401

    builtins.__import__ = getattr(builtins, "__orig_import__", builtins.__import__)


def import_cv2() -> None:
    """Imports OpenCV and undoes what that does to Qt.

    opencv-python points Qt's plugins and fonts into its own wheel, whose Qt is not ours. Call
    this before QApplication is made: Qt reads the variables then, and changing the environment
    beside Qt's own threads later is not safe everywhere.
    """
    import cv2

    clear_foreign_qt(Path(cv2.__file__).parent)


def clear_foreign_qt(package: Path) -> None:
    """Removes Qt's path variables where they point into `package`; others stay.

    Children of this process inherit the clean environment.
    """
    for name in _FOREIGN:
        value = os.environ.get(name)
        if value and Path(value).is_relative_to(package):
            del os.environ[name]
