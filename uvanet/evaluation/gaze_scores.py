"""Accuracy of a model on one clip, picture or folder of pictures with recorded gaze."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from uvanet.csv_text import csv_text
from uvanet.evaluation.bootstrap import Interval, draw_weights, intervals, ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from uvanet.data.gaze_table import GazeKind

BLOCK = 2.0
"""Seconds of a block that the bootstrap draws as a whole. Moments closer than this have the same
fixations and nearly the same picture: an interval over single moments would be far too narrow."""


@dataclass(frozen=True, slots=True, eq=False)
class GazeScores:
    """How well the maps of a model predict recorded gaze, moment by moment.

    Attributes:
        source: Name of the clip, picture or folder.
        model: Name of the model.
        kind: "fixations" or "samples".
        persons: Number of people.
        metrics: Columns of `values`, names of functions in `uvanet.metrics`.
        pictures: Names of the pictures, the rows of `values`; empty for a clip.
        times: Seconds in the clip, float64, (rows,); 0 for pictures.
        points: Number of fixations or samples on the picture, int64, (rows,).
        values: float64, (rows, metrics); NaN where nobody looked or a metric is undefined.
        human: NSS of the human row, see `uvanet.evaluation.human`, float64, (rows,); NaN where it
            was not measured and for fewer than two people.
        outside: Number of points that are not on the picture.
        offset: Seconds that were added to the times of the gaze.
        notes: Sentences on what was assumed.
    """

    source: str
    model: str
    kind: GazeKind
    persons: int
    metrics: tuple[str, ...]
    pictures: tuple[str, ...]
    times: NDArray[np.float64]
    points: NDArray[np.int64]
    values: NDArray[np.float64]
    human: NDArray[np.float64]
    outside: int = 0
    offset: float = 0.0
    notes: tuple[str, ...] = ()

    def means(self) -> dict[str, Interval]:
        """Metric to mean and 95 % interval.

        The bootstrap draws pictures. For a clip it draws blocks of `BLOCK` seconds, then moments in
        them.
        """
        return intervals(self.values, self.metrics, self._weights())

    def human_share(self) -> Interval | None:
        """Mean NSS divided by that of the human row on the same moments, with its interval.

        None where NSS was not measured, and for fewer than two people.
        """
        if "nss" not in self.metrics or np.isnan(self.human).all():
            return None
        nss = self.values[:, self.metrics.index("nss")]
        return ratio(nss, self.human, self._weights())

    def csv(self) -> str:
        """The rows as CSV: `time` or `picture`, `points`, the metrics, and `human_nss`."""
        first: Sequence[object] = self.pictures or [round(float(t), 4) for t in self.times]
        head = ["picture" if self.pictures else "time", "points", *self.metrics, "human_nss"]
        rows = [
            [name, int(count), *map(_cell, row), _cell(human)]
            for name, count, row, human in zip(
                first, self.points, self.values, self.human, strict=True
            )
        ]
        return csv_text([head, *rows])

    def _weights(self) -> NDArray[np.float32]:
        if self.pictures:
            return draw_weights([""] * len(self.times))
        return draw_weights([str(int(time // BLOCK)) for time in self.times])


def _cell(value: float) -> float | str:
    return "" if np.isnan(value) else round(float(value), 4)
