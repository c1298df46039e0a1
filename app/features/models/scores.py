"""The scores of a model card as columns of the Models dialog; each column has one data set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.ui.i18n import tr
from uvanet.model_card import set_title

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class ScoreColumn:
    """One column.

    Attributes:
        data: Key of the data set in the card.
        metric: Key of the metric.
        title: Heading.
    """

    data: str
    metric: str
    title: str

    def text(self, scores: Mapping[str, Mapping[str, float]]) -> str:
        """What the cell shows; "-" where the model was not measured on the data.

        Args:
            scores: Data set to metric to value, of one model.
        """
        value = scores.get(self.data, {}).get(self.metric)
        if value is None:
            return "-"
        if self.metric == "human_share":
            return f"{100 * value:.0f}\N{NO-BREAK SPACE}%"
        return f"{value:.2f}"

    def tip(self, scores: Mapping[str, Mapping[str, float]]) -> str:
        """The score with its interval and data set, as a sentence; empty where there is none."""
        row = scores.get(self.data, {})
        value = row.get(self.metric)
        if value is None:
            return ""
        low, high = (row.get(f"{self.metric}_{end}") for end in ("low", "high"))
        share = self.metric == "human_share"
        factor, digits = (100, 0) if share else (1, 2)
        interval = ""
        if low is not None and high is not None:
            interval = f" [{factor * low:.{digits}f}, {factor * high:.{digits}f}]"
        text = (
            tr("{value:.0f} %{interval} of what one person predicts of another, on {data}")
            if share
            else tr("{title} {value:.3f}{interval} on {data}")
        )
        return text.format(
            title=self.title, value=factor * value, interval=interval, data=set_title(self.data)
        )


SCORE_COLUMNS = (
    ScoreColumn("test", "nss", "NSS"),
    ScoreColumn("test", "human_share", "of human"),
    ScoreColumn("test", "auc_judd", "AUC-J"),
    ScoreColumn("test", "cc", "CC"),
    ScoreColumn("talk", "nss", "NSS"),
    ScoreColumn("talk", "human_share", "of human"),
    ScoreColumn("talk", "cc", "CC"),
    ScoreColumn("steady", "cc", "CC"),
)

DATA_HEADINGS = {
    "test": "Pictures (test split)",
    "talk": "People talking (talk)",
    "steady": "Steadiness",
}
"""Heading over the columns of each data set."""
