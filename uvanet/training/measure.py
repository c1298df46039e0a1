"""What a card says of how good a model is: every metric on every set, with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from uvanet.data import find_who_to_look_at as talk
from uvanet.data.fixations import read_split
from uvanet.data.gaze import GazeSet
from uvanet.evaluation.baselines import center_prior
from uvanet.evaluation.bootstrap import draw_weights, interval
from uvanet.evaluation.evaluator import METRICS, evaluate_predictors

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from uvanet.evaluation.predictors import Predictor

DRAWS, SEED = 2000, 0

Set = Literal["val", "test", "talk"]
Metrics = dict[str, dict[str, dict[str, float]]]


def measure(rows: Sequence[Predictor], root: Path, sets: Sequence[Set]) -> Metrics:
    """Measures rows on the shared data.

    Args:
        rows: The models.
        root: The data, as `find_root` gives it.
        sets: Of "val", "test" and "talk"; talk is left out where its folder is not there.

    Returns:
        Set to row to metric to mean, rounded; `nss_low` and `nss_high` bound the 95 % interval.
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
        scores = evaluate_predictors(data, rows, baseline=baseline)
        weights = draw_weights([item.clip for item in scores.items], DRAWS, SEED)
        result[name] = {}
        for row, values in scores.values.items():
            means = {
                metric: interval(values[:, column], weights)
                for column, metric in enumerate(METRICS)
            }
            told = {metric: round(one.mean, 4) for metric, one in means.items() if one.n}
            told["nss_low"] = round(means["nss"].low, 4)
            told["nss_high"] = round(means["nss"].high, 4)
            result[name][row] = told
    return result
