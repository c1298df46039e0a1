"""Motion baseline: a saliency map multiplied by local motion, without training."""

from __future__ import annotations

import math
from collections import deque

import cv2
import numpy as np
from numpy.typing import NDArray

from uvanet.data.motion_law import motion_gain
from uvanet.evaluation.predictors import Predictor
from uvanet.resizing import small_gray

BACK = 3
"""Distance of the two compared frames, in frames."""

AVERAGE = 1.0
"""Duration over which motion energy is averaged, seconds."""

WIDTH = 192
"""Width at which frames are compared, pixels: fine enough for a mouth, too coarse for noise."""


class MotionBaseline(Predictor):
    """Multiplies the map of another predictor by local motion: map x (0.02 + energy^0.6).

    Energy is the absolute difference of brightness to the third frame before, blurred by a Gaussian
    of about one degree (sigma = width / 35), averaged over the last second and scaled to a maximum
    of 1. On a still picture the map does not change.

    Source: this project's own rule. `WIDTH` and `AVERAGE` were set once, before measuring, and not
    tuned on `talk`.

    Args:
        inner: The predictor whose map is multiplied.
    """

    def __init__(self, inner: Predictor) -> None:
        super().__init__(f"{inner.name}+motion")
        self._inner = inner
        self._gray: deque[NDArray[np.float32]] = deque(maxlen=BACK)
        self._energy: deque[tuple[float, NDArray[np.float32]]] = deque()

    def history(self, fps: float) -> int:
        """See `Predictor.history`."""
        return max(self._inner.history(fps), math.ceil(AVERAGE * fps) + BACK)

    def reset(self) -> None:
        """See `Predictor.reset`."""
        self._inner.reset()
        self._gray.clear()
        self._energy.clear()

    def observe(self, image: NDArray[np.uint8], t: float) -> None:
        """See `Predictor.observe`."""
        self._inner.observe(image, t)
        self._watch(image, t)

    def predict(self, image: NDArray[np.uint8], t: float) -> NDArray[np.float32]:
        """See `Predictor.predict`."""
        saliency = self._inner.predict(image, t)
        self._watch(image, t)
        if not self._energy:
            return saliency
        energy = np.stack([values for _, values in self._energy]).mean(0)
        # Energy below one gray level is noise and is not scaled up.
        energy /= max(float(energy.max()), 1.0)
        height, width = saliency.shape
        grown = cv2.resize(energy, (width, height), interpolation=cv2.INTER_AREA)
        return np.asarray(saliency * motion_gain(np.maximum(grown, 0)), np.float32)

    def _watch(self, image: NDArray[np.uint8], t: float) -> None:
        gray = small_gray(image, WIDTH)
        if len(self._gray) == BACK:
            moved = cv2.GaussianBlur(np.abs(gray - self._gray[0]), (0, 0), WIDTH / 35)
            self._energy.append((t, np.asarray(moved, np.float32)))
        self._gray.append(gray)
        while self._energy and self._energy[0][0] <= t - AVERAGE:
            self._energy.popleft()
