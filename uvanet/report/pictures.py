"""Pictures of a report."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from uvanet.colormaps import colormap
from uvanet.report.content import ReportPicture

_QUALITY = 88  # of JPEG, 0 to 100


def report_picture(image: NDArray[np.uint8], caption: str, detail: str = "") -> ReportPicture:
    """Compresses a picture (BGR, uint8, shape (h, w, 3)) for a report."""
    height, width = image.shape[:2]
    return ReportPicture(encode_jpeg(image).tobytes(), width, height, caption, detail)


def encode_jpeg(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Compresses a picture (BGR, uint8, shape (h, w, 3)) as JPEG; uint8, one axis."""
    options = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    return np.asarray(cv2.imencode(".jpg", image, options)[1], np.uint8)


def scale_colors(name: str) -> list[str]:
    """Colors of a color map from the lowest value to the highest, "#rrggbb"."""
    return ["#{:02x}{:02x}{:02x}".format(*color) for color in colormap(name)[::15].tolist()]
