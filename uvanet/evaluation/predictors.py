"""What is measured: anything that turns pictures, or the frames of a clip, into saliency maps."""

from __future__ import annotations

import abc
import math
from typing import TYPE_CHECKING

from uvanet.runtime.engine import LAG
from uvanet.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from uvanet.model import Model


class Predictor(abc.ABC):
    """A row of the table.

    Pictures and clips go through the same three steps: `reset`, then for each frame in order
    `observe`, or `predict` where a map is wanted. A picture is a clip of one frame.

    Args:
        name: The row's name.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def history(self, fps: float) -> int:
        """How many frames before a predicted one it must have observed.

        Args:
            fps: Frames a second of the clip.
        """
        return 0

    def reset(self) -> None:  # noqa: B027 - most have no memory
        """Forgets: another picture or clip begins."""

    def observe(self, image: NDArray[np.uint8], t: float) -> None:  # noqa: B027 - likewise
        """Sees a frame of which no map is wanted.

        Args:
            image: RGB, uint8, (h, w, 3).
            t: Its time, seconds.
        """

    @abc.abstractmethod
    def predict(self, image: NDArray[np.uint8], t: float) -> NDArray[np.float32]:
        """Sees a frame and predicts its map.

        Args:
            image: RGB, uint8, (h, w, 3).
            t: Its time, seconds.

        Returns:
            float32, of any height and width: the picture's whole area, stretched; from 0, larger
            is more salient.
        """


class FunctionPredictor(Predictor):
    """A function of one picture.

    Args:
        name: The row's name.
        function: From RGB, uint8, (h, w, 3) to a map as `Predictor.predict` gives it.
    """

    def __init__(
        self, name: str, function: Callable[[NDArray[np.uint8]], NDArray[np.float32]]
    ) -> None:
        super().__init__(name)
        self._function = function

    def predict(self, image: NDArray[np.uint8], t: float) -> NDArray[np.float32]:
        """See `Predictor.predict`; the time plays no part."""
        return self._function(image)


class StreamPredictor(Predictor):
    """One of our models, as the live view runs it.

    Args:
        name: The row's name.
        model: The model.
    """

    def __init__(self, name: str, model: Model) -> None:
        super().__init__(name)
        self._stream = Stream(model)

    def history(self, fps: float) -> int:
        """See `Predictor.history`: enough for the frame nearest to the engine's lag before."""
        return math.ceil((self._stream.model.engine.memory + LAG) * fps)

    def reset(self) -> None:
        """See `Predictor.reset`."""
        self._stream.reset()

    def observe(self, image: NDArray[np.uint8], t: float) -> None:
        """See `Predictor.observe`."""
        self._stream.step(image, t)

    def predict(self, image: NDArray[np.uint8], t: float) -> NDArray[np.float32]:
        """See `Predictor.predict`."""
        return self._stream.step(image, t)
