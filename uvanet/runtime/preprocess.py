"""From a frame to what the network sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from uvanet.runtime.engine import Engine


TEACHER_SIZE = (384, 512)
"""Height and width at which a teacher sees a picture of 4 : 3, pixels."""

AREA = TEACHER_SIZE[0] * TEACHER_SIZE[1]


def proportioned(height: int, width: int, area: int = AREA) -> tuple[int, int]:
    """The size at which a teacher sees a picture: its proportions kept, about `area` pixels.

    Proportions matter more than pixels: on talk, where the pictures are 16 : 9, the same weights
    reach NSS 4.58 at 384 x 512 and 4.96 at 288 x 512.

    Args:
        height: Of the picture.
        width: Of the picture.
        area: Pixels wanted.

    Returns:
        Height and width, multiples of 32; a side is about four times the other at most.
    """
    ratio = min(max(width / height, 0.25), 4.0)
    rows = max(32, 32 * round((area / ratio) ** 0.5 / 32))
    return rows, max(32, 32 * round(rows * ratio / 32))


def input_size(engine: Engine, image: NDArray[np.uint8]) -> tuple[int, int]:
    """Height and width at which an engine is to see a picture."""
    if engine.keeps_proportions:
        return proportioned(*image.shape[:2])
    return engine.input_size


def shrink(
    image: NDArray[np.uint8], size: tuple[int, int], *, bgr: bool = False
) -> NDArray[np.uint8]:
    """Stretches a picture to the network's input.

    Args:
        image: uint8, (h, w, 3), at least 1 x 1.
        size: Height and width wanted, pixels.
        bgr: The image is BGR; the result is RGB either way.

    Returns:
        RGB, uint8, (*size, 3), a new array.
    """
    height, width = image.shape[:2]
    # The area filter counts every pixel when shrinking; for enlarging it would make blocks.
    area = height >= size[0] and width >= size[1]
    small = cv2.resize(
        image, size[::-1], interpolation=cv2.INTER_AREA if area else cv2.INTER_LINEAR
    )
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2RGB) if bgr else small, np.uint8)
