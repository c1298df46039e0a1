"""Smoothed maps: another predictor as the window and exports show it."""

from __future__ import annotations

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

from uvanet.evaluation.predictors import Predictor
from uvanet.video.smoothing import DEFAULT_SECONDS, REACH, smooth


class Smoothed(Predictor):
    """Averages the recent maps of another predictor, as the window does by default.

    On a still picture the map does not change.

    Args:
        inner: The predictor whose maps are averaged.
    """

    def __init__(self, inner: Predictor) -> None:
        super().__init__(f"{inner.name}+smoothed")
        self._inner = inner
        self._maps: deque[tuple[float, NDArray[np.float32]]] = deque()

    def history(self, fps: float) -> int:
        """See `Predictor.history`."""
        return self._inner.history(fps) + math.ceil(REACH * DEFAULT_SECONDS * fps)

    def reset(self) -> None:
        """See `Predictor.reset`."""
        self._inner.reset()
        self._maps.clear()

    def observe(self, image: NDArray[np.uint8], t: float) -> None:
        """See `Predictor.observe`."""
        self._maps.append((t, self._inner.predict(image, t)))
        # One map that is too old stays, so that rounding here drops none that `smooth` counts.
        while len(self._maps) > 1 and t - self._maps[1][0] > REACH * DEFAULT_SECONDS:
            self._maps.popleft()

    def predict(self, image: NDArray[np.uint8], t: float) -> NDArray[np.float32]:
        """See `Predictor.predict`."""
        self.observe(image, t)
        return smooth(self._maps, DEFAULT_SECONDS)
