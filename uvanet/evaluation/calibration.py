"""Chooses the scale of a model's logits and the strength of its center bias after training.

Trained maps are flatter than those with the best NSS. Scaling logits by a factor s (a temperature
of 1 / s) raises densities to the power s. It keeps the order of pixels, and with it both AUCs.

Students see crops and labels of other pictures while they train, so that their center bias is too
weak for whole pictures. With 0.4 times the logarithm of the mean gaze of `train` added to the
logits of `uvanet-64`, shown at 88 pixels, NSS on `val` rises from 2.140 to 2.182 and CC from .663
to .686; on `talk`, which had no part in the choice, NSS rises from 4.58 to 4.69. A spatial teacher
gains nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from uvanet.evaluation.evaluator import mean_of, resize_map
from uvanet.metrics import cc, nss

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from uvanet.data.fixations import GazePicture

MIN_SCALE, MAX_SCALE = 0.25, 8.0
"""Bounds of the search; the best values of trained models lie well inside them."""

CC_KEPT = 0.99
"""Share of the best mean CC that must be kept."""

NSS_KEPT = 0.999
"""Share of the best mean NSS that must be kept by a stronger center bias. Smaller differences are
noise, and a stronger center bias gives calmer maps: of `uvanet-128`, strengths of 0, 0.1 and 0.2
have NSS 2.4083, 2.4077 and 2.4004 on `val`, and CC .714, .719 and .721."""

STEP = 0.02
"""Relative width of the interval at which the search ends; NSS varies by less than .0005 in it."""

CENTER_SIDE = 8
"""Side of a center bias; `uvanet.models.student.Head` has one of this size."""

GAINS = tuple(tenths / 10 for tenths in range(11))
"""The strengths of the center bias that `best_calibration` compares."""

_GOLDEN = (5**0.5 - 1) / 2


class Calibration(NamedTuple):
    """What is done to a model's logits: first the center bias is added, then they are scaled.

    Attributes:
        center_gain: Factor of `log_center`, one of `GAINS`.
        logit_scale: See `best_logit_scale`.
    """

    center_gain: float
    logit_scale: float


def best_logit_scale(
    predict: Callable[[NDArray[np.uint8]], NDArray[np.float32]], pictures: Sequence[GazePicture]
) -> float:
    """Chooses the logit scale with the best mean NSS at a mean CC that is nearly the best.

    Rule: mean CC must be at least `CC_KEPT` of its best value over all scales. The best NSS alone
    would give maps more peaked than the density of gaze: on `val`, CC of `uvanet-64` is best at
    1.12 (.685), NSS at 1.6 (2.022, CC .669); the rule gives 1.4 (2.016, CC .679).

    Args:
        predict: Function from RGB, uint8, (h, w, 3) to a density, (h', w'), of any scale.
        pictures: With gaze; not those of the test split.

    Returns:
        A factor, `MIN_SCALE`..`MAX_SCALE`, rounded to 2 decimals.
    """
    return _best_scale([_Sample.of(predict, picture) for picture in pictures])


def best_calibration(
    predict: Callable[[NDArray[np.uint8]], NDArray[np.float32]],
    pictures: Sequence[GazePicture],
    center: NDArray[np.float32],
) -> Calibration:
    """Chooses the strength of the center bias by mean NSS at `best_logit_scale`.

    Rule: the largest strength of `GAINS` that keeps `NSS_KEPT` of the best mean NSS.

    Args:
        predict: See `best_logit_scale`.
        pictures: With gaze; not those of the test split.
        center: See `log_center`; of other pictures.
    """
    samples = [_Sample.of(predict, picture) for picture in pictures]
    found = []
    for gain in GAINS:
        moved = [sample.moved(gain * center) for sample in samples]
        scale = _best_scale(moved)
        found.append((_mean_nss(moved, scale), Calibration(gain, scale)))
    best, _ = max(found)
    return max(calibration for value, calibration in found if value >= NSS_KEPT * best)


def log_center(density: NDArray[np.float32]) -> NDArray[np.float32]:
    """The logarithm of a density of gaze, as a center bias of logits.

    Args:
        density: Mean gaze of many pictures, (h, w), see `uvanet.evaluation.baselines.mean_gaze`.

    Returns:
        float32, (`CENTER_SIDE`, `CENTER_SIDE`), with mean 0.
    """
    small = cv2.resize(density, (CENTER_SIDE, CENTER_SIDE), interpolation=cv2.INTER_AREA)
    logits = np.log(np.maximum(small, 1e-6 * small.max()))
    return np.asarray(logits - logits.mean(), np.float32)


def _mean_nss(samples: Sequence[_Sample], scale: float) -> float:
    return mean_of(np.array([sample.nss(scale) for sample in samples]))


def _best_scale(samples: Sequence[_Sample]) -> float:
    def mean_nss(scale: float) -> float:
        return _mean_nss(samples, scale)

    def mean_cc(scale: float) -> float:
        return mean_of(np.array([sample.cc(scale) for sample in samples]))

    allowed = golden_section(mean_cc, MIN_SCALE, MAX_SCALE)
    best = golden_section(mean_nss, MIN_SCALE, MAX_SCALE)
    least = CC_KEPT * mean_cc(allowed)
    if mean_cc(best) >= least:
        return round(best, 2)
    # CC falls from its best scale to that of NSS: bisect for the scale at which it is `least`.
    refused = best
    while abs(np.log(refused / allowed)) > STEP / 2:
        middle = float(np.sqrt(allowed * refused))
        if mean_cc(middle) >= least:
            allowed = middle
        else:
            refused = middle
    return round(allowed, 2)


def golden_section(value: Callable[[float], float], low: float, high: float) -> float:
    """The argument that maximizes a function with one maximum, searched on a log scale.

    Source: Kiefer, *Sequential minimax search for a maximum*, Proc. AMS 1953.

    Args:
        value: The function.
        low: Lower bound, above 0.
        high: Upper bound.
    """
    a, b = np.log(low), np.log(high)
    left, right = b - _GOLDEN * (b - a), a + _GOLDEN * (b - a)
    at_left, at_right = value(float(np.exp(left))), value(float(np.exp(right)))
    while b - a > STEP:
        if at_left >= at_right:
            b, right, at_right = right, left, at_left
            left = b - _GOLDEN * (b - a)
            at_left = value(float(np.exp(left)))
        else:
            a, left, at_left = left, right, at_right
            right = a + _GOLDEN * (b - a)
            at_right = value(float(np.exp(right)))
    return float(np.exp((a + b) / 2))


@dataclass(frozen=True, slots=True)
class _Sample:
    """A prediction and its ground truth, made once for all scales."""

    density: NDArray[np.float32]
    size: tuple[int, int]
    fixations: NDArray[np.float32]
    truth: NDArray[np.float32]

    @classmethod
    def of(
        cls, predict: Callable[[NDArray[np.uint8]], NDArray[np.float32]], picture: GazePicture
    ) -> _Sample:
        density = predict(picture.image())
        gaze = picture.gaze()
        height, width = density.shape
        return cls(density, gaze.size, picture.fixations, gaze.density_on((width, height)))

    def moved(self, logits: NDArray[np.float32]) -> _Sample:
        """The sample with logits added to those of its density."""
        height, width = self.density.shape
        added = cv2.resize(logits, (width, height), interpolation=cv2.INTER_LINEAR)
        return replace(self, density=np.asarray(self.density * np.exp(added), np.float32))

    def _scaled(self, scale: float) -> NDArray[np.float32]:
        # Relative to the largest value: powers of small densities would underflow.
        peak = max(float(self.density.max()), float(np.finfo(np.float32).tiny))
        return np.asarray((self.density / peak) ** scale, np.float32)

    def nss(self, scale: float) -> float:
        return nss(resize_map(self._scaled(scale), self.size), self.fixations)

    def cc(self, scale: float) -> float:
        return cc(self._scaled(scale), self.truth)
