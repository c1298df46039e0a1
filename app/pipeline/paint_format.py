"""Conversion of frames to the pixel format that Qt paints fastest, off the GUI thread."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from uvanet.yuv_picture import YuvPicture, as_bgr

MAX_PAINT_SIDE = 4096
"""Longest side in pixels of a frame that is painted; larger ones are scaled down."""


def paintable(picture: NDArray[np.uint8] | YuvPicture) -> NDArray[np.uint8]:
    """Converts a frame to the format that Qt paints fastest.

    Args:
        picture: BGR, uint8, shape (h, w, 3), or a decoded picture.

    Returns:
        BGRA with alpha 255, uint8, shape (h', w', 4), a new contiguous array; scaled down where
        a side is above MAX_PAINT_SIDE.
    """
    height, width = picture.shape[:2]
    scale = MAX_PAINT_SIDE / max(height, width)
    if scale >= 1 and isinstance(picture, YuvPicture):
        return picture.bgra()
    image = as_bgr(picture)
    if scale < 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        image = cast("NDArray[np.uint8]", cv2.resize(image, size, interpolation=cv2.INTER_AREA))
    return cast("NDArray[np.uint8]", cv2.cvtColor(image, cv2.COLOR_BGR2BGRA))
