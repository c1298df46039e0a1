"""Pictures of what is on the canvas."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import platformdirs
from PySide6.QtGui import QImage

from app.ui.i18n import tr
from uvanet.errors import OutputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def snapshot_name(title: str) -> str:
    """A file name for a snapshot of a source, such as `demo-20260131-153000.png`."""
    stem = re.sub(r"[^\w.-]+", "-", Path(title).stem).strip("-.") or "snapshot"
    return f"{stem[:60]}-{time.strftime('%Y%m%d-%H%M%S')}.png"


def pictures_folder() -> str:
    """The user's folder for pictures, or the home where there is none."""
    folder = Path(platformdirs.user_pictures_dir())
    return str(folder if folder.is_dir() else Path.home())


def write_png(path: Path, image: NDArray[np.uint8]) -> None:
    """Writes a PNG; an existing file is replaced only when the new one is whole.

    Args:
        path: Where to.
        image: BGR, uint8, shape (h, w, 3).

    Raises:
        OutputError: It cannot be written; names the path.
    """
    # Encoded in memory: OpenCV's own writing cannot take every file name and gives no reason.
    done, data = cv2.imencode(".png", image)
    temporary = None
    try:
        if not done:
            raise OSError(tr("the picture cannot be encoded"))
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".uvanet-", suffix=".png")
        with os.fdopen(handle, "wb") as file:
            file.write(data.tobytes())
        if os.name == "posix":
            mask = os.umask(0)
            os.umask(mask)
            os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        reason = error.strerror or str(error)
        raise OutputError(
            tr("The snapshot cannot be saved to {path}: {reason}.").format(
                path=path, reason=reason
            ),
            tr("Choose another folder."),
        ) from error


def to_qimage(image: NDArray[np.uint8]) -> QImage:
    """Copies BGR, uint8, shape (h, w, 3), into an image of its own."""
    height, width = image.shape[:2]
    return QImage(image.data, width, height, image.strides[0], QImage.Format.Format_BGR888).copy()
