"""`uvanet.evaluate`: one model on one data set, with confidence intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from uvanet.data.fixations import Split, has_fixations, read_split
from uvanet.data.registry import read_set
from uvanet.evaluation.baselines import center_prior
from uvanet.evaluation.bootstrap import Interval, draw_weights, intervals, ratio
from uvanet.evaluation.evaluator import METRICS, evaluate_predictors
from uvanet.evaluation.human import HUMAN
from uvanet.evaluation.predictors import FunctionPredictor, Predictor, StreamPredictor
from uvanet.evaluation.scores import Item, Skipped
from uvanet.model import Model, load
from uvanet.paths import expand_user


@dataclass(frozen=True, slots=True)
class EvaluationResult:
    """Accuracy of one model on one data set.

    Attributes:
        dataset: Name of the data set and its split.
        metrics: Metric to mean and 95 % interval; NaN where the set cannot measure it.
        items: The measured pictures or frames.
        values: float64, (items, metrics), in the order of `items` and `metrics`.
        skipped: Pictures and frames that could not be read.
        human_share: Mean NSS divided by that of the human row (`uvanet.evaluation.human`); None
            where observers are unknown or NSS is not among the metrics.
    """

    dataset: str
    metrics: dict[str, Interval]
    items: list[Item]
    values: NDArray[np.float64]
    skipped: list[Skipped]
    human_share: Interval | None = None


def evaluate(
    model: Model | Predictor | Callable[[NDArray[np.uint8]], NDArray[np.float32]] | str | Path,
    root: str | Path,
    *,
    dataset: str = "fixations",
    split: Split = "val",
    every: int = 15,
    metrics: Sequence[str] = METRICS,
    seed: int = 0,
) -> EvaluationResult:
    """Evaluates a model on a data set with human gaze.

    Args:
        model: A loaded model, what `uvanet.load` takes, a `Predictor`, or a function from RGB
            uint8 (h, w, 3) to a map of any size.
        root: Folder of the data set.
        dataset: Its layout, a key of `uvanet.data.registry.LAYOUTS`.
        split: Split of sets that have splits. Do not choose models or settings by "test".
        every: In clips of published sets, every n-th frame is measured.
        metrics: Subset of `uvanet.evaluation.evaluator.METRICS`. Information gain is measured on
            `fixations`, against the center prior of its train split, and is NaN elsewhere.
        seed: Seed of the negatives of the shuffled AUC and of the bootstrap.

    Raises:
        UvanetError: The model or the data set cannot be read.
    """
    root = expand_user(root)
    data = read_set(dataset, root, split, every)
    predictor = _predictor(model)
    baseline = None
    if "information_gain" in metrics and dataset == "fixations" and has_fixations(root):
        baseline = center_prior(read_split(root, "train"))
    scores = evaluate_predictors(
        data, [predictor], metrics, baseline=baseline, human="nss" in metrics, seed=seed
    )
    values, weights = scores.values[predictor.name], draw_weights(scores.clips(), seed=seed)
    means = intervals(values, metrics, weights)
    share = None
    if (human := scores.values.get(HUMAN)) is not None:
        nss = scores.metrics.index("nss")
        share = ratio(values[:, nss], human[:, nss], weights)
    return EvaluationResult(data.name, means, scores.items, values, scores.skipped, share)


def _predictor(
    model: Model | Predictor | Callable[[NDArray[np.uint8]], NDArray[np.float32]] | str | Path,
) -> Predictor:
    if isinstance(model, Predictor):
        return model
    if isinstance(model, (str, Path)):
        model = load(model)
    if isinstance(model, Model):
        return StreamPredictor(model.card.name, model)
    return FunctionPredictor("function", model)
