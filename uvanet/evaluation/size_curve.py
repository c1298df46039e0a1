"""Accuracy of models against their shown size, the number of pixels of their input, and its choice.

A network trained at one size is often best at a larger one. Source: Touvron et al., *Fixing the
train-test resolution discrepancy*, NeurIPS 2019.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from uvanet.data.gaze import GazeSet
from uvanet.evaluation.bootstrap import draw_weights, intervals
from uvanet.evaluation.evaluator import evaluate_predictors
from uvanet.evaluation.predictors import StreamPredictor
from uvanet.evaluation.progress import Progress, silent
from uvanet.evaluation.registry import shown_at
from uvanet.model import Model

NSS_SLACK = 0.01
"""Largest NSS that is given up for fewer pixels."""

CC_KEPT = 0.98
"""Share of the best mean CC over the sizes that must be kept. More pixels buy NSS with CC: shown at
280 in place of 224, `uvanet-256` has NSS 2.430 and CC .712 in place of 2.328 and .722 on `val`."""


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """A model at one shown size.

    Attributes:
        model: Name of the model.
        side: Shown size: pictures are shown at about `side` squared pixels.
        ms: Time of a streaming step at this size, milliseconds.
        nss: Mean NSS of each measured set, by its name.
        nss_low: Lower ends of the 95 % intervals of NSS.
        nss_high: Upper ends.
        cc: Mean CC of each set.
    """

    model: str
    side: int
    ms: float
    nss: dict[str, float]
    nss_low: dict[str, float]
    nss_high: dict[str, float]
    cc: dict[str, float]

    def as_dict(self) -> dict[str, Any]:
        """The fields, for JSON."""
        return asdict(self)


def measure_curve(
    name: str,
    open_model: Callable[[], Model],
    sides: Sequence[int],
    sets: Sequence[GazeSet],
    step_ms: Callable[[Model], float],
    progress: Progress = silent,
) -> list[CurvePoint]:
    """Measures a model at several shown sizes; each picture is decoded once for all of them.

    Args:
        name: Name of the model.
        open_model: Loads the model anew; `shown_at` must accept it.
        sides: The shown sizes, see `CurvePoint.side`.
        sets: Data sets to measure on.
        step_ms: Measures the time of a step of a model at its input size, milliseconds.
        progress: Called for each picture and frame.

    Raises:
        UvanetError: As `shown_at` and `evaluate_predictors`.
    """
    models = {side: shown_at(open_model(), side) for side in sides}
    times = {side: step_ms(model) for side, model in models.items()}
    rows = [StreamPredictor(str(side), model) for side, model in models.items()]
    found: dict[str, dict[int, dict[str, float]]] = {
        key: {side: {} for side in sides} for key in ("nss", "nss_low", "nss_high", "cc")
    }
    for data in sets:
        scores = evaluate_predictors(data, rows, ("nss", "cc"), progress=progress)
        weights = draw_weights(scores.clips())
        for side in sides:
            means = intervals(scores.values[str(side)], scores.metrics, weights)
            found["nss"][side][data.name] = means["nss"].mean
            found["nss_low"][side][data.name] = means["nss"].low
            found["nss_high"][side][data.name] = means["nss"].high
            found["cc"][side][data.name] = means["cc"].mean
    return [
        CurvePoint(name, side, times[side], **{key: rows[side] for key, rows in found.items()})
        for side in sides
    ]


def best_side(points: Sequence[CurvePoint], data: str) -> int:
    """Chooses the shown size of a model.

    Rule: only sizes with a mean CC of at least `CC_KEPT` of the best one are allowed. Of the
    allowed sizes whose mean NSS is within `NSS_SLACK` of the best allowed one, the smallest is
    chosen.

    Args:
        points: Points of one model.
        data: Name of the set that decides: a val split.
    """
    least = CC_KEPT * max(point.cc[data] for point in points)
    allowed = [point for point in points if point.cc[data] >= least]
    best = max(point.nss[data] for point in allowed)
    return min(point.side for point in allowed if point.nss[data] >= best - NSS_SLACK)


def pareto_front(points: Sequence[CurvePoint], data: str) -> list[CurvePoint]:
    """The points for which no other point is both faster and of higher NSS, ordered by time.

    Args:
        points: Points of any models.
        data: Name of the set whose NSS counts.
    """
    front: list[CurvePoint] = []
    for point in sorted(points, key=lambda point: (point.ms, -point.nss[data])):
        if not front or point.nss[data] > front[-1].nss[data]:
            front.append(point)
    return front
