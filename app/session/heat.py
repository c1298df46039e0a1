"""Heat map over the frame: style, and smoothing over the recent maps."""

from __future__ import annotations

import math
from collections import deque

import cv2
import numpy as np
from numpy.typing import NDArray

from uvanet.overlay import OverlayStyle, heat_image
from uvanet.video.smoothing import smooth

# Qt scales the heat image to the window; more pixels cost time and are not visible.
_LONG_SIDE = 384
# Six time constants of the strongest smoothing; older maps have no visible weight.
_HISTORY_SECONDS = 6.0
_MAX_MAPS = 240
# The maps of two models differ a little in their proportions, since input sizes are rounded.
_MAX_RATIO_CHANGE = 0.2  # of the logarithm

MAX_SMOOTHING = 1.0
"""Longest time constant of the smoothing, in seconds."""


class Heat:
    """Style of the heat map, and the short history of maps that smoothing needs.

    A new style or smoothing is applied to the maps in the history; the network does not run
    again. Used from one thread.

    Attributes:
        style: Color map, opacity and threshold.
        smoothing: Time constant in seconds, 0..`MAX_SMOOTHING`.
        visible: Whether the heat map is shown.
        fixed: A map that is shown instead of the newest one, such as an average: float32, shape
            (h, w), 0..1; None for the newest.
    """

    def __init__(self, style: OverlayStyle | None = None, smoothing: float = 0.0) -> None:
        self.style = style or OverlayStyle()
        self.smoothing = smoothing
        self.visible = True
        self.fixed: NDArray[np.float32] | None = None
        self._epoch: int | None = None
        self._maps: deque[tuple[float, NDArray[np.float32]]] = deque(maxlen=_MAX_MAPS)

    def clear(self) -> None:
        """Clears the history."""
        self._maps.clear()
        self._epoch = None

    def push(self, seconds: float, saliency: NDArray[np.float32], epoch: int) -> None:
        """Adds the map of the newest frame.

        Args:
            seconds: The frame's time in its source.
            saliency: float32, shape (h, w), values 0..1.
            epoch: The frame's epoch; a new one clears the history, since maps before a
                discontinuity must not be smoothed with those after it.
        """
        continues = epoch == self._epoch and self._maps and seconds >= self._maps[-1][0]
        if not continues or not self._resize_maps(saliency.shape):
            self._maps.clear()
        self._epoch = epoch
        self._maps.append((seconds, saliency))
        while seconds - self._maps[0][0] > _HISTORY_SECONDS:
            self._maps.popleft()

    def _resize_maps(self, shape: tuple[int, ...]) -> bool:
        """Resizes the maps in the history to the map size of another model.

        Returns:
            False where the proportions differ, as after a rotation of the picture; the maps are
            unchanged then.
        """
        height, width = shape
        before = self._maps[-1][1].shape
        if before == shape:
            return True
        if abs(math.log(before[0] * width / (before[1] * height))) > _MAX_RATIO_CHANGE:
            return False
        # So the smoothing also blends the maps of the two models.
        for index, (seconds, saliency) in enumerate(self._maps):
            self._maps[index] = seconds, cv2.resize(saliency, (width, height)).astype(np.float32)
        return True

    def saliency(self) -> NDArray[np.float32] | None:
        """The map to show, smoothed: float32, shape (h, w), 0..1; None before the first map."""
        if self.fixed is not None:
            return self.fixed
        return smooth(list(self._maps), self.smoothing) if self._maps else None

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
