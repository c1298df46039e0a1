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
        frame: As the source gave it.
        at: When it is shown in the exported clip, seconds from the first frame.
        saliency: The network's map, float32, (h, w), 0..1.
        smoothed: The same, averaged over time, for showing.
        teacher: The second model's map, averaged over time; None if there is none.
    """

    frame: Frame
    at: Fraction
    saliency: NDArray[np.float32]
    smoothed: NDArray[np.float32]
    teacher: NDArray[np.float32] | None = None
