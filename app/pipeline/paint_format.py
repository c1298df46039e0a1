"""Conversion of frames to the pixel format that Qt paints fastest, off the GUI thread."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from uvanet.decoded_picture import DecodedPicture, YuvPicture, as_bgr
from uvanet.resizing import shrink

MAX_PAINT_SIDE = 4096
"""Longest side in pixels of a frame that is painted; larger ones are scaled down."""


def paintable(picture: NDArray[np.uint8] | DecodedPicture) -> NDArray[np.uint8]:
    """Converts a frame to the format that Qt paints fastest.

    Args:
        picture: BGR, uint8, shape (h, w, 3), or a decoded picture.

    Returns:
        BGRA with alpha 255, uint8, shape (h', w', 4), a new contiguous array; scaled down where
        a side is above MAX_PAINT_SIDE.
    """
    if isinstance(picture, YuvPicture) and max(picture.shape[:2]) <= MAX_PAINT_SIDE:
        return picture.bgra()
    image = shrink(as_bgr(picture), MAX_PAINT_SIDE, MAX_PAINT_SIDE)
    return cast("NDArray[np.uint8]", cv2.cvtColor(image, cv2.COLOR_BGR2BGRA))
