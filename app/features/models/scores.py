"""The scores of model cards as columns of the table; each column has one data set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.ui.i18n import tr, tr_noop
from app.ui.number_text import interval_text, percent_text, score_text
from uvanet.model_card import set_title

Scores = Mapping[str, Mapping[str, float]]
"""Data set to metric to value, of one model."""


NSS = tr_noop(
    "NSS: mean of the standardized map where people looked; 0 is chance, higher is better."
)
AUC = tr_noop(
    "AUC-J: how well the map separates fixations from other pixels; .5 is chance, 1 is perfect."
)
CC = tr_noop("CC: correlation of the map with the density of gaze; 1 is perfect.")
HUMAN = tr_noop(
    "Of human: share of the NSS with which the gaze of other people predicts that of one."
)
STEADY = tr_noop(
    "Steadiness: CC of maps 100 ms apart where the picture hardly changes; 1 does not flicker."
)


@dataclass(frozen=True, slots=True)
class ScoreColumn:
    """One column of scores.

    Attributes:
        data: Key of the data set in the card.
        metric: Key of the metric.
        title: Heading: the metric, and the data set below.
        about: Meaning of the metric, in one sentence.
    """

    data: str
    metric: str
    title: str
    about: str

    def value(self, scores: Scores) -> float | None:
        """Returns the score; None if the model was not measured on the data."""
        return scores.get(self.data, {}).get(self.metric)

    def text(self, scores: Scores) -> str:
        """Returns the text of the cell; "-" if the model was not measured on the data."""
        value = self.value(scores)
        if value is None:
            return "-"
        if self.metric == "human_share":
            return percent_text(value)
        return score_text(value)

    def tip(self, scores: Scores) -> str:
        """Returns score, interval and data set as a sentence; empty without a score."""
        value = self.value(scores)
        if value is None:
            return ""
        row = scores[self.data]
        low, high = (row.get(f"{self.metric}_{end}") for end in ("low", "high"))
        share = self.metric == "human_share"
        factor, digits = (100, 0) if share else (1, 2)
        interval = ""
        if low is not None and high is not None:
            interval = " " + interval_text(factor * low, factor * high, digits)
        text = (
            tr("{value:.0f} %{interval} of what one person predicts of another, on {data}")
            if share
            else tr("{title} {value:.3f}{interval} on {data}")
        )
        title = tr(self.about).partition(":")[0]
        return text.format(
            title=title, value=factor * value, interval=interval, data=set_title(self.data)
        )


SCORE_COLUMNS = (
    ScoreColumn("test", "nss", tr_noop("NSS,\ntest (gaze)"), NSS),
    ScoreColumn("test", "human_share", tr_noop("of human,\ntest (gaze)"), HUMAN),
    ScoreColumn("talk", "nss", tr_noop("NSS,\ntalk (gaze)"), NSS),
    ScoreColumn("talk", "human_share", tr_noop("of human,\ntalk (gaze)"), HUMAN),
    ScoreColumn("test", "auc_judd", tr_noop("AUC-J,\ntest (gaze)"), AUC),
    ScoreColumn("test", "cc", tr_noop("CC,\ntest (gaze)"), CC),
    ScoreColumn("talk", "cc", tr_noop("CC,\ntalk (gaze)"), CC),
    ScoreColumn("steady", "cc", tr_noop("Steadiness,\nvideo"), STEADY),
)
