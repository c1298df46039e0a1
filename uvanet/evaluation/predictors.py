"""Predictors: models and baselines that map pictures, or frames of a clip, to saliency maps."""

from __future__ import annotations

import abc
import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from uvanet.model import Model
from uvanet.runtime.engine import LAG
from uvanet.stream import Stream

PREDICTIONS = ("ensemble", "spatiotemporal", "spatial", "temporal")
"""Outputs of a student, see `uvanet.models.student.StudentOutput`."""


class Predictor(abc.ABC):
    """Base class: one row of an evaluation table.

    Pictures and clips are processed alike: `reset`, then for each frame in order `observe`, or
    `predict` where a map is needed. A picture is a clip of one frame.

    Args:
        name: Name of the row.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def history(self, fps: float) -> int:
        """Number of frames that must be observed before a frame is predicted.

        Args:
            fps: Frame rate of the clip, frames per second.
        """
        return 0

    def reset(self) -> None:  # noqa: B027 - most predictors have no memory
        """Forgets all frames, before another picture or clip."""

    def observe(self, image: NDArray[np.uint8], t: float) -> None:  # noqa: B027 - likewise
        """Processes a frame whose map is not needed.

        Args:
            image: RGB, uint8, (h, w, 3).
            t: Time stamp, seconds.
        """

    @abc.abstractmethod
    def predict(self, image: NDArray[np.uint8], t: float) -> NDArray[np.float32]:
        """Processes a frame and predicts its map.

        Args:
            image: RGB, uint8, (h, w, 3).
            t: Time stamp, seconds.

        Returns:
            float32, (h', w') of any size, covering the whole picture; not negative, larger is more
            salient.
        """


class FunctionPredictor(Predictor):
    """A function of a single picture.

    Args:
        name: Name of the row.
        function: From RGB, uint8, (h, w, 3) to a map as `Predictor.predict` gives it.
    """

    def __init__(
        self, name: str, function: Callable[[NDArray[np.uint8]], NDArray[np.float32]]
    ) -> None:
        super().__init__(name)
        self._function = function

    def predict(self, image: NDArray[np.uint8], t: float) -> NDArray[np.float32]:
        """See `Predictor.predict`; the time stamp is not used."""
        return self._function(image)


class StreamPredictor(Predictor):
    """A loaded model, run as the live view runs it.

    Args:
        name: Name of the row.
        model: The model.
    """

    def __init__(self, name: str, model: Model) -> None:
        super().__init__(name)
        self._stream = Stream(model)

    def history(self, fps: float) -> int:
        """See `Predictor.history`; covers the engine's memory and the lag to its earlier frame."""
        memory = self._stream.model.engine.memory
        # A stream takes the frame nearest to `LAG` before, of two as near ones the earlier one.
        step = max(1, math.floor(LAG * fps + 0.5))
        return max(math.ceil((memory + LAG) * fps), round(memory / LAG) * step)

    def reset(self) -> None:
        """See `Predictor.reset`."""
        self._stream.reset()

    def observe(self, image: NDArray[np.uint8], t: float) -> None:
        """See `Predictor.observe`."""
        self._stream.step(image, t)

    def predict(self, image: NDArray[np.uint8], t: float) -> NDArray[np.float32]:
        """See `Predictor.predict`."""
        return self._stream.step(image, t)
