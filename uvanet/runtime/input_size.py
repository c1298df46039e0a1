"""At which size a network sees a picture."""

from __future__ import annotations

from math import isqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from uvanet.runtime.engine import Engine

TEACHER_SIZE = (384, 512)
"""Height and width at which a teacher sees a picture of 4 : 3, pixels."""

AREA = TEACHER_SIZE[0] * TEACHER_SIZE[1]


def fit_to_area(height: int, width: int, area: int = AREA) -> tuple[int, int]:
    """The size at which a model sees a picture: its proportions kept, about `area` pixels.

    Proportions matter more than pixels: on talk, where the pictures are 16 : 9, a teacher's same
    weights reach NSS 4.58 at 384 x 512 and 4.96 at 288 x 512, a student's, trained on squares,
    3.47 at 64 x 64 and 4.03 at 48 x 88.

    Args:
        height: Of the picture.
        width: Of the picture.
        area: Pixels wanted.

    Returns:
        Height and width, multiples of a power of two that is about an eighth of their mean: 4 for
        32 x 32 pixels, 32 for a teacher's; one is about four times the other at most.
    """
    return of_ratio(width / height, area)


def of_ratio(ratio: float, area: int) -> tuple[int, int]:
    """As `fit_to_area`, from a picture's width over its height."""
    ratio = min(max(ratio, 0.25), 4.0)
    step = 1 << (isqrt(area) // 8).bit_length() - 1
    rows = max(step, step * round((area / ratio) ** 0.5 / step))
    return rows, max(step, step * round(rows * ratio / step))


def input_size(engine: Engine, image: NDArray[np.uint8]) -> tuple[int, int]:
    """Height and width at which an engine is to see a picture."""
    if engine.keeps_proportions:
        rows, columns = engine.input_size
        height, width = image.shape[:2]
        return fit_to_area(height, width, rows * columns)
    return engine.input_size
