"""The metrics of a model card: every metric on the project's own splits, and flicker."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from uvanet.data import find_who_to_look_at as talk
from uvanet.data.fixations import read_split
from uvanet.data.gaze import GazeSet
from uvanet.evaluation.baselines import center_prior
from uvanet.evaluation.bootstrap import Interval, draw_weights, intervals, ratio
from uvanet.evaluation.evaluator import METRICS, evaluate_predictors
from uvanet.evaluation.flicker import measure_flicker, pool_clips
from uvanet.evaluation.human import HUMAN
from uvanet.evaluation.predictors import Predictor
from uvanet.evaluation.scores import Scores
from uvanet.model_card import Metrics

CardSet = Literal["val", "test", "talk", "steady"]
CARD_SETS: tuple[CardSet, ...] = ("val", "test", "talk", "steady")
GROUP_METRICS = ("nss", "cc")
"""Metrics of the groups of a set."""


def card_metrics(
    predictors: Sequence[Predictor], root: Path, sets: Sequence[CardSet] = CARD_SETS
) -> Metrics:
    """Evaluates predictors for their cards.

    Args:
        predictors: The predictors.
        root: The data, as `find_root` gives it.
        sets: "val" and "test" are splits of the still pictures; "talk", clips of people talking,
            and "steady", the steady clips of the pools, are left out where they are missing.

    Returns:
        Set to predictor to metric to mean, rounded to 4 decimals, without undefined metrics. If the
        pictures of "test" come from several sets, each set has its own key `test/NAME`, with NSS
        and CC. `nss_low` and `nss_high` are the ends of the 95 % interval of NSS; `human_share`,
        with `_low` and `_high`, is the share of the NSS of the row `human`. `_flicker` describes
        "steady".
    """
    result: Metrics = {}
    baseline = center_prior(read_split(root, "train"))
    for name in sets:
        if name == "steady":
            result |= _flicker(predictors, root)
            continue
        if name == "talk":
            if not (root / "talk").is_dir():
                continue
            data = talk.read(root / "talk")
        else:
            data = GazeSet(name, pictures=read_split(root, name))
        scores = evaluate_predictors(data, predictors, baseline=baseline, human=True)
        result[name] = _rows(scores, np.arange(len(scores.items)), METRICS)
        groups = np.array([item.group for item in scores.items])
        for group in np.unique(groups) if name == "test" else ():
            places = np.flatnonzero(groups == group)
            if len(places) < len(groups):
                result[f"{name}/{group}"] = _rows(scores, places, GROUP_METRICS)
    return result


def _rows(
    scores: Scores, places: NDArray[np.intp], names: Sequence[str]
) -> dict[str, dict[str, float]]:
    weights = draw_weights([scores.items[i].clip for i in places])
    columns = [scores.metrics.index(name) for name in names]
    nss = scores.metrics.index("nss")
    human = scores.values.get(HUMAN)
    rows = {}
    for row, values in scores.values.items():
        found = intervals(values[places][:, columns], names, weights)
        means = {metric: round(mean.mean, 4) for metric, mean in found.items() if mean.n}
        means |= _ends("nss", found["nss"])
        if human is not None:
            share = ratio(values[places, nss], human[places, nss], weights)
            if share.n:
                means |= {"human_share": round(share.mean, 4), **_ends("human_share", share)}
        rows[row] = means
    return rows


def _flicker(predictors: Sequence[Predictor], root: Path) -> Metrics:
    """Measures the flicker of "ensemble", the prediction that users see, else of all predictors.

    Returns:
        "steady" to predictor to `cc`, the mean CC of maps 100 ms apart, with `cc_low` and
        `cc_high`, and `peak_jumps`, the share of these pairs whose peak jumps.
    """
    clips = pool_clips(root)
    if not clips:
        return {}
    seen = [row for row in predictors if row.name == "ensemble"] or list(predictors)
    return {
        "steady": {
            row: {
                "cc": round(flicker.cc.mean, 4),
                **_ends("cc", flicker.cc),
                "peak_jumps": round(flicker.jumps.mean, 4),
            }
            for row, flicker in measure_flicker(clips, seen).items()
        }
    }


def _ends(name: str, mean: Interval) -> dict[str, float]:
    if not mean.n:
        return {}
    return {f"{name}_low": round(mean.low, 4), f"{name}_high": round(mean.high, 4)}
