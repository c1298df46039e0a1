"""What lies over the picture, worked out anew from recent maps whenever a control moves."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from uvanet.video.overlay import OverlayStyle, heat_image
from uvanet.video.smoothing import smooth

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Qt scales the heat to the window, smoothly; more pixels than this are not seen, only paid for.
_LONG_SIDE = 384
# The longest smoothing a user can choose looks back some six of its time constants.
_REACH_SECONDS = 6.0
_MOST_MAPS = 240

MAX_SMOOTHING = 1.0
"""Longest time constant of the smoothing, in seconds."""


class Heat:
    """The style of the overlay and the short history that smoothing needs.

    The network is never asked again: a new style or smoothing is applied to the maps that are
    here. Used from one thread.

    Attributes:
        style: Colours, opacity and threshold.
        smoothing: Time constant in seconds, 0..`MAX_SMOOTHING`.
        visible: Whether the heat is shown at all.
        fixed: A map shown in place of the newest one, such as an average; None for none.
    """

    def __init__(self, style: OverlayStyle | None = None, smoothing: float = 0.0) -> None:
        self.style = style or OverlayStyle()
        self.smoothing = smoothing
        self.visible = True
        self.fixed: NDArray[np.float32] | None = None
        self._epoch: int | None = None
        self._maps: deque[tuple[float, NDArray[np.float32]]] = deque(maxlen=_MOST_MAPS)

    def clear(self) -> None:
        """Forgets all maps."""
        self._maps.clear()
        self._epoch = None

    def push(self, seconds: float, saliency: NDArray[np.float32], epoch: int) -> None:
        """Takes the map of the newest frame.

        Args:
            seconds: The frame's time in its source.
            saliency: Float32, shape (h, w), values 0..1.
            epoch: Number of the unbroken stretch the frame belongs to; a new one starts a new
                history, since maps from before a jump say nothing about the frames after it.
        """
        stretch_goes_on = (
            epoch == self._epoch
            and self._maps
            and self._maps[-1][1].shape == saliency.shape
            and seconds >= self._maps[-1][0]
        )
        if not stretch_goes_on:
            self._maps.clear()
        self._epoch = epoch
        self._maps.append((seconds, saliency))
        while seconds - self._maps[0][0] > _REACH_SECONDS:
            self._maps.popleft()

    def saliency(self) -> NDArray[np.float32] | None:
        """The map as shown, smoothed: float32, shape (h, w), 0..1; None before the first."""
        if self.fixed is not None:
            return self.fixed
        return smooth(list(self._maps), self.smoothing) if self._maps else None

    def heat(self, width: int, height: int) -> NDArray[np.uint8] | None:
        """The translucent picture to lay over a frame of `width` by `height` pixels.

        Returns:
            Premultiplied BGRA, uint8, shape (h, w, 4), of the frame's aspect but small; None
            where nothing is to be seen.
        """
        saliency = self.saliency() if self.visible else None
        if saliency is None:
            return None
        scale = min(1.0, _LONG_SIDE / max(width, height))
        # A frame of few pixels still gets a smooth map: its own size would show as blocks.
        scale = max(scale, saliency.shape[0] / max(width, height))
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        return heat_image(saliency, self.style, size)
