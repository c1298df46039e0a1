"""Compares a model before and after training: paired differences, intervals and a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from uvanet import metrics
from uvanet.data.fixations import read_split
from uvanet.data.gaze import GazeSet
from uvanet.evaluation.bootstrap import Interval, draw_weights, interval
from uvanet.evaluation.evaluator import evaluate_predictors
from uvanet.evaluation.predictors import StreamPredictor
from uvanet.model import load

MIN_GAIN = 0.005
"""Smallest mean difference of CC or NSS that counts as better or worse. Smaller differences are not
visible, and rounding on some processors causes up to .0002."""

Verdict = Literal["better", "no clear difference", "worse"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Accuracy of a student before and after training.

    Attributes:
        verdict: "better" or "worse" where the 95 % interval of the paired differences excludes 0
            and their mean is at least `MIN_GAIN`.
        metric: Name of the metric, such as "CC with the teacher".
        held_out: Description of the data measured on.
        before: `mean`, `low` and `high` of the student before.
        after: The same after training.
        gain: The same of the paired differences.
        n: Number of frames or pictures.
        seconds: Duration of the training.
        forgotten: Metric to its values before and after training on the general test split; empty
            where that split was not measured.
    """

    verdict: Verdict
    metric: str
    held_out: str
    before: dict[str, float]
    after: dict[str, float]
    gain: dict[str, float]
    n: int
    seconds: float = 0.0
    forgotten: dict[str, list[float]] = field(default_factory=dict)

    @property
    def better(self) -> bool:
        """Whether the new weights should be used."""
        return self.verdict == "better"

    def text(self) -> str:
        """The verdict and its numbers in one sentence."""
        numbers = (
            f"{self.metric} on {self.held_out}: {self.before['mean']:.3f} "
            f"[{self.before['low']:.3f}, {self.before['high']:.3f}] before, "
            f"{self.after['mean']:.3f} [{self.after['low']:.3f}, {self.after['high']:.3f}] after"
        )
        return f"{self.verdict.capitalize()}. {numbers} ({self.n} frames)."

    def as_dict(self) -> dict[str, Any]:
        """The fields, for JSON."""
        return asdict(self)


def agreement(maps: NDArray[np.float32], labels: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """CC of each map with its label, at the size of the labels.

    Args:
        maps: (n, h, w).
        labels: (n, h', w').

    Returns:
        (n,), -1..1.
    """
    size = (labels.shape[2], labels.shape[1])
    values = [
        metrics.cc(
            np.maximum(cv2.resize(saliency, size, interpolation=cv2.INTER_CUBIC), 0),
            np.asarray(label, np.float32),
        )
        for saliency, label in zip(maps, labels, strict=True)
    ]
    return np.array(values)


def judge(
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    groups: Sequence[str] | NDArray[np.str_],
    held_out: str,
    *,
    metric: str = "CC with the teacher",
    seed: int = 0,
) -> Comparison:
    """Compares paired values measured on held-out data.

    Args:
        before: (n,), one value per frame pair or picture; larger is better.
        after: (n,), the same after training.
        groups: The clip or picture of each value; the bootstrap resamples these.
        held_out: Description of the data.
        metric: Name of the metric.
        seed: Seed of the bootstrap.
    """
    weights = draw_weights([str(group) for group in groups], seed=seed)
    gain = interval(after - before, weights)
    verdict: Verdict = "no clear difference"
    if gain.low > 0 and gain.mean >= MIN_GAIN:
        verdict = "better"
    elif gain.high < 0 and gain.mean <= -MIN_GAIN:
        verdict = "worse"
    return Comparison(
        verdict,
        metric,
        held_out,
        _numbers(interval(before, weights)),
        _numbers(interval(after, weights)),
        _numbers(gain),
        gain.n,
    )


def compare_on_val(before: str, after: Path, root: Path) -> Comparison:
    """NSS of two models on the pictures of `val`.

    The best epoch of the new model was chosen on the same pictures, which favors it slightly.

    Args:
        before: A model, as `uvanet.load` takes it.
        after: ONNX file of the new model, with its card beside it.
        root: The data, as `find_root` gives it.

    Raises:
        UvanetError: A model or the data is missing.
    """
    rows = [StreamPredictor("before", load(before)), StreamPredictor("after", load(after))]
    scores = evaluate_predictors(GazeSet("val", pictures=read_split(root, "val")), rows, ("nss",))
    values = [scores.values[name][:, 0] for name in ("before", "after")]
    names = [item.name for item in scores.items]
    held_out = f"the pictures of val, against {before}"
    return judge(values[0], values[1], names, held_out, metric="NSS of human gaze")


def _numbers(mean: Interval) -> dict[str, float]:
    return {
        name: round(getattr(mean, name), 4) if mean.n else 0.0 for name in ("mean", "low", "high")
    }
