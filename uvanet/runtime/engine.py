"""What runs a network: one small interface, whatever stands behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Step(NamedTuple):
    """What one streaming step gives.

    Attributes:
        saliency: (n, s, s), float32, 0..1, the largest value of each map is 1.
        features: The frames' stem features, float32, (n, c, h, w), for a later step's `earlier`.
    """

    saliency: NDArray[np.float32]
    features: NDArray[np.float32]


class Engine(Protocol):
    """Runs a student, frame by frame or in batches.

    Attributes:
        input_size: Side of the square input, pixels.
    """

    input_size: int

    def step(self, frames: NDArray[np.uint8], earlier: NDArray[np.float32] | None = None) -> Step:
        """Predicts.

        Args:
            frames: RGB, uint8, (n, size, size, 3).
            earlier: Stem features of each frame about 100 ms before; None where nothing moves
                (a still picture, a first frame), which costs a second pass.
        """
        ...
