"""How far two maps of one picture agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import cv2
import numpy as np

from uvanet import metrics

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Agreement:
    """A student's map against a teacher's, of the same picture.

    Attributes:
        cc: Pearson's correlation, -1..1; NaN where a map is flat.
        sim: Intersection of the two as distributions, 0..1.
        kld: Divergence of the student's from the teacher's, nats, 0 at best.
        peaks: Distance of the two highest points, as a share of the picture's diagonal, 0..1.
    """

    cc: float
    sim: float
    kld: float
    peaks: float


def agreement(
    student: NDArray[np.float32], teacher: NDArray[np.float32], size: tuple[int, int]
) -> Agreement:
    """Compares two maps that each cover the whole picture.

    Args:
        student: (h, w), any size.
        teacher: (h', w'), any size; plays the part of the density map.
        size: Width and height of the picture, for its proportions.
    """
    # On the finer grid of the two: the coarser one loses nothing there.
    height = max(student.shape[0], teacher.shape[0])
    width = max(student.shape[1], teacher.shape[1])
    student, teacher = fit(student, (width, height)), fit(teacher, (width, height))
    (x1, y1), (x2, y2) = _peak(student), _peak(teacher)
    apart = np.hypot((x1 - x2) * size[0], (y1 - y2) * size[1]) / np.hypot(*size)
    return Agreement(
        cc=float(metrics.cc(student, teacher)),
        sim=float(metrics.sim(student, teacher)),
        kld=float(metrics.kld(student, teacher)),
        peaks=float(apart),
    )


def fit(saliency: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Stretches a map to width and height, without ripples beside its peaks."""
    if saliency.shape == (size[1], size[0]):
        return saliency
    return cast("NDArray[np.float32]", cv2.resize(saliency, size, interpolation=cv2.INTER_LINEAR))


def _peak(saliency: NDArray[np.float32]) -> tuple[float, float]:
    """The highest point, x and y as shares of width and height."""
    height, width = saliency.shape
    y, x = divmod(int(saliency.argmax()), width)
    return (x + 0.5) / width, (y + 0.5) / height
