"""A model that watches a video: frame by frame, with memory of a moment."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from uvanet.model import Model, check_image, enlarge, load
from uvanet.runtime.preprocess import shrink

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

LAG = 0.1
"""Seconds between the two frames that the temporal branch compares, as in training."""

FORGET = 0.5
"""Seconds after which an earlier frame says nothing of motion any more."""


class Stream:
    """Predicts attention on a video. Not for several threads at once.

    The temporal branch sees the frame about 100 ms earlier whatever the frame rate; only the
    earlier frames' stem features are kept, so that a frame costs one pass.

    Args:
        model: A model, or what `load` takes.
    """

    def __init__(self, model: Model | str | Path = "uvanet-64") -> None:
        self.model = model if isinstance(model, Model) else load(model)
        self._past: deque[tuple[float, NDArray[np.float32]]] = deque()

    def reset(self) -> None:
        """Forgets the frames before: after a jump in time, or for another video."""
        self._past.clear()

    def step(self, image: NDArray[np.uint8], t: float, *, bgr: bool = False) -> NDArray[np.float32]:
        """Predicts the next frame's map at the network's own resolution: what a live view needs.

        Args:
            image: RGB, uint8, (h, w, 3).
            t: The frame's time stamp in seconds. A time before the last one's starts anew.
            bgr: The image is BGR.

        Returns:
            float32, (s, s), 0..1, for the whole picture, which it shows as a square; the
            largest value is 1.

        Raises:
            UsageError: `image` is no such array.
        """
        check_image(image)
        small = shrink(image, self.model.engine.input_size, bgr=bgr)
        saliency, features = self.model.engine.step(small[None], self._earlier(t))
        self._past.append((t, features))
        result: NDArray[np.float32] = saliency[0]
        return result

    def predict(self, image: NDArray[np.uint8], t: float) -> NDArray[np.float32]:
        """Predicts the next frame's map at the frame's size.

        Args:
            image: RGB, uint8, (h, w, 3).
            t: The frame's time stamp in seconds.

        Returns:
            float32, (h, w), 0..1, as `Model.predict` gives it.

        Raises:
            UsageError: `image` is no such array.
        """
        return enlarge(self.step(image, t), image.shape[:2])

    def _earlier(self, t: float) -> NDArray[np.float32] | None:
        """The features nearest to `LAG` before `t`; None where there are none of use."""
        past = self._past
        if past and t < past[-1][0]:
            past.clear()
        while past and past[0][0] < t - FORGET:
            past.popleft()
        # The first may go as soon as the second is nearer to the wanted time.
        while len(past) > 1 and past[1][0] <= t - LAG:
            past.popleft()
        if not past:
            return None
        wanted = t - LAG
        return min(past, key=lambda entry: abs(entry[0] - wanted))[1]
