"""What the pipeline asks of a network."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@runtime_checkable
class Predictor(Protocol):
    """A streaming predictor, such as `uvanet.Stream`. Used from one thread only."""

    def step(self, image: NDArray[np.uint8], t: float, *, bgr: bool = False) -> NDArray[np.float32]:
        """Gives the map of the next frame.

        Args:
            image: uint8, shape (h, w, 3); RGB, or BGR where `bgr` is set.
            t: Seconds; grows within one run between resets.
            bgr: The order of the channels.

        Returns:
            float32, shape (h, w), values 0..1.
        """
        ...

    def reset(self) -> None:
        """Forgets earlier frames."""
        ...


PredictorFactory = Callable[[], Predictor]
