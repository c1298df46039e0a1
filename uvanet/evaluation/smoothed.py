"""Smoothed maps: another predictor as the window and exports show it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from uvanet.evaluation.predictors import Predictor
from uvanet.video.smoothing import DEFAULT_SECONDS, Smoother

_REACH = 6.0  # maps older than this many time constants weigh under 0.3 %


class Smoothed(Predictor):
    """Averages the recent maps of another predictor, as the window does by default.

    On a still picture the map does not change.

    Args:
        inner: The predictor whose maps are averaged.
    """

    def __init__(self, inner: Predictor) -> None:
        super().__init__(f"{inner.name}+smoothed")
        self._inner = inner
        self._smoother = Smoother(DEFAULT_SECONDS)

    def history(self, fps: float) -> int:
        """See `Predictor.history`."""
        return self._inner.history(fps) + math.ceil(_REACH * DEFAULT_SECONDS * fps)

    def reset(self) -> None:
        """See `Predictor.reset`."""
        self._inner.reset()
        self._smoother.reset()

    def observe(self, image: NDArray[np.uint8], t: float) -> None:
        """See `Predictor.observe`."""
        self.predict(image, t)

    def predict(self, image: NDArray[np.uint8], t: float) -> NDArray[np.float32]:
        """See `Predictor.predict`."""
        return self._smoother.step(t, self._inner.predict(image, t))
