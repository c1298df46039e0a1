"""Scores of an evaluation, and the joining of scores of parts of a data set."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from uvanet.errors import UsageError
from uvanet.evaluation.human import HUMAN, HumanRow
from uvanet.i18n import tr

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Item:
    """A measured picture or frame.

    Attributes:
        group: Group within the data set, such as the set from which a picture comes.
        clip: Name of the clip; empty for a picture.
        name: Name of the picture, or number of the frame.
    """

    group: str
    clip: str
    name: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A picture or frame that could not be measured.

    Attributes:
        name: The picture, or the clip and frame.
        reason: Why it could not be measured, for people.
    """

    name: str
    reason: str


@dataclass(slots=True)
class Scores:
    """All values of all predictors on one data set.

    Attributes:
        data: Name of the data set.
        metrics: Columns of `values`.
        items: Rows of `values`.
        values: Predictor to float64 (items, metrics); NaN where a metric is undefined. The human
            row, where it was measured, is the first one, `HUMAN`.
        skipped: Pictures and frames left out, the same for all predictors.
        broken: Predictor to the number of its maps with NaN or infinity.
        seconds: Predictor to its total prediction time, seconds.
        frames: Predictor to the number of frames that it processed.
    """

    data: str
    metrics: tuple[str, ...]
    items: list[Item] = field(default_factory=list)
    values: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    broken: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    frames: dict[str, int] = field(default_factory=dict)

    def clips(self) -> list[str]:
        """The clip of each item, as `uvanet.evaluation.bootstrap.draw_weights` takes them."""
        return [item.clip for item in self.items]


@dataclass(slots=True)
class Part:
    """The measurement of a part of a data set; see `join_parts`.

    Attributes:
        scores: Scores without the human row.
        human: Fixations for the human row; None where that row is not wanted.
    """

    scores: Scores
    human: HumanRow | None


def join_parts(parts: Sequence[Part]) -> Scores:
    """Joins the parts of a data set; the result equals that of one undivided measurement.

    Args:
        parts: At least one part; in the order of the set, with the same predictors and metrics.

    Raises:
        UsageError: Nothing could be measured.
    """
    joined = Scores(parts[0].scores.data, parts[0].scores.metrics)
    human = HumanRow() if parts[0].human is not None else None
    for part in parts:
        joined.items += part.scores.items
        joined.skipped += part.scores.skipped
        for name in part.scores.broken:
            joined.broken[name] = joined.broken.get(name, 0) + part.scores.broken[name]
            joined.seconds[name] = joined.seconds.get(name, 0.0) + part.scores.seconds[name]
            joined.frames[name] = joined.frames.get(name, 0) + part.scores.frames[name]
        if human is not None and part.human is not None:
            human.extend(part.human)
    if not joined.items:
        reason = joined.skipped[0].reason
        raise UsageError(
            tr("Nothing of {data} could be measured.").format(data=joined.data), reason
        )
    for name, count in joined.broken.items():
        if count:
            _LOG.warning("%s gave %d maps with NaN, which are left out", name, count)
    if human is not None and not np.isnan(values := human.values(joined.metrics)).all():
        joined.values[HUMAN] = values
    joined.values |= {
        name: np.concatenate([part.scores.values[name] for part in parts]) for name in joined.broken
    }
    return joined
