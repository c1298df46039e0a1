"""Metrics: equal to pysaliency's, and NaN where they are undefined."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from uvanet import metrics
from uvanet.errors import UsageError

if TYPE_CHECKING:
    from types import ModuleType

SHAPE = (30, 40)


@pytest.fixture
def saliency() -> np.ndarray:
    return np.random.default_rng(1).random(SHAPE).astype(np.float32)


@pytest.fixture
def density() -> np.ndarray:
    field = np.random.default_rng(2).random(SHAPE).astype(np.float32) ** 3
    return field / field.sum()


@pytest.fixture
def fixations() -> np.ndarray:
    rng = np.random.default_rng(3)
    return np.column_stack([rng.uniform(0, 40, 25), rng.uniform(0, 30, 25)]).astype(np.float32)


def test_nss_is_pysaliencys(
    pysaliency: ModuleType, saliency: np.ndarray, fixations: np.ndarray
) -> None:
    x, y = fixations.astype(int).T
    expected = pysaliency.metrics.NSS(saliency, x, y).mean()
    assert metrics.nss(saliency, fixations) == pytest.approx(expected, rel=1e-5)


def test_cc_is_pysaliencys(
    pysaliency: ModuleType, saliency: np.ndarray, density: np.ndarray
) -> None:
    assert metrics.cc(saliency, density) == pytest.approx(
        pysaliency.metrics.CC(saliency, density), rel=1e-5
    )


def test_sim_is_pysaliencys(
    pysaliency: ModuleType, saliency: np.ndarray, density: np.ndarray
) -> None:
    for lift in (0.0, -0.5):
        expected = pysaliency.metrics.SIM(
            (saliency + lift).astype(np.float64), density.astype(np.float64)
        )
        assert metrics.sim(saliency + lift, density) == pytest.approx(expected, rel=1e-5)


def test_kld_is_the_mit_form_of_pysaliency(
    pysaliency: ModuleType, saliency: np.ndarray, density: np.ndarray
) -> None:
    """With pysaliency's own constants; none is passed to it."""
    p, q = saliency.astype(np.float64), density.astype(np.float64)
    assert metrics.kld(p, q) == pytest.approx(pysaliency.metrics.MIT_KLDiv(p, q), rel=1e-9)
    # Zeros in the map are where the constant matters.
    sparse = np.where(p > 0.9, p, 0.0)
    with np.errstate(divide="ignore"):
        expected = pysaliency.metrics.MIT_KLDiv(sparse, q)
    assert expected > 10
    assert metrics.kld(sparse, q) == pytest.approx(expected, rel=1e-9)


def test_kld_of_a_sparse_large_map_is_the_published_value(pysaliency: ModuleType) -> None:
    """0.1.0 gave 0.684 where 1.517 is right: its constant was 1.2e-7."""
    rng = np.random.default_rng(0)
    marks = np.zeros((768, 1024))
    marks[rng.integers(0, 768, 60), rng.integers(0, 1024, 60)] = 1
    wide, narrow = (cv2.GaussianBlur(marks, (0, 0), sigma) for sigma in (29, 12))
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = pysaliency.metrics.MIT_KLDiv(narrow + 1e-300, wide + 1e-300)
    assert metrics.kld(narrow, wide) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("shape", [(30, 40), (1080, 1920)])
def test_kld_of_a_map_from_itself_is_zero(shape: tuple[int, int]) -> None:
    field = cv2.GaussianBlur(np.random.default_rng(4).random(shape) ** 20, (0, 0), 3)
    assert metrics.kld(field, field) == pytest.approx(0, abs=1e-9)


