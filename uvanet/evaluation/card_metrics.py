"""The metrics of a model card: every metric on the project's own splits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from uvanet.data import find_who_to_look_at as talk
from uvanet.data.fixations import read_split
from uvanet.data.gaze import GazeSet
from uvanet.evaluation.baselines import center_prior
from uvanet.evaluation.bootstrap import draw_weights, intervals
from uvanet.evaluation.evaluator import METRICS, evaluate_predictors

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from uvanet.evaluation.predictors import Predictor
    from uvanet.model_card import Metrics

CardSet = Literal["val", "test", "talk"]
CARD_SETS: tuple[CardSet, ...] = ("val", "test", "talk")


def card_metrics(
    predictors: Sequence[Predictor], root: Path, sets: Sequence[CardSet] = CARD_SETS
) -> Metrics:
    """Evaluates predictors for their cards.

    Args:
        predictors: What is evaluated.
        root: The data, as `find_root` gives it.
        sets: "val" and "test" are splits of the still pictures; "talk", clips of people talking,
            is left out where its folder does not exist.

    Returns:
        Set to predictor to metric to mean, rounded to 4 decimals, without undefined metrics;
        `nss_low` and `nss_high` are the ends of the 95 % interval of NSS.
    """
    result: Metrics = {}
    baseline = center_prior(read_split(root, "train"))
    for name in sets:
        if name == "talk":
            if not (root / "talk").is_dir():
                continue
            data = talk.read(root / "talk")
        else:
            data = GazeSet(name, pictures=read_split(root, name))
        scores = evaluate_predictors(data, predictors, baseline=baseline)
        weights = draw_weights(scores.clips())
        result[name] = {}
        for row, values in scores.values.items():
            found = intervals(values, METRICS, weights)
            means = {metric: round(one.mean, 4) for metric, one in found.items() if one.n}
            if found["nss"].n:
                means["nss_low"] = round(found["nss"].low, 4)
                means["nss_high"] = round(found["nss"].high, 4)
            result[name][row] = means
    return result
