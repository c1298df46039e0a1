"""Heat map over the frame: style, and smoothing over the recent maps."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from uvanet.overlay import OverlayStyle, heat_image
from uvanet.video.smoothing import Smoother

# Qt scales the heat image to the window; more pixels cost time and are not visible.
_LONG_SIDE = 384
# Earlier maps are needed for a new time constant only. Those of uvanet-256 take 2 MB a second.
_HISTORY_SECONDS = 1.0
_MAX_MAPS = 60

MAX_SMOOTHING = 1.0
"""Longest time constant of the smoothing, in seconds."""


class Heat:
    """Style of the heat map, and the smoothed map.

    A new style or smoothing is applied at once to the maps of the last second; the network
    does not run again. Used from one thread.

    Attributes:
        style: Color map, opacity and threshold.
        visible: Whether the heat map is shown.
        fixed: A map that is shown instead of the newest one, such as an average: float32, shape
            (h, w), 0..1; None for the newest.
    """

    def __init__(self, style: OverlayStyle | None = None, smoothing: float = 0.0) -> None:
        self.style = style or OverlayStyle()
        self.visible = True
        self.fixed: NDArray[np.float32] | None = None
        self._smoothing = smoothing
        self._smoother = Smoother(smoothing)
        self._smoothed: NDArray[np.float32] | None = None
        self._epoch: int | None = None
        self._maps: deque[tuple[float, NDArray[np.float32]]] = deque(maxlen=_MAX_MAPS)

    @property
    def smoothing(self) -> float:
        """Time constant in seconds, 0..`MAX_SMOOTHING`."""
        return self._smoothing

    @smoothing.setter
    def smoothing(self, seconds: float) -> None:
        if seconds == self._smoothing:
            return
        self._smoothing = seconds
        self._smoother = Smoother(seconds)
        for entry in self._maps:
            self._smoothed = self._smoother.step(*entry)

    def clear(self) -> None:
        """Forgets all maps."""
        self._smoother.reset()
        self._smoothed = None
        self._maps.clear()

    def push(self, seconds: float, saliency: NDArray[np.float32], epoch: int) -> None:
        """Adds the map of the newest frame.

        Args:
            seconds: The frame's time in its source.
            saliency: float32, shape (h, w), values 0..1.
            epoch: The frame's epoch; a new one forgets earlier maps, since maps before a
                discontinuity must not be smoothed with those after it.
        """
        if epoch != self._epoch:
            self.clear()
        self._epoch = epoch
        self._maps.append((seconds, saliency))
        self._smoothed = self._smoother.step(seconds, saliency)
        while not 0.0 <= seconds - self._maps[0][0] <= _HISTORY_SECONDS:
            self._maps.popleft()

    def saliency(self) -> NDArray[np.float32] | None:
        """The map to show, smoothed: float32, shape (h, w), 0..1; None before the first map."""
        return self._smoothed if self.fixed is None else self.fixed

    def heat(self, width: int, height: int) -> NDArray[np.uint8] | None:
        """The translucent image to draw over a frame of `width` by `height` pixels.

        Returns:
            Premultiplied BGRA, uint8, shape (h, w, 4), small, in the frame's proportions; None
            where the heat map is hidden or there is no map.
        """
        saliency = self.saliency() if self.visible else None
        if saliency is None:
            return None
        scale = min(1.0, _LONG_SIDE / max(width, height))
        # At least as many rows as the map: for a small frame, single pixels would be visible.
        scale = max(scale, saliency.shape[0] / max(width, height))
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        return heat_image(saliency, self.style, size)
