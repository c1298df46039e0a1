"""Stream: a model's predictions on the frames of a video."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from uvanet.model import Model, load
from uvanet.paths import DEFAULT_MODEL
from uvanet.runtime.preprocess import resize_to_image
from uvanet.runtime.streaming import StreamingEngine


class Stream(StreamingEngine):
    """Predicts attention on a video, frame by frame. Not thread-safe.

    Args:
        model: A model, or a name or path that `uvanet.load` takes.

    Attributes:
        model: The model.

    Raises:
        ModelError: As `uvanet.load`.
    """

    def __init__(self, model: Model | str | Path = DEFAULT_MODEL) -> None:
        self.model = model if isinstance(model, Model) else load(model)
        super().__init__(self.model.engine)

    def predict(self, image: NDArray[np.uint8], t: float) -> NDArray[np.float32]:
        """Predicts the map of the next frame at the frame's size.

        Args:
            image: RGB, uint8, (h, w, 3).
            t: Time of the frame, seconds. A time before that of the last frame resets the memory.

        Returns:
            float32, (h, w), 0..1; see `Model.predict`.

        Raises:
            UsageError: `image` has another type or shape.
            ModelError: The network fails.
        """
        return resize_to_image(self.step(image, t), image.shape[:2])
