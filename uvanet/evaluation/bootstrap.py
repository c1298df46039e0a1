"""Bootstrap confidence intervals of means over pictures and clips.

Source: Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993, percentile intervals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95
DRAWS = 2000


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with its 95 % percentile interval.

    Attributes:
        mean: Mean of the values.
        low: 2.5th percentile of the resampled means.
        high: 97.5th percentile.
        n: Number of values that are not NaN.
    """

    mean: float
    low: float
    high: float
    n: int


def draw_weights(clips: Sequence[str], draws: int = DRAWS, seed: int = 0) -> NDArray[np.float32]:
    """Draws resamples; returns how often each item occurs in each of them.

    Pictures are drawn with replacement. Frames of one clip are similar, so clips are drawn first,
    then frames in each drawn clip (a two-stage bootstrap).

    Args:
        clips: The clip of each item; empty for a picture.
        draws: Number of resamples.
        seed: Random seed.

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
    """Mean of values with its 95 % interval.

    To compare two predictors, pass the paired differences of their values. Their interval is
    narrower than the two separate ones, since both predictors saw the same pictures.

    Args:
        values: (items,); NaN is left out.
        weights: (draws, items), from `draw_weights`.

    Returns:
        The interval; all NaN where every value is NaN.
    """
    known = ~np.isnan(values)
    if not known.any():
        return Interval(float("nan"), float("nan"), float("nan"), 0)
    sums = weights @ np.where(known, values, 0.0)
    counts = weights @ known.astype(np.float64)
    means = sums[counts > 0] / counts[counts > 0]
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(values[known].mean()), float(low), float(high), int(known.sum()))


def ratio(
    values: NDArray[np.float64], reference: NDArray[np.float64], weights: NDArray[np.float32]
) -> Interval:
    """Ratio of two means over the same items, with its 95 % interval.

    Args:
        values: (items,); items that are NaN here or in `reference` are left out.
        reference: (items,).
        weights: (draws, items), from `draw_weights`.

    Returns:
        The interval; all NaN where no item has both values.
    """
    known = ~(np.isnan(values) | np.isnan(reference))
    if not known.any():
        return Interval(float("nan"), float("nan"), float("nan"), 0)
    drawn = weights[:, known] @ np.stack([values[known], reference[known]], axis=1)
    ratios = drawn[:, 0] / np.where(drawn[:, 1] == 0, np.nan, drawn[:, 1])
    low, high = np.nanquantile(ratios, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    mean = float(values[known].mean() / reference[known].mean())
    return Interval(mean, float(low), float(high), int(known.sum()))


def intervals(
    values: NDArray[np.float64], names: Sequence[str], weights: NDArray[np.float32]
) -> dict[str, Interval]:
    """The `interval` of each column.

    Args:
        values: (items, columns).
        names: Names of the columns.
        weights: (draws, items), from `draw_weights`.
    """
    return {name: interval(values[:, i], weights) for i, name in enumerate(names)}
