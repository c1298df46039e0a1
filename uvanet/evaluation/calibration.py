"""How sharp a model's maps should be, which training for likeness does not settle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from uvanet.data.fixations import read_rgb
from uvanet.metrics import nss

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from uvanet.data.fixations import GazePicture

SHARPNESS = (0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4)


def best_sharpness(
    predict: Callable[[NDArray[np.uint8]], NDArray[np.float32]], pictures: Sequence[GazePicture]
) -> float:
    """The power of a model's densities, one of `SHARPNESS`, that gives the best NSS.

    Args:
        predict: From RGB, uint8, (h, w, 3) to a density, (h', w'), of any scale.
        pictures: With gaze; not those of a test.
    """
    sums = dict.fromkeys(SHARPNESS, 0.0)
    for picture in pictures:
        image = read_rgb(picture.path)
        size = (image.shape[1], image.shape[0])
        density = predict(image)
        for power in SHARPNESS:
            saliency = cv2.resize(density**power, size, interpolation=cv2.INTER_CUBIC)
            value = nss(np.asarray(saliency, np.float32), picture.fixations)
            sums[power] += value if np.isfinite(value) else 0.0
    return max(sums, key=lambda power: sums[power])
