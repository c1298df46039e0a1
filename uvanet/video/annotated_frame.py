"""A frame with the maps that an export shows or writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fractions import Fraction

    import numpy as np
    from numpy.typing import NDArray

    from uvanet.sources import Frame


@dataclass(frozen=True, slots=True)
class AnnotatedFrame:
    """A frame and its maps.

    Attributes:
        frame: The frame of the source.
        at: Time in the exported clip, seconds since its first frame.
        saliency: Map of the network, float32, (h, w), 0..1.
        smoothed: `saliency` averaged over time, for display.
        teacher: Map of the second model, averaged over time; None without a second model.
    """

    frame: Frame
    at: Fraction
    saliency: NDArray[np.float32]
    smoothed: NDArray[np.float32]
    teacher: NDArray[np.float32] | None = None
