"""The evaluation loop: predictors x pictures and frames x metrics."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from uvanet import metrics
from uvanet.data.gaze import Clip, ClipFrame, Gaze, GazeSet, Picture
from uvanet.errors import UsageError, UvanetError
from uvanet.evaluation.human import HumanRow
from uvanet.evaluation.predictors import FunctionPredictor, Predictor
from uvanet.evaluation.progress import Progress, silent
from uvanet.evaluation.sauc_negatives import SaucNegatives
from uvanet.evaluation.scores import Item, Part, Scores, Skipped, join_parts
from uvanet.i18n import tr

METRICS = ("nss", "auc_judd", "auc_shuffled", "information_gain", "cc", "sim", "kld")
"""Names of functions in `uvanet.metrics`."""

_ON_DENSITY = ("cc", "sim", "kld")
_LOG = logging.getLogger(__name__)


def evaluate_predictors(
    data: GazeSet,
    predictors: Sequence[Predictor],
    names: Sequence[str] = METRICS,
    *,
    baseline: Predictor | None = None,
    human: bool = False,
    seed: int = 0,
    progress: Progress = silent,
) -> Scores:
    """Evaluates predictors on a data set; decodes each picture and clip once for all of them.

    Maps are resized to the picture's size, at which everything is measured. A picture or frame
    that is damaged, or whose label is, is left out for all predictors, logged and counted.

    Args:
        data: The data set.
        predictors: The predictors; their names must differ.
        names: Subset of `METRICS`.
        baseline: Baseline of the information gain, usually the center prior. It must be a function
            of single pictures. Without a baseline the information gain is NaN.
        human: Whether to measure the human row too, see `uvanet.evaluation.human`. The row is left
            out where observers are unknown.
        seed: Seed of the negatives of the shuffled AUC.
        progress: Called for each picture and labelled frame.

    Raises:
        UsageError: The set has no gaze, or none of it could be read.
        UvanetError: A predictor fails.
    """
    require_gaze(data)
    negatives = negatives_of(data, names, seed)
    with progress(data.name, count_items(data)) as advance:
        part = measure_part(data, predictors, names, negatives, baseline, advance, human=human)
    return join_parts([part])


def require_gaze(data: GazeSet) -> None:
    """Checks that a set has a picture or a labelled frame.

    Raises:
        UsageError: It has none.
    """
    if not count_items(data):
        raise UsageError(
            tr("{name} has no gaze to measure against.").format(name=data.name),
            tr("Choose another set."),
        )


def count_items(data: GazeSet) -> int:
    """The number of pictures and labelled frames of a set."""
    return len(data.pictures) + sum(len(clip.labelled) for clip in data.clips)


def negatives_of(data: GazeSet, names: Sequence[str], seed: int) -> SaucNegatives | None:
    """The negatives of the shuffled AUC; None where it is not among the metrics."""
    return SaucNegatives(data, seed) if "auc_shuffled" in names else None


def measure_part(
    data: GazeSet,
    predictors: Sequence[Predictor],
    names: Sequence[str],
    negatives: SaucNegatives | None,
    baseline: Predictor | None,
    advance: Callable[[], object],
    *,
    human: bool,
) -> Part:
    """Measures predictors on a part of a data set; see `evaluate_predictors`.

    Args:
        data: The part.
        predictors: The predictors.
        names: Subset of `METRICS`.
        negatives: Negatives of the shuffled AUC, from the whole set.
        baseline: See `evaluate_predictors`.
        advance: Called for each picture and labelled frame.
        human: Whether to collect the fixations for the human row.

    Raises:
        UvanetError: A predictor fails.
    """
    scores = Scores(data.name, tuple(names))
    run = _Evaluation(predictors, scores, negatives, baseline, advance, human=human)
    for picture in data.pictures:
        run.picture(picture)
    for clip in data.clips:
        run.clip(clip)
    return run.finish()


def score(
    pictures: Sequence[Picture],
    predict: Predictor | Callable[[NDArray[np.uint8]], NDArray[np.float32]],
    names: Sequence[str] = METRICS,
    *,
    baseline: Predictor | None = None,
) -> dict[str, float]:
    """Mean of each metric over pictures, for one model.

    Args:
        pictures: Pictures with fixations.
        predict: A predictor, or a function from RGB uint8 (h, w, 3) to a map of any size.
        names: Subset of `METRICS`.
        baseline: See `evaluate_predictors`.

    Returns:
        Metric to mean over the pictures on which the metric is defined.
    """
    row = predict if isinstance(predict, Predictor) else FunctionPredictor("", predict)
    scores = evaluate_predictors(GazeSet("pictures", pictures), [row], names, baseline=baseline)
    return {name: mean_of(scores.values[row.name][:, i]) for i, name in enumerate(names)}


def mean_of(values: NDArray[np.float64]) -> float:
    """Mean of the values that are not NaN; NaN where all are."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")


