"""Writes snapshots as PNG files, and converts arrays to QImages."""

from __future__ import annotations

import re
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from app.ui.i18n import tr
from uvanet.atomic_io import write_output
from uvanet.errors import OutputError


def snapshot_name(title: str) -> str:
    """Makes a file name from the title of a source, such as `demo-20260131-153000.png`."""
    stem = re.sub(r"[^\w.-]+", "-", Path(title).stem).strip("-.") or "snapshot"
    return f"{stem[:60]}-{time.strftime('%Y%m%d-%H%M%S')}.png"


def write_png(path: Path, image: NDArray[np.uint8]) -> None:
    """Writes a PNG file atomically.

    Args:
        path: The file; replaced if it exists.
        image: BGR, uint8, shape (h, w, 3).

    Raises:
        OutputError: The file cannot be written; the message names it.
    """
    # OpenCV cannot write to every file name, and reports no reason for a failure.
    encoded, data = cv2.imencode(".png", image)
    if not encoded:
        raise OutputError(
            tr("{path} cannot be saved: the picture cannot be encoded.").format(path=path),
            tr("Choose another format."),
        )
    write_output(path, data.tobytes())


def to_qimage(image: NDArray[np.uint8]) -> QImage:
    """Copies an image (BGR, uint8, shape (h, w, 3)) into a QImage that owns its pixels."""
    height, width = image.shape[:2]
    return QImage(image.data, width, height, image.strides[0], QImage.Format.Format_BGR888).copy()
