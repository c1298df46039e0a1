"""Temporal smoothing of saliency maps."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# Maps older than this many time constants weigh under 0.3 % and are left out.
_REACH = 6.0


def smooth(history: Sequence[tuple[float, NDArray[np.float32]]], tau: float) -> NDArray[np.float32]:
    """Averages recent maps with exponential weights.

    Weights are exp(-(t_last - t) / tau), normalized to sum 1. The function keeps no state, so a
    changed `tau` takes effect without predicting again.

    Args:
        history: (time in seconds, map of shape (h, w)), oldest first, all of one shape and of
            one unbroken stretch of the source.
        tau: Time constant in seconds; 0 gives the last map.

    Returns:
        A new array, float32, shape (h, w).

    Raises:
        ValueError: The history is empty or `tau` is negative or not a number.
    """
    if not history:
        raise ValueError("smooth needs at least one map")
    if not tau >= 0.0:
        raise ValueError(f"tau is {tau}; it must be 0 or more")
    last_time, last = history[-1]
    total = np.array(last, dtype=np.float32)
    if tau == 0.0:
        return total
    weights = 1.0
    for time, saliency in itertools.islice(history, len(history) - 1):
        age = max(0.0, last_time - time) / tau
        if age <= _REACH:
            weight = math.exp(-age)
            total += np.float32(weight) * saliency
            weights += weight
    total /= np.float32(weights)
    return total
