"""Temporal smoothing of saliency maps."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

DEFAULT_SECONDS = 0.3
"""Time constant in the window and in exports, seconds. `uvanet eval --model uvanet-64+smoothed`
measures what it does to the accuracy on video, and `--flicker` what it does to flicker."""

REACH = 6.0
"""Maps older than this many time constants weigh under 0.3 % and are left out."""


def smooth(history: Sequence[tuple[float, NDArray[np.float32]]], tau: float) -> NDArray[np.float32]:
    """Averages recent maps with exponential weights.

    Weights are exp(-(t_last - t) / tau), normalized to sum 1. The function keeps no state, so a
    new `tau` needs no new predictions.

    Args:
        history: (time in seconds, map of shape (h, w)), oldest first. All maps have one shape and
            come from one range of the source without jumps.
        tau: Time constant, seconds; 0 returns the last map.

    Returns:
        A new array, float32, shape (h, w).

    Raises:
        ValueError: The history is empty or `tau` is negative or not a number.
    """
    if not history:
        raise ValueError("smooth needs at least one map")
    if not tau >= 0.0:
        raise ValueError(f"tau is {tau}; it must be 0 or more")
    times = np.array([time for time, _ in history])
    if tau == 0.0:
        return history[-1][1].astype(np.float32)
    ages = np.maximum(0.0, times[-1] - times) / tau
    recent: list[int] = np.flatnonzero(ages <= REACH).tolist()
    weights = np.exp(-ages[recent])
    total = np.zeros_like(history[-1][1], np.float32)
    for index, weight in zip(recent, (weights / weights.sum()).tolist(), strict=True):
        cv2.scaleAdd(history[index][1], weight, total, dst=total)
    return total