def resize_map(saliency: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Resizes a map to the width and height of its picture; float32, (h, w), not negative."""
    resized = cv2.resize(saliency, size, interpolation=cv2.INTER_CUBIC)
    # Cubic interpolation can give negative values beside steep peaks.
    return np.maximum(resized, 0, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class GroundTruth:
    """Ground truth of one picture or frame, shared by all predictors.

    Attributes:
        size: Width and height at which maps are measured, pixels.
        points: Fixations, (n, 2), x and y in these pixels.
        others: Negatives of the shuffled AUC, (m, 2), in the same pixels; may be empty.
        density: Density map, (h, w); may be empty where no metric needs it.
        baseline: Baseline of the information gain, (h, w), or None.
        observers: Number of the observer of each fixation, (n,), or None.
    """

    size: tuple[int, int]
    points: NDArray[np.float32]
    others: NDArray[np.float32]
    density: NDArray[np.float32]
    baseline: NDArray[np.float32] | None
    observers: NDArray[np.int32] | None

    def measure(self, saliency: NDArray[np.float32], names: Sequence[str]) -> list[float]:
        """Measures a map of any size; returns the metrics in the order of `names`."""
        resized = resize_map(saliency, self.size)
        return [self._measure(resized, name) for name in names]

    def _measure(self, resized: NDArray[np.float32], name: str) -> float:
        if name == "auc_shuffled":
            return metrics.auc_shuffled(resized, self.points, self.others)
        if name == "information_gain":
            if self.baseline is None:
                return float("nan")
            return metrics.information_gain(resized, self.points, self.baseline)
        truth = self.density if name in _ON_DENSITY else self.points
        value: float = getattr(metrics, name)(resized, truth)
        return value


class _Evaluation:
    """One pass over a data set."""

    def __init__(
        self,
        predictors: Sequence[Predictor],
        scores: Scores,
        negatives: SaucNegatives | None,
        baseline: Predictor | None,
        advance: Callable[[], object],
        *,
        human: bool,
    ) -> None:
        self._predictors = predictors
        self._scores = scores
        self._negatives = negatives
        self._baseline = baseline if "information_gain" in scores.metrics else None
        self._advance = advance
        names = [row.name for row in predictors]
        self._human = HumanRow() if human else None
        self._lists: dict[str, list[list[float]]] = {name: [] for name in names}
        scores.broken = dict.fromkeys(names, 0)
        scores.seconds = dict.fromkeys(names, 0.0)
        scores.frames = dict.fromkeys(names, 0)

    def picture(self, picture: Picture) -> None:
        self._advance()
        try:
            image = picture.image()
            truth = self._truth(picture.gaze(), image, picture.name, None)
        except UvanetError as error:
            self._skip(picture.name, str(error))
            return
        for row in self._predictors:  # before any predicts, since they may share a forward pass
            row.reset()
        for row in self._predictors:
            self._measure(row, image, 0.0, truth)
        self._done(truth, Item(picture.dataset, "", picture.name))

    def clip(self, clip: Clip) -> None:
        waiting = set(clip.labelled)
        needs = [
            {k - back for k in waiting for back in range(row.history(clip.fps) + 1)}
            for row in self._predictors
        ]
        for row in self._predictors:
            row.reset()
        reason = tr("The clip ends before this frame.")
        frames = clip.frames(waiting.union(*needs))
        while True:
            try:
                frame = next(frames, None)
            except UvanetError as error:
                # The rest of the file is unreadable; the frames before it are kept.
                reason = str(error)
                break
            if frame is None:
                break
            self._frame(clip, frame, frame.index in waiting, needs)
            if frame.index in waiting:
                waiting.remove(frame.index)
                self._advance()
        for index in sorted(waiting):
            self._skip(f"{clip.name}, frame {index}", reason)

    def _frame(self, clip: Clip, frame: ClipFrame, wanted: bool, needs: list[set[int]]) -> None:
        name = f"{clip.name}, frame {frame.index}"
        if frame.image is None:
            self._skip(name, frame.error)
            return
        truth = None
        if wanted:
            try:
                truth = self._truth(clip.gaze(frame.index), frame.image, clip.name, frame.index)
            except UvanetError as error:
                self._skip(name, str(error))
        for row, need in zip(self._predictors, needs, strict=True):
            if truth is not None:
                self._measure(row, frame.image, frame.t, truth)
            elif frame.index in need:
                began = time.perf_counter()
                row.observe(frame.image, frame.t)
                self._count(row, began)
        if truth is not None:
            self._done(truth, Item(clip.dataset, clip.name, str(frame.index)))

    def finish(self) -> Part:
        shape = (-1, len(self._scores.metrics))
        self._scores.values = {
            name: np.array(lists, np.float64).reshape(shape) for name, lists in self._lists.items()
        }
        return Part(self._scores, self._human)

    def _truth(
        self, gaze: Gaze, image: NDArray[np.uint8], name: str, index: int | None
    ) -> GroundTruth:
        size = (image.shape[1], image.shape[0])
        others = density = np.empty((0, 2), np.float32)
        if self._negatives is not None:
            others = self._negatives.of(name, index, size)
        if not set(_ON_DENSITY).isdisjoint(self._scores.metrics):
            density = gaze.density_on(size)
        baseline = None
        if self._baseline is not None:
            baseline = resize_map(self._baseline.predict(image, 0.0), size)
        return GroundTruth(size, gaze.points(size), others, density, baseline, gaze.observers)

    def _done(self, truth: GroundTruth, item: Item) -> None:
        if self._human is not None:
            self._human.add(item.group, truth.points, truth.observers, truth.others, truth.size)
        self._scores.items.append(item)

    def _measure(
        self, row: Predictor, image: NDArray[np.uint8], t: float, truth: GroundTruth
    ) -> None:
        began = time.perf_counter()
        saliency = row.predict(image, t)
        self._count(row, began)
        self._scores.broken[row.name] += not np.isfinite(saliency).all()
        self._lists[row.name].append(truth.measure(saliency, self._scores.metrics))

    def _count(self, row: Predictor, began: float) -> None:
        self._scores.seconds[row.name] += time.perf_counter() - began
        self._scores.frames[row.name] += 1

    def _skip(self, name: str, reason: str) -> None:
        _LOG.warning("left out: %s: %s", name, reason)
        self._scores.skipped.append(Skipped(name, reason))