def test_information_gain_is_pysaliencys(
    pysaliency: ModuleType, saliency: np.ndarray, fixations: np.ndarray
) -> None:
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    prior = np.exp(-((x - 20) ** 2 + (y - 15) ** 2) / 200)

    class Density(pysaliency.Model):
        def __init__(self, values: np.ndarray) -> None:
            super().__init__()
            self.values = np.log(values.astype(np.float64) / values.sum(dtype=np.float64))

        def _log_density(self, stimulus: np.ndarray) -> np.ndarray:
            return self.values

    stimuli = pysaliency.Stimuli([np.zeros((*SHAPE, 3), np.uint8)])
    points = pysaliency.Fixations.create_without_history(*fixations.T, np.zeros(25, int))
    expected = Density(saliency).information_gain(stimuli, points, baseline_model=Density(prior))
    assert metrics.information_gain(saliency, fixations, prior) == pytest.approx(expected, rel=1e-5)
    assert metrics.information_gain(prior, fixations, prior) == 0


def test_auc_judd_is_pysaliencys(
    pysaliency: ModuleType, saliency: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    # pysaliency uses a name that NumPy 2 removed.
    monkeypatch.setattr(np, "trapz", np.trapezoid, raising=False)
    # Each pixel is fixated at most once, which both count alike.
    points = np.random.default_rng(5).permutation(SHAPE[0] * SHAPE[1])[:30]
    y, x = np.divmod(points, SHAPE[1])
    values = saliency[y, x].astype(np.float64)
    others = np.delete(saliency.ravel(), points).astype(np.float64)
    expected, _, _ = pysaliency.roc.general_roc(values, others, judd=1)
    assert metrics.auc_judd(saliency, np.column_stack([x, y])) == pytest.approx(expected, abs=2e-3)


def test_auc_shuffled_is_pysaliencys(
    pysaliency: ModuleType, saliency: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its negatives are all fixations on other pictures, stretched to this picture's size."""
    monkeypatch.setattr(np, "trapz", np.trapezoid, raising=False)
    rng = np.random.default_rng(6)
    sizes = [SHAPE, (60, 20), (45, 45)]
    of = np.repeat([0, 1, 2], 20)
    x = rng.random(60) * np.array([size[1] for size in sizes])[of]
    y = rng.random(60) * np.array([size[0] for size in sizes])[of]

    class Model(pysaliency.SaliencyMapModel):
        def _saliency_map(self, stimulus: np.ndarray) -> np.ndarray:
            # Coarse values, which give ties.
            return np.round(saliency, 1).astype(np.float64)

    stimuli = pysaliency.Stimuli([np.zeros((*size, 3), np.uint8) for size in sizes])
    fixations = pysaliency.Fixations.create_without_history(x, y, of)
    elsewhere = pysaliency.saliency_map_models.FullShuffledNonfixationProvider(stimuli, fixations)
    expected = Model().AUC(stimuli, fixations[of == 0], nonfixations=elsewhere)
    own, rest = of == 0, of > 0
    scale = np.array([[SHAPE[1] / sizes[n][1], SHAPE[0] / sizes[n][0]] for n in of[rest]])
    others = np.column_stack([x[rest], y[rest]]) * scale
    measured = metrics.auc_shuffled(
        np.round(saliency, 1), np.column_stack([x[own], y[own]]), others
    )
    assert measured == pytest.approx(expected, rel=1e-6)


def test_a_center_prior_scores_chance_in_shuffled_auc() -> None:
    rng = np.random.default_rng(7)
    middle, here = rng.normal([20, 15], 3, (200, 2)), rng.normal([26, 18], 1, (40, 2))
    y, x = np.mgrid[:30, :40]
    prior = np.exp(-((x - 19.5) ** 2 + (y - 14.5) ** 2) / 50)
    knowing = np.exp(-((x - 25.5) ** 2 + (y - 17.5) ** 2) / 50)
    assert metrics.auc_judd(prior, middle) > 0.9
    assert metrics.auc_shuffled(prior, middle, middle) == pytest.approx(0.5)
    assert metrics.auc_shuffled(prior, here, middle) < 0.5
    assert metrics.auc_shuffled(knowing, here, middle) > 0.9


def test_a_map_equal_to_the_density_scores_best(density: np.ndarray) -> None:
    assert metrics.cc(density, density) == pytest.approx(1)
    assert metrics.sim(density, density) == pytest.approx(1)
    assert metrics.kld(density, density) == pytest.approx(0, abs=1e-9)
    peak = np.zeros(SHAPE)
    peak[4, 7] = 1
    assert metrics.auc_judd(peak, np.array([[7.5, 4.5]])) == 1


@pytest.mark.parametrize("value", [0.0, 1.0, 0.3, 1e6])
def test_a_constant_map_scores_chance(
    value: float, density: np.ndarray, fixations: np.ndarray
) -> None:
    flat = np.full(SHAPE, value, np.float32)
    assert metrics.nss(flat, fixations) == 0
    assert metrics.auc_judd(flat, fixations) == 0.5
    assert metrics.auc_shuffled(flat, fixations, fixations[::-1]) == 0.5
    assert metrics.cc(flat, density) == pytest.approx(0, abs=1e-9)
    assert 0 < metrics.sim(flat, density) < 1


def test_undefined_metrics_are_nan(
    saliency: np.ndarray, density: np.ndarray, fixations: np.ndarray
) -> None:
    none, outside = np.empty((0, 2), np.float32), np.array([[-1.0, 5.0], [40.0, 5.0]])
    broken = saliency.copy()
    broken[3, 3] = np.nan
    for points in (none, outside):
        assert math.isnan(metrics.nss(saliency, points))
        assert math.isnan(metrics.auc_judd(saliency, points))
        assert math.isnan(metrics.auc_shuffled(saliency, points, fixations))
        assert math.isnan(metrics.auc_shuffled(saliency, fixations, points))
    assert math.isnan(metrics.information_gain(saliency, none, density))
    assert math.isnan(metrics.information_gain(broken, fixations, density))
    assert math.isnan(metrics.information_gain(saliency, fixations, broken))
    assert math.isnan(metrics.nss(broken, fixations))
    assert math.isnan(metrics.auc_judd(broken, fixations))
    assert math.isnan(metrics.auc_shuffled(broken, fixations, fixations))
    for metric in (metrics.cc, metrics.sim, metrics.kld):
        assert math.isnan(metric(broken, density))
        assert math.isnan(metric(saliency, np.zeros(SHAPE, np.float32)))


@pytest.mark.parametrize("shape", [(1, 40), (30, 1), (40, 30), (1, 30, 40), (1200,)])
def test_maps_of_different_shapes_are_refused(shape: tuple[int, ...]) -> None:
    saliency, density = np.ones((30, 40)), np.ones(shape)
    for metric in (metrics.cc, metrics.sim, metrics.kld):
        with pytest.raises(UsageError, match=r"shapes \(30, 40\) and"):
            metric(saliency, density)
    with pytest.raises(UsageError, match=r"shapes \(30, 40\) and"):
        metrics.information_gain(saliency, np.array([[3.0, 4.0]]), density)


def test_a_batch_of_maps_is_refused() -> None:
    with pytest.raises(UsageError, match=r"not \(h, w\)"):
        metrics.nss(np.ones((2, 30, 40)), np.array([[3.0, 4.0]]))


@pytest.mark.parametrize("shape", [(2, 3), (4, 3), (6,), (2, 2, 2)])
def test_fixations_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    """Such as x, y and duration: read two by two they would score other points."""
    for metric in (metrics.nss, metrics.auc_judd):
        with pytest.raises(UsageError, match=r"not \(n, 2\)"):
            metric(np.eye(5), np.ones(shape))


def test_fixations_that_are_not_finite_lie_outside() -> None:
    saliency = np.arange(12.0).reshape(3, 4)
    points = np.array([[np.nan, 1], [1, np.inf], [2, 1], [1e300, 0]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert metrics.nss(saliency, points) == metrics.nss(saliency, points[2:3])


def test_fixations_are_rounded_down_to_pixels() -> None:
    peak = np.zeros(SHAPE, np.float32)
    peak[10, 20] = 1
    assert metrics.nss(peak, np.array([[20.99, 10.99]])) > 10
    assert metrics.nss(peak, np.array([[21.0, 10.0]])) < 0
