"""Intervals by resampling: how far a mean would move with other pictures or clips.

Source: Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993, percentile intervals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and where it lies in 95 % of the resamples.

    Attributes:
        mean: Of the values as they are.
        low: The 2.5th percentile of the resampled means.
        high: The 97.5th.
        n: Number of values; those that are NaN do not count.
    """

    mean: float
    low: float
    high: float
    n: int


def draw_weights(clips: Sequence[str], draws: int, seed: int) -> NDArray[np.float32]:
    """How often each item is in each resample.

    Pictures are drawn with replacement. Frames of one clip resemble each other, so clips are
    drawn first and then, in each drawn clip, its frames.

    Args:
        clips: The clip of each item; empty for a picture.
        draws: Number of resamples.
        seed: Of all chance.

    Returns:
        float32, (draws, items).
    """
    rng = np.random.default_rng(seed)
    weights = np.zeros((draws, len(clips)), np.float32)
    names = np.array(clips)
    groups = sorted(set(clips) - {""})
    if groups:
        copies = rng.multinomial(len(groups), np.full(len(groups), 1 / len(groups)), draws)
        for column, group in enumerate(groups):
            places = np.flatnonzero(names == group)
            even = np.full(len(places), 1 / len(places))
            weights[:, places] = rng.multinomial(copies[:, column] * len(places), even)
    single = np.flatnonzero(names == "")
    if single.size:
        even = np.full(single.size, 1 / single.size)
        weights[:, single] = rng.multinomial(single.size, even, draws)
    return weights


def interval(values: NDArray[np.float64], weights: NDArray[np.float32]) -> Interval:
    """The mean of values with its interval.

    For the difference of two rows, give the differences of their values: both saw the same
    pictures, so that its interval is narrower than those of the two tell.

    Args:
        values: (items,); NaN does not count.
        weights: As `draw_weights` gives them.

    Returns:
        All NaN where no value is known.
    """
    known = ~np.isnan(values)
    if not known.any():
        return Interval(float("nan"), float("nan"), float("nan"), 0)
    sums = weights @ np.where(known, values, 0.0)
    counts = weights @ known.astype(np.float64)
    means = sums[counts > 0] / counts[counts > 0]
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(values[known].mean()), float(low), float(high), int(known.sum()))
