"""Temporal smoothing of saliency maps."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

DEFAULT_SECONDS = 0.3
"""Time constant in the window and in exports, seconds. `uvanet eval --model uvanet-64+smoothed`
measures what it does to the accuracy on video, and `--flicker` what it does to flicker."""

# The maps of two models differ a little in their proportions, since input sizes are rounded.
_MAX_RATIO_CHANGE = 0.2  # of the logarithm


class Smoother:
    """Averages the maps of successive frames with exponential weights. Not thread-safe.

    The weight of a map is exp(-(t_last - t) / tau); the weights are normalized to sum 1. The
    average is updated with each map, so a step takes the same time for any time constant.

    Args:
        tau: Time constant, seconds; 0 for no smoothing.

    Raises:
        ValueError: `tau` is negative or not a number.
    """

    def __init__(self, tau: float) -> None:
        if not tau >= 0.0:
            raise ValueError(f"tau is {tau}; it must be 0 or more")
        self._tau = tau
        self._time = 0.0
        self._weight = 0.0
        self._mean: NDArray[np.float32] | None = None

    def reset(self) -> None:
        """Forgets all maps: after a jump in time, or before another video."""
        self._mean = None

    def step(self, seconds: float, saliency: NDArray[np.float32]) -> NDArray[np.float32]:
        """Adds the map of the next frame.

        The maps of another model with about the same proportions continue the average. A map with
        other proportions, or with an earlier time, begins a new one.

        Args:
            seconds: Time of the frame in its source.
            saliency: float32, shape (h, w); not changed.

        Returns:
            The average of the maps so far: a new array, float32, shape (h, w).
        """
        before = self._continued(seconds, saliency)
        if before is None:
            self._weight, mean = 1.0, saliency.astype(np.float32)
        else:
            age = seconds - self._time
            self._weight = 1.0 + (self._weight * math.exp(-age / self._tau) if self._tau else 0.0)
            share = 1.0 / self._weight
            mean = np.asarray(cv2.addWeighted(before, 1.0 - share, saliency, share, 0.0))
        self._time, self._mean = seconds, mean
        return mean.copy()

    def _continued(
        self, seconds: float, saliency: NDArray[np.float32]
    ) -> NDArray[np.float32] | None:
        """The average so far, at the size of the next map; None where that map begins a new one."""
        mean = self._mean
        if mean is None or seconds < self._time:
            return None
        if mean.shape == saliency.shape:
            return mean
        height, width = saliency.shape
        if abs(math.log(mean.shape[0] * width / (mean.shape[1] * height))) > _MAX_RATIO_CHANGE:
            return None
        return cv2.resize(mean, (width, height)).astype(np.float32)
