"""The one loop over pictures and frames, rows and metrics."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np

from uvanet import metrics
from uvanet.data.gaze import GazeSet
from uvanet.errors import UsageError, UvanetError
from uvanet.evaluation.predictors import FunctionPredictor, Predictor
from uvanet.evaluation.progress import silent
from uvanet.evaluation.sauc_negatives import SaucNegatives

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from uvanet.data.gaze import Clip, ClipFrame, Gaze, Picture
    from uvanet.evaluation.progress import Progress

METRICS = ("nss", "auc_judd", "auc_shuffled", "cc", "sim", "kld")
"""Each a function of `uvanet.metrics`."""

_ON_DENSITY = ("cc", "sim", "kld")
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Item:
    """What a line of values belongs to.

    Attributes:
        group: The part of the set.
        clip: The clip; empty for a picture.
        name: The picture, or the number of the frame.
    """

    group: str
    clip: str
    name: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """What could not be measured.

    Attributes:
        name: The picture, or the clip and frame.
        reason: Why, for people.
    """

    name: str
    reason: str


@dataclass(slots=True)
class Scores:
    """Every value of every row on one set.

    Attributes:
        data: The set's name.
        metrics: Names of the columns of `values`.
        items: Names of the lines of `values`.
        values: Row to (items, metrics), float64; NaN where a metric is undefined.
        skipped: Pictures and frames left out, of all rows alike.
        broken: Row to the number of its maps that hold NaN or infinity.
        seconds: Row to the time of predicting, of all frames it saw.
        frames: Row to the number of frames it saw.
    """

    data: str
    metrics: tuple[str, ...]
    items: list[Item] = field(default_factory=list)
    values: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    broken: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    frames: dict[str, int] = field(default_factory=dict)


def evaluate(
    data: GazeSet,
    rows: Sequence[Predictor],
    names: Sequence[str] = METRICS,
    *,
    seed: int = 0,
    progress: Progress = silent,
) -> Scores:
    """Measures rows on a set; each picture and clip is decoded once for all of them.

    Maps are stretched to the picture's own size, at which everything is measured. A picture or
    frame that is damaged, or whose label is, is left out for all rows, logged, and counted.

    Args:
        data: The set.
        rows: The models; their names must differ.
        names: Which of `METRICS`.
        seed: Of the negatives of the shuffled AUC.
        progress: Told of each picture or clip.

    Raises:
        UsageError: The set has no gaze, or none of it could be read.
        UvanetError: A model fails.
    """
    if not data.pictures and not any(clip.labelled for clip in data.clips):
        raise UsageError(f"{data.name} has no gaze to measure against.", "Choose another set.")
    negatives = SaucNegatives(data, seed) if "auc_shuffled" in names else None
    total = len(data.pictures) + sum(len(clip.labelled) for clip in data.clips)
    with progress(data.name, total) as advance:
        run = _Run(rows, Scores(data.name, tuple(names)), negatives, advance)
        for picture in data.pictures:
            run.picture(picture)
        for clip in data.clips:
            run.clip(clip)
    return run.finish()


def score(
    pictures: Sequence[Picture],
    predict: Predictor | Callable[[NDArray[np.uint8]], NDArray[np.float32]],
    names: Sequence[str] = METRICS,
) -> dict[str, float]:
    """Means of the metrics over pictures, for one model.

    Args:
        pictures: With fixations.
        predict: A row, or a function from RGB uint8 (h, w, 3) to a map of any size.
        names: Which of `METRICS`.

    Returns:
        Metric to mean; pictures in which a metric is undefined are left out of its mean.
    """
    row = predict if isinstance(predict, Predictor) else FunctionPredictor("", predict)
    values = evaluate(GazeSet("pictures", pictures), [row], names).values[row.name]
    return {name: mean_of(values[:, i]) for i, name in enumerate(names)}


def mean_of(values: NDArray[np.float64]) -> float:
    """The mean without what is NaN; NaN where all is."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")


def fit(saliency: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Stretches a map to width and height of its picture; float32, (h, w), from 0."""
    stretched = cv2.resize(saliency, size, interpolation=cv2.INTER_CUBIC)
    # Cubic interpolation overshoots beside steep peaks.
    return np.maximum(stretched, 0, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class _Truth:
    """What the metrics of one picture or frame need, made once for all rows."""

    size: tuple[int, int]
    points: NDArray[np.float32]
    others: NDArray[np.float32]
    density: NDArray[np.float32]

    def measure(self, saliency: NDArray[np.float32], names: Sequence[str]) -> list[float]:
        large = fit(saliency, self.size)
        values = []
        for name in names:
            if name == "auc_shuffled":
                values.append(metrics.auc_shuffled(large, self.points, self.others))
            else:
                truth = self.density if name in _ON_DENSITY else self.points
                values.append(getattr(metrics, name)(large, truth))
        return values


class _Run:
    """One pass over a set."""

    def __init__(
        self,
        rows: Sequence[Predictor],
        scores: Scores,
        negatives: SaucNegatives | None,
        advance: Callable[[], object],
    ) -> None:
        self._rows = rows
        self._scores = scores
        self._negatives = negatives
        self._advance = advance
        self._lists: dict[str, list[list[float]]] = {row.name: [] for row in rows}
        scores.broken = dict.fromkeys(self._lists, 0)
        scores.seconds = dict.fromkeys(self._lists, 0.0)
        scores.frames = dict.fromkeys(self._lists, 0)

    def picture(self, picture: Picture) -> None:
        self._advance()
        try:
            image = picture.image()
            truth = self._truth(picture.gaze(), image, picture.name, None)
        except UvanetError as error:
            self._skip(picture.name, str(error))
            return
        for row in self._rows:
            row.reset()
            self._measure(row, image, 0.0, truth)
        self._scores.items.append(Item(picture.dataset, "", picture.name))

    def clip(self, clip: Clip) -> None:
        waiting = set(clip.labelled)
        needs = [
            {k - back for k in waiting for back in range(row.history(clip.fps) + 1)}
            for row in self._rows
        ]
        for row in self._rows:
            row.reset()
        reason = "The clip ends before this frame."
        frames = clip.frames(waiting.union(*needs))
        while True:
            try:
                frame = next(frames, None)
            except UvanetError as error:
                # The file broke: what was measured before stays.
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
        for row, need in zip(self._rows, needs, strict=True):
            if truth is not None:
                self._measure(row, frame.image, frame.t, truth)
            elif frame.index in need:
                began = time.perf_counter()
                row.observe(frame.image, frame.t)
                self._count(row, began)
        if truth is not None:
            self._scores.items.append(Item(clip.dataset, clip.name, str(frame.index)))

    def finish(self) -> Scores:
        scores = self._scores
        if not scores.items:
            reason = scores.skipped[0].reason
            raise UsageError(f"Nothing of {scores.data} could be measured.", reason)
        for name, count in scores.broken.items():
            if count:
                _LOG.warning("%s gave %d maps with NaN, which are left out", name, count)
        scores.values = {name: np.array(lists) for name, lists in self._lists.items()}
        return scores

    def _truth(self, gaze: Gaze, image: NDArray[np.uint8], name: str, index: int | None) -> _Truth:
        size = (image.shape[1], image.shape[0])
        others = density = np.empty((0, 2), np.float32)
        if self._negatives is not None:
            others = self._negatives.of(name, index, size)
        if not set(_ON_DENSITY).isdisjoint(self._scores.metrics):
            density = gaze.density_on(size)
        return _Truth(size, gaze.points(size), others, density)

    def _measure(self, row: Predictor, image: NDArray[np.uint8], t: float, truth: _Truth) -> None:
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
