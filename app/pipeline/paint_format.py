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
    most = (MAX_PAINT_SIDE, MAX_PAINT_SIDE)
    # Other frames are arrays already, or become arrays of full size for the network.
    if room is not None and isinstance(picture, YuvPicture):
        most = (min(most[0], room[0]), min(most[1], room[1]))
    fits = width <= most[0] and height <= most[1]
    return (width, height) if fits else fit((width, height), most)


def paintable(
    picture: NDArray[np.uint8] | DecodedPicture, room: tuple[int, int] | None = None
) -> NDArray[np.uint8]:
    """Converts a frame to the format that Qt paints fastest.

    Args:
        picture: BGR, uint8, shape (h, w, 3), or a decoded picture.
        room: Width and height in pixels of the place where it is painted. A picture in planes is
            scaled down to fit into it, since one of 4K would take 33 MB. None for full size.

    Returns:
        BGRA with alpha 255, uint8, a new contiguous array of `paint_size`.
    """
    if isinstance(picture, YuvPicture):
        return picture.bgra(paint_size(picture, room))
    image = shrink(as_bgr(picture), MAX_PAINT_SIDE, MAX_PAINT_SIDE)
    return cast("NDArray[np.uint8]", cv2.cvtColor(image, cv2.COLOR_BGR2BGRA))
