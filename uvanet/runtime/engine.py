"""What runs a network: one small interface, whatever stands behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STATE_STRIDE = 4
"""What a network hands to its next step is this many times smaller than its input."""

LAG = 0.1
"""Seconds between the two frames that a temporal branch compares, as in training."""


class Step(NamedTuple):
    """What one streaming step gives.

    Attributes:
        saliency: (n, h, w), float32, 0..1, the largest value of each map is 1.
        features: What a later step takes as `earlier`, (n, ...): of our models the frames' stem
            features, float32; None where the network has no memory.
    """

    saliency: NDArray[np.float32]
    features: NDArray[Any] | None


class Engine(Protocol):
    """Runs a network, frame by frame or in batches.

    Attributes:
        input_size: Height and width of the input, pixels; where it keeps proportions, of an input
            with as many pixels as it is to see of any picture.
        keeps_proportions: It takes any size, and is to see a picture in the picture's proportions:
            see `uvanet.runtime.input_size`.
        memory: Seconds before a frame on which its map depends.
        lag: How many seconds before a frame the step was whose features it takes as `earlier`.
    """

    input_size: tuple[int, int]
    keeps_proportions: bool
    memory: float
    lag: float

    def step(self, frames: NDArray[np.uint8], earlier: NDArray[Any] | None = None) -> Step:
        """Predicts.

        Args:
            frames: RGB, uint8, (n, height, width, 3).
            earlier: Features of each frame `lag` before; None where nothing moves (a still
                picture, a first frame), which may cost a second pass.
        """
        ...
