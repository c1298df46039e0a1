"""From a frame to what the network sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


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
