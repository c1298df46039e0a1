"""How well a saliency map tells where people looked.

Definitions follow Bylinskii et al., *What do different evaluation metrics tell us about saliency
models?*, PAMI 2019; tests compare each with `pysaliency`. Location metrics (NSS, AUC-Judd,
shuffled AUC) take fixation points, distribution metrics (CC, SIM, KLD) take a density map.

Common to all: a map is (h, w), any real dtype, and larger means more salient. What cannot be
measured is NaN: a map that holds NaN or infinity, no fixation inside the map, a density map whose
sum is not positive. A constant map says nothing of places, so it scores what chance does: NSS 0,
CC 0, both AUCs 0.5.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Map = NDArray[np.floating]
EPSILON = float(np.finfo(np.float32).eps)


def _at_fixations(saliency: Map, fixations: Map) -> NDArray[np.float64]:
    """The map's values at the fixations that lie on it; fixations are (n, 2), x and y in pixels."""
    height, width = saliency.shape
    points = np.floor(np.asarray(fixations, np.float64).reshape(-1, 2)).astype(int)
    x, y = points[:, 0], points[:, 1]
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    return np.asarray(saliency[y[inside], x[inside]], np.float64)


def nss(saliency: Map, fixations: Map) -> float:
    """Normalised scanpath saliency: the mean z-score of the map at the fixations.

    Args:
        saliency: (h, w).
        fixations: (n, 2), x and y in pixels of the map; those outside are left out.

    Returns:
        0 at chance, larger is better, no bound.
    """
    values = _at_fixations(saliency, fixations)
    if not values.size or not np.isfinite(saliency).all():
        return float("nan")
    deviation = float(np.std(saliency, dtype=np.float64))
    if deviation < EPSILON * max(1.0, float(np.abs(saliency).max())):
        return 0.0
    return float((values.mean() - np.mean(saliency, dtype=np.float64)) / deviation)


def auc_judd(saliency: Map, fixations: Map) -> float:
    """Area under the ROC curve whose thresholds are the map's values at the fixations.

    A fixation is a hit where its value reaches the threshold; every pixel without a fixation that
    does is a false alarm. Ties count by the trapezoid between neighbouring thresholds.

    Args:
        saliency: (h, w).
        fixations: (n, 2), x and y in pixels of the map; those outside are left out.

    Returns:
        0.5 at chance, 1 at best.
    """
    values = _at_fixations(saliency, fixations)
    if not values.size or not np.isfinite(saliency).all():
        return float("nan")
    points = np.floor(np.asarray(fixations, np.float64).reshape(-1, 2)).astype(int)
    height, width = saliency.shape
    free = np.ones(saliency.shape, bool)
    inside = (
        (points[:, 0] >= 0) & (points[:, 0] < width) & (points[:, 1] >= 0) & (points[:, 1] < height)
    )
    free[points[inside, 1], points[inside, 0]] = False
    others = np.sort(np.asarray(saliency[free], np.float64))
    if not others.size:
        return float("nan")
    hits = np.sort(values)
    thresholds = np.unique(hits)[::-1]
    hit_rate = 1 - np.searchsorted(hits, thresholds, "left") / hits.size
    false_rate = 1 - np.searchsorted(others, thresholds, "left") / others.size
    return float(
        np.trapezoid(
            np.concatenate([[0.0], hit_rate, [1.0]]), np.concatenate([[0.0], false_rate, [1.0]])
        )
    )


def auc_shuffled(saliency: Map, fixations: Map, others: Map) -> float:
    """Shuffled AUC: how often a fixated place outdoes one fixated on *another* picture.

    The negatives have the centre bias of the positives, so that a map gains nothing by knowing
    the centre alone. Zhang et al., *SUN*, JoV 2008; Borji et al., TIP 2013. Borji's code draws as
    many negatives as there are fixations, a hundred times, and averages; the area for all the
    negatives at once is what that average tends to, free of the noise of drawing and of steps
    between thresholds. Which pictures the negatives come from is chosen by seed in
    `uvanet.evaluation.sauc_negatives`.

    Args:
        saliency: (h, w).
        fixations: (n, 2), x and y in pixels of the map; those outside are left out.
        others: (m, 2), fixations of other pictures, stretched to pixels of this map; likewise.

    Returns:
        0.5 at chance, 1 at best; ties count half. NaN also where no other fixation is inside.
    """
    hits = _at_fixations(saliency, fixations)
    negatives = np.sort(_at_fixations(saliency, others))
    if not hits.size or not negatives.size or not np.isfinite(saliency).all():
        return float("nan")
    below = np.searchsorted(negatives, hits, "left")
    tied = np.searchsorted(negatives, hits, "right") - below
    return float((below + 0.5 * tied).mean() / negatives.size)


def cc(saliency: Map, density: Map) -> float:
    """Pearson's linear correlation of map and density map, both (h, w); -1 to 1."""
    if not (np.isfinite(saliency).all() and np.isfinite(density).all()) or density.sum() <= 0:
        return float("nan")
    a = np.asarray(saliency, np.float64) - np.mean(saliency, dtype=np.float64)
    b = np.asarray(density, np.float64) - np.mean(density, dtype=np.float64)
    norm = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum() / norm) if norm > EPSILON**2 else 0.0


def _as_distribution(values: Map) -> NDArray[np.float64] | None:
    shifted = np.asarray(values, np.float64)
    if not np.isfinite(shifted).all():
        return None
    if shifted.min() < 0:
        shifted = shifted - shifted.min()
    total = float(shifted.sum())
    return shifted / total if total > 0 else np.full(shifted.shape, 1 / shifted.size)


def sim(saliency: Map, density: Map) -> float:
    """Similarity: the intersection of both as histograms of sum 1; 0 to 1.

    A map below zero is lifted to zero first; an all-zero map counts as the even distribution.
    """
    p, q = _as_distribution(saliency), _as_distribution(density)
    if p is None or q is None or density.sum() <= 0:
        return float("nan")
    return float(np.minimum(p, q).sum())


def kld(saliency: Map, density: Map) -> float:
    """Kullback-Leibler divergence of the map from the density map, in nats; 0 at best.

    The regularised image-based form of Bylinskii et al.: sum q log(eps + q / (p + eps)), with
    eps the float32 machine epsilon.
    """
    p, q = _as_distribution(saliency), _as_distribution(density)
    if p is None or q is None or density.sum() <= 0:
        return float("nan")
    return float((q * np.log(EPSILON + q / (p + EPSILON))).sum())
