"""Compares the maps of an export with the recorded gaze of people, for its report."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from uvanet.data.gaze import Gaze
from uvanet.data.gaze_table import GazeTable
from uvanet.errors import UsageError
from uvanet.evaluation.bootstrap import Interval
from uvanet.evaluation.evaluate_gaze import STEP, WINDOW, GazeRows, gaze_on, named_pictures
from uvanet.evaluation.gaze_scores import GazeScores
from uvanet.i18n import number_text, percent_text, tr, tr_noop
from uvanet.report.content import SCORES, ReportGaze
from uvanet.sources import SourceInfo
from uvanet.sources.orientation import Orientation
from uvanet.video.annotated_frame import AnnotatedFrame

_KINDS = {"fixations": tr_noop("fixations"), "samples": tr_noop("samples")}


@dataclass(frozen=True, slots=True)
class RecordedGaze:
    """Recorded gaze that a report compares with, see `uvanet.video.job.Job`.

    Attributes:
        table: The gaze, in coordinates of the source before mirroring and rotation.
        offset: Seconds to add to the times of the table.
    """

    table: GazeTable
    offset: float = 0.0

    def begin(self, info: SourceInfo, orientation: Orientation, model: str) -> GazeComparison:
        """Begins a comparison, see `GazeComparison`."""
        return GazeComparison(self.table, self.offset, info, orientation, model)


class GazeComparison:
    """Measures the frames of an export one by one, as `uvanet.evaluate_gaze` does.

    Args:
        gaze: Recorded gaze, in coordinates of the source before mirroring and rotation.
        offset: Seconds to add to the times of the gaze.
        info: Facts of the source.
        orientation: How the frames of the export are mirrored and rotated.
        model: Name of the model.

    Raises:
        UsageError: The table has no gaze on the source.
    """

    def __init__(
        self,
        gaze: GazeTable,
        offset: float,
        info: SourceInfo,
        orientation: Orientation,
        model: str,
    ) -> None:
        self._gaze, self._offset, self._info = gaze.shifted(offset), offset, info
        self._orientation, self._model = orientation, model
        named = named_pictures(info.pictures, self._gaze) if info.pictures else []
        self._named = {path.name for path in named}
        if not named:
            self._gaze = gaze_on(info.title, self._gaze)
        moments = len(named) or math.ceil((info.duration or 0.0) / STEP) or 1
        self._rows = GazeRows(tuple(SCORES), moments)
        self._times: list[float] = []
        self._pictures: list[str] = []
        self._outside = 0

    def add(self, item: AnnotatedFrame) -> Sequence[float]:
        """Measures a frame.

        Returns:
            The scores of the frame, in the order of `SCORES`; NaN without gaze.
        """
        frame = item.frame
        height, width = frame.picture.shape[:2]
        size = (height, width) if self._orientation.sideways else (width, height)
        still = not self._info.plays
        own, name = self._gaze, self._info.title
        if self._info.pictures:
            name = self._info.pictures[frame.index].name
        if self._named:
            if name not in self._named:
                return [math.nan] * len(SCORES)
            own = own.of(name)
        if still or not self._times:
            self._outside += own.outside(size)
        window = 0.0 if own.kind == "fixations" else WINDOW
        at = frame.pts
        looked = own.all(size) if still else own.between(at - window / 2, at + window / 2, size)
        values = self._rows.add(item.saliency, self._turned(looked, (width, height)))
        self._times.append(at)
        self._pictures.append(name)
        return values

    def part(self) -> ReportGaze:
        """Makes the section of the report."""
        still = not self._info.plays
        try:
            scores = self._rows.scores(
                self._info.title,
                self._model,
                self._gaze,
                self._offset,
                times=[] if still else self._times,
                pictures=self._pictures if still else (),
                outside=self._outside,
            )
        except UsageError as error:
            return ReportGaze([(tr("Gaze"), f"{error.message} {error.hint}")])
        values = {name: scores.values[:, index].tolist() for index, name in enumerate(SCORES)}
        has_human_row = scores.human_share() is not None
        if still:
            return ReportGaze(_facts(scores), has_human_row)
        times, human = scores.times.tolist(), scores.human.tolist()
        return ReportGaze(_facts(scores), has_human_row, times, values, human)

    def _turned(self, gaze: Gaze, size: tuple[int, int]) -> Gaze:
        """The gaze on the mirrored and rotated frame of width and height `size`."""
        if gaze.fixations is None or not (self._orientation.mirrored or self._orientation.quarters):
            return gaze
        shares = gaze.fixations.astype(np.float64) / gaze.size
        points = self._orientation.apply_to_points(shares) * size
        return replace(gaze, size=size, fixations=points.astype(np.float32))


def _facts(scores: GazeScores) -> list[tuple[str, str]]:
    people = tr("1 person")
    if scores.persons != 1:
        people = tr("{count} people").format(count=scores.persons)
    text = tr("{kind} of {people} on {looked} of {count} moments")
    if scores.pictures:
        text = tr("{kind} of {people} on {looked} of {count} pictures")
    looked = text.format(
        kind=tr(_KINDS[scores.kind]),
        people=people,
        looked=int((scores.points > 0).sum()),
        count=len(scores.points),
    )
    facts = [(tr("Gaze"), looked)]
    means = scores.means()
    facts += [(title, _interval(means[name])) for name, title in SCORES.items()]
    share = scores.human_share()
    if share is not None:
        human = tr("NSS {nss:.2f}; the prediction has {share} of it, see below").format(
            nss=float(np.nanmean(scores.human)), share=percent_text(share.mean)
        )
        facts.append((tr("Human row"), human))
    if scores.outside:
        facts.append((tr("Not on the picture"), tr("{count} points").format(count=scores.outside)))
    if scores.offset:
        facts.append((tr("Offset of the times"), f"{number_text(scores.offset)} s"))
    return [*facts, *((tr("Assumed"), note) for note in scores.notes)]


def _interval(one: Interval) -> str:
    if math.isnan(one.low):
        return number_text(one.mean, ".2f")
    text = tr("{mean:.2f} (95 % interval {low:.2f} to {high:.2f})")
    return text.format(mean=one.mean, low=one.low, high=one.high)
