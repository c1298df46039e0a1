"""Agreement of two saliency maps of one frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from uvanet import metrics


@dataclass(frozen=True, slots=True)
class Agreement:
    """Metrics of a student's map against a teacher's map of the same frame.

    Attributes:
        cc: Pearson correlation, -1..1; NaN where a map is constant.
        sim: Histogram intersection of the two as distributions (SIM), 0..1.
        kld: Kullback-Leibler divergence of the student's map from the teacher's, in nats; 0 is
            best.
        peaks: Distance of the two maxima, as a fraction of the frame's diagonal, 0..1.
    """

    cc: float
    sim: float
    kld: float
    peaks: float


def agreement(
    student: NDArray[np.float32], teacher: NDArray[np.float32], size: tuple[int, int]
) -> Agreement:
    """Compares two maps that each cover the whole frame.

    Args:
        student: float32, shape (h, w), any size.
        teacher: float32, shape (h', w'), any size; the reference density map.
        size: Width and height of the frame, for its proportions.
    """
    # On the finer grid of the two, where the coarser map loses nothing.
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
    """Resizes a map to width and height, bilinear: cubic would ring beside peaks."""
    if saliency.shape == (size[1], size[0]):
        return saliency
    return cast("NDArray[np.float32]", cv2.resize(saliency, size, interpolation=cv2.INTER_LINEAR))


def _peak(saliency: NDArray[np.float32]) -> tuple[float, float]:
    """Position of the maximum, x and y as fractions of width and height."""
    height, width = saliency.shape
    y, x = divmod(int(saliency.argmax()), width)
    return (x + 0.5) / width, (y + 0.5) / height
