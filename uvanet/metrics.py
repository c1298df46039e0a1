"""Metrics of saliency maps against human fixations.

Definitions follow Bylinskii et al., *What do different evaluation metrics tell us about saliency
models?*, PAMI 2019, and the MIT/Tuebingen benchmark. Location metrics (NSS, AUC-Judd, shuffled
AUC, information gain) take fixation points; distribution metrics (CC, SIM, KLD) take a density map.

Common to all: a map is (h, w), of any real dtype, and larger values mean more salient. Fixations
are (n, 2), x and y in pixels of the map; those outside the map are ignored. The result is NaN where
the metric is undefined: the map holds NaN or infinity, no fixation lies on the map, or the density
map has no positive sum. A constant map scores as chance does: NSS 0, CC 0, both AUCs 0.5. Arrays of
other shapes, and two maps of different shapes, raise a UsageError.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from uvanet.errors import UsageError
from uvanet.i18n import tr

Map = NDArray[np.floating]

EPSILON = 2.2204e-16
"""Regularization of KLD and information gain: MATLAB's `eps`, as in the MIT benchmark's code."""

_FLAT = float(np.finfo(np.float32).eps)
"""Relative standard deviation below which a map counts as constant."""


def nss(saliency: Map, fixations: Map) -> float:
    """Normalized scanpath saliency: mean z-score of the map at the fixations.

    NSS = mean_i (S(f_i) - mean(S)) / std(S). Peters et al., *Components of bottom-up gaze
    allocation in natural images*, Vision Research 2005.

    Args:
        saliency: (h, w).
        fixations: (n, 2), x and y in pixels of the map.

    Returns:
        0 at chance; larger is better; unbounded.
    """
    values = _at_fixations(saliency, fixations)
    if not values.size or not np.isfinite(saliency).all():
        return float("nan")
    deviation = float(np.std(saliency, dtype=np.float64))
    if deviation < _FLAT * max(1.0, float(np.abs(saliency).max())):
        return 0.0
    return float((values.mean() - np.mean(saliency, dtype=np.float64)) / deviation)


def auc_judd(saliency: Map, fixations: Map) -> float:
    """Area under the ROC curve with thresholds at the map's values at the fixations.

    The true positive rate is the share of fixations at or above the threshold, the false positive
    rate the share of pixels without fixation at or above it. Trapezoids connect neighboring
    thresholds. Judd et al., *Learning to predict where humans look*, ICCV 2009.

    Args:
        saliency: (h, w).
        fixations: (n, 2), x and y in pixels of the map.

    Returns:
        0..1; 0.5 at chance. NaN also where every pixel has a fixation.
    """
    values = _at_fixations(saliency, fixations)
    if not values.size or not np.isfinite(saliency).all():
        return float("nan")
    x, y = _pixels(saliency, fixations)
    free = np.ones(saliency.shape, bool)
    free[y, x] = False
    others = np.sort(np.asarray(saliency[free], np.float64))
    if not others.size:
        return float("nan")
    positives = np.sort(values)
    thresholds = np.unique(positives)[::-1]
    hit_rate = 1 - np.searchsorted(positives, thresholds, "left") / positives.size
    false_rate = 1 - np.searchsorted(others, thresholds, "left") / others.size
    hit_rate = np.concatenate([[0.0], hit_rate, [1.0]])
    false_rate = np.concatenate([[0.0], false_rate, [1.0]])
    return float(np.sum(np.diff(false_rate) * (hit_rate[1:] + hit_rate[:-1]) / 2))


def auc_shuffled(saliency: Map, fixations: Map, others: Map) -> float:
    """Shuffled AUC: AUC with the fixations on *other* pictures as negatives.

    Both have the same center bias, so a map gains nothing by predicting the center. Zhang et al.,
    *SUN*, JoV 2008; Borji et al., TIP 2013. Borji's code draws as many negatives as there are
    fixations, 100 times, and averages; this is the limit of that average, the exact area for all
    negatives. `uvanet.evaluation.sauc_negatives` chooses the other pictures.

    Args:
        saliency: (h, w).
        fixations: (n, 2), x and y in pixels of the map.
        others: (m, 2), fixations on other pictures, scaled to pixels of this map.

    Returns:
        0..1; 0.5 at chance; ties count half. NaN also where no negative lies on the map.
    """
    positives = _at_fixations(saliency, fixations)
    negatives = np.sort(_at_fixations(saliency, others))
    if not positives.size or not negatives.size or not np.isfinite(saliency).all():
        return float("nan")
    below = np.searchsorted(negatives, positives, "left")
    tied = np.searchsorted(negatives, positives, "right") - below
    return float((below + 0.5 * tied).mean() / negatives.size)


def information_gain(saliency: Map, fixations: Map, baseline: Map) -> float:
    """Information gain over a baseline, in bits per fixation.

    IG = mean_i [log2(eps + P(f_i)) - log2(eps + B(f_i))], where P and B are both maps divided by
    their sums. Kümmerer et al., *Information-theoretic model comparison unifies saliency metrics*,
    PNAS 2015; regularized as in Bylinskii et al.

    Args:
        saliency: (h, w), proportional to a density.
        fixations: (n, 2), x and y in pixels of the map.
        baseline: (h, w), proportional to a density, usually the center prior.

    Returns:
        0 for the baseline itself; larger is better; unbounded. NaN also where the baseline is
        undefined.
    """
    _check_same_shape(saliency, baseline)
    p, b = _as_distribution(saliency), _as_distribution(baseline)
    if p is None or b is None:
        return float("nan")
    values, reference = _at_fixations(p, fixations), _at_fixations(b, fixations)
    if not values.size:
        return float("nan")
    return float((np.log2(EPSILON + values) - np.log2(EPSILON + reference)).mean())


def cc(saliency: Map, density: Map) -> float:
    """Pearson's linear correlation coefficient of a map and a density map.

    Args:
        saliency: (h, w).
        density: (h, w), with a positive sum.

    Returns:
        -1..1.
    """
    _check_same_shape(saliency, density)
    if not (np.isfinite(saliency).all() and np.isfinite(density).all()) or density.sum() <= 0:
        return float("nan")
    a = np.asarray(saliency, np.float64) - np.mean(saliency, dtype=np.float64)
    b = np.asarray(density, np.float64) - np.mean(density, dtype=np.float64)
    norm = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum() / norm) if norm > _FLAT**2 else 0.0


def sim(saliency: Map, density: Map) -> float:
    """Similarity, or histogram intersection: sum_i min(P_i, Q_i) of both maps with sum 1.

    A map with negative values is shifted to a minimum of 0 first; an all-zero map counts as
    uniform. Judd et al., *A benchmark of computational models of saliency*, MIT 2012.

    Args:
        saliency: (h, w).
        density: (h, w), with a positive sum.

    Returns:
        0..1; 1 at best.
    """
    _check_same_shape(saliency, density)
    p, q = _as_distribution(saliency), _as_distribution(density)
    if p is None or q is None or density.sum() <= 0:
        return float("nan")
    return float(np.minimum(p, q).sum())


def kld(saliency: Map, density: Map) -> float:
    """Kullback-Leibler divergence of the map P from the density Q, in nats.

    KLD = sum_i Q_i log(eps + Q_i / (P_i + eps)), both maps with sum 1, eps = `EPSILON`: the
    image-based form of Bylinskii et al. and of the MIT benchmark. Up to 0.1.0, eps was 1.2e-7,
    which gives smaller values where P is nearly zero.

    Args:
        saliency: (h, w); negative values and all-zero maps as in `sim`.
        density: (h, w), with a positive sum.

    Returns:
        0 at best; at most about 36.
    """
    _check_same_shape(saliency, density)
    p, q = _as_distribution(saliency), _as_distribution(density)
    if p is None or q is None or density.sum() <= 0:
        return float("nan")
    return float((q * np.log(EPSILON + q / (p + EPSILON))).sum())


def _pixels(saliency: Map, fixations: Map) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Columns and rows of the fixations that lie on the map."""
    _check_map(saliency)
    height, width = saliency.shape
    points = np.asarray(fixations, np.float64)
    if points.size and (points.ndim != 2 or points.shape[1] != 2):
        raise UsageError(
            tr("Fixations have the shape {shape}, not (n, 2).").format(shape=points.shape),
            tr("Give x and y alone."),
        )
    x, y = np.floor(points.reshape(-1, 2)).T
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)  # not NaN either
    return x[inside].astype(np.intp), y[inside].astype(np.intp)


def _check_map(saliency: Map) -> None:
    if saliency.ndim != 2:
        raise UsageError(
            tr("A map has the shape {shape}, not (h, w).").format(shape=saliency.shape),
            tr("Give one map at a time."),
        )


def _check_same_shape(saliency: Map, other: Map) -> None:
    _check_map(saliency)
    if saliency.shape != other.shape:
        raise UsageError(
            tr("The maps have the shapes {first} and {second}.").format(
                first=saliency.shape, second=other.shape
            ),
            tr("Resize one map to the shape of the other."),
        )


def _at_fixations(saliency: Map, fixations: Map) -> NDArray[np.float64]:
    x, y = _pixels(saliency, fixations)
    return np.asarray(saliency[y, x], np.float64)


def _as_distribution(values: Map) -> NDArray[np.float64] | None:
    """The map with sum 1; None where it holds NaN or infinity."""
    shifted = np.asarray(values, np.float64)
    if not np.isfinite(shifted).all():
        return None
    if shifted.min() < 0:
        shifted = shifted - shifted.min()
    total = float(shifted.sum())
    return shifted / total if total > 0 else np.full(shifted.shape, 1 / shifted.size)
