"""What the process's environment must look like before Qt starts."""

from __future__ import annotations

import os
from pathlib import Path

_FOREIGN = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")


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
