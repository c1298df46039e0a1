"""A model that watches a video: frame by frame, with memory of a moment."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from uvanet.model import Model, check_image, load, resize_to_image
from uvanet.runtime.input_size import input_size
from uvanet.runtime.preprocess import InputResizer

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

FORGET = 0.5
"""Seconds after which an earlier frame says nothing of motion any more."""


class Stream:
    """Predicts attention on a video. Not for several threads at once.

    A temporal branch sees the frame about 100 ms earlier whatever the frame rate; only the
    earlier frames' stem features are kept, so that a frame costs one pass. Networks without
    memory, and those of others that take a stack of frames, go the same way.

    Args:
        model: A model, or what `load` takes.
    """

    def __init__(self, model: Model | str | Path = "uvanet-64") -> None:
        self.model = model if isinstance(model, Model) else load(model)
        self._shrink = InputResizer(self.model.engine.input_size)
        self._past: deque[tuple[float, NDArray[Any]]] = deque()

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
            float32, (h', w'), 0..1, for the whole picture, stretched; the largest value is 1.

        Raises:
            UsageError: `image` is no such array.
        """
        check_image(image)
        size = input_size(self.model.engine, image)
        if size != self._shrink.size:
            self.reset()
            self._shrink = InputResizer(size)
        small = self._shrink(image, bgr=bgr)
        saliency, features = self.model.engine.step(small[None], self._earlier(t))
        if features is not None:
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
        return resize_to_image(self.step(image, t), image.shape[:2])

    def _earlier(self, t: float) -> NDArray[Any] | None:
        """The features nearest to the engine's lag before `t`; None where none are of use."""
        past, wanted = self._past, t - self.model.engine.lag
        if past and t < past[-1][0]:
            past.clear()
        while past and past[0][0] < t - FORGET:
            past.popleft()
        # The first may go as soon as the second is nearer to the wanted time.
        while len(past) > 1 and past[1][0] <= wanted:
            past.popleft()
        if not past:
            return None
        return min(past, key=lambda entry: abs(entry[0] - wanted))[1]
