"""Conversion of frames to the pixel format that Qt paints fastest, off the GUI thread."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from uvanet.decoded_picture import DecodedPicture, YuvPicture, as_bgr
from uvanet.resizing import fit, shrink

MAX_PAINT_SIDE = 4096
"""Longest side in pixels of a frame that is painted; larger ones are scaled down."""


def paint_size(
    picture: NDArray[np.uint8] | DecodedPicture, room: tuple[int, int] | None = None
) -> tuple[int, int]:
    """The size to which `paintable` converts a frame.

    Args:
        picture: See `paintable`.
        room: See `paintable`.

    Returns:
        Width and height in pixels; the proportions are those of the frame.
    """
    height, width = picture.shape[:2]
    size = (width, height)
    # Other frames are arrays already, or become arrays of full size for the network.
    if room is not None and isinstance(picture, YuvPicture):
        small = fit(size, room)
        # The paint event is faster at scaling a frame that is not much larger.
        if width >= 2 * small[0]:
            size = small
    most = (MAX_PAINT_SIDE, MAX_PAINT_SIDE)
    return size if max(size) <= MAX_PAINT_SIDE else fit(size, most)


def paintable(
    picture: NDArray[np.uint8] | DecodedPicture, room: tuple[int, int] | None = None
) -> NDArray[np.uint8]:
    """Converts a frame to the format that Qt paints fastest.

    Args:
        picture: BGR, uint8, shape (h, w, 3), or a decoded picture.
        room: Width and height in pixels of the place where it is painted. A picture in planes
            that is at least twice as large is scaled down to fit into it, since one of 4K would
            take 33 MB. None for full size.

    Returns:
        BGRA with alpha 255, uint8, a new contiguous array of `paint_size`.
    """
    if isinstance(picture, YuvPicture):
        return picture.bgra(paint_size(picture, room))
    image = shrink(as_bgr(picture), MAX_PAINT_SIDE, MAX_PAINT_SIDE)
    return cast("NDArray[np.uint8]", cv2.cvtColor(image, cv2.COLOR_BGR2BGRA))
