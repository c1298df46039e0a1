"""Evaluates a data set in parts, on several processes or machines, with Dask.

A part is a clip, or some pictures. Each process reads the data set and loads the models itself, so
all machines must see the same files. The joined result equals that of `evaluate_predictors`.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from uvanet.cluster import run_tasks
from uvanet.data.fixations import Split, find_root, read_split
from uvanet.data.gaze import GazeSet
from uvanet.data.registry import read_set
from uvanet.errors import UvanetError
from uvanet.evaluation.baselines import center_prior
from uvanet.evaluation.evaluator import count_items, measure_part, negatives_of, require_gaze
from uvanet.evaluation.predictors import Predictor
from uvanet.evaluation.progress import Progress, silent
from uvanet.evaluation.registry import PRIOR, build_predictors
from uvanet.evaluation.sauc_negatives import SaucNegatives
from uvanet.evaluation.scores import Part, Scores, join_parts
from uvanet.runtime.external_onnx import ExternalOnnx

PICTURES = 32
"""Pictures of a part; they take some seconds."""


class SetSpec(NamedTuple):
    """Arguments of `uvanet.data.registry.read_set`, which can be sent to other processes."""

    name: str
    root: Path
    split: Split
    every: int

    def read(self) -> GazeSet:
        """Reads the set.

        Raises:
            UvanetError: It is missing or damaged.
        """
        return read_set(*self)


@dataclass(frozen=True, slots=True)
class EvaluationSetup:
    """Settings that all parts of an evaluation share.

    Attributes:
        data: The data set.
        rows: Row names, see `uvanet.evaluation.registry.FORMS`.
        external: ONNX models without a card, as `ExternalOnnx.parse` takes them.
        root: Data whose train split gives the center prior; None for that of UVANET_DATA.
        metrics: Names of metrics.
        seed: See `evaluate_predictors`.
    """

    data: SetSpec
    rows: tuple[str, ...]
    external: tuple[str, ...]
    root: str | None
    metrics: tuple[str, ...]
    seed: int


class _Task(NamedTuple):
    """A part: its number, and the range of its pictures or clips in the set."""

    number: int
    setup: EvaluationSetup
    pictures: tuple[int, int]
    clips: tuple[int, int]


def evaluate_parts(
    setup: EvaluationSetup, *, workers: int = 0, scheduler: str = "", progress: Progress = silent
) -> Scores:
    """Evaluates models as `evaluate_predictors` does, in parts; the human row is measured too.

    A part whose worker dies is measured again by another one.

    Args:
        setup: The data set, models and metrics.
        workers: See `uvanet.cluster.run_tasks`.
        scheduler: See `uvanet.cluster.run_tasks`.
        progress: Called for each picture and labelled frame.

    Raises:
        UvanetError: The set or a model cannot be read, or a part could not be measured.
    """
    data = setup.data.read()
    require_gaze(data)
    starts = range(0, len(data.pictures), PICTURES)
    ranges = [((start, start + PICTURES), (0, 0)) for start in starts]
    ranges += [((0, 0), (number, number + 1)) for number in range(len(data.clips))]
    tasks = [_Task(number, setup, *part) for number, part in enumerate(ranges)]
    parts: dict[int, Part] = {}
    with progress(data.name, count_items(data)) as advance:
        for task, part in run_tasks(_measure, tasks, workers=workers, scheduler=scheduler):
            if isinstance(part, UvanetError):
                raise part
            parts[task.number] = part
            for _ in range(count_items(_part_of(data, task))):
                advance()
    return join_parts([parts[number] for number in sorted(parts)])


def _part_of(data: GazeSet, task: _Task) -> GazeSet:
    pictures, clips = data.pictures[slice(*task.pictures)], data.clips[slice(*task.clips)]
    return GazeSet(data.name, pictures, clips)


def _measure(task: _Task) -> Part:
    data, rows, negatives = _prepare(task.setup)
    baseline = next((row for row in rows if row.name == PRIOR), None)
    part = _part_of(data, task)
    metrics = task.setup.metrics
    return measure_part(part, rows, metrics, negatives, baseline, lambda: None, human=True)


@functools.lru_cache(maxsize=2)
def _prepare(setup: EvaluationSetup) -> tuple[GazeSet, list[Predictor], SaucNegatives | None]:
    """The set, the predictors and the negatives; cached for the next part."""
    data = setup.data.read()

    def prior() -> Predictor:
        return center_prior(read_split(find_root(setup.root), "train"))

    external = [ExternalOnnx.parse(text) for text in setup.external]
    rows = build_predictors(setup.rows, external, prior)
    return data, rows, negatives_of(data, setup.metrics, setup.seed)
