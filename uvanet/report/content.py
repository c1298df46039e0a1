"""The content of a report, independent of its layout."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from statistics import fmean
from typing import TYPE_CHECKING

from uvanet.i18n import number_text, percent_text, tr, tr_noop
from uvanet.model_card import set_title
from uvanet.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from uvanet.analysis.region_summary import RegionSummary
    from uvanet.model_card import Card

CAUTION = tr_noop(
    "This is a prediction. A network estimated where people without a task would look on average; "
    "nobody's gaze was measured. It does not say what people think, like, understand or remember."
)
"""Limits of a prediction; all reports show this text."""

CAUTION_WITH_GAZE = tr_noop(
    "The heat maps are a prediction: a network estimated where people without a task would look on "
    "average. One section compares them with the gaze of people that was measured. Neither says "
    "what people think, like, understand or remember."
)
"""Limits of a prediction, for reports with recorded gaze."""

SCORES = {"nss": "NSS", "cc": "CC", "auc_judd": "AUC-Judd"}
"""Metrics of recorded gaze in a report, see `uvanet.metrics`, and their titles."""


@dataclass(frozen=True, slots=True)
class ReportPicture:
    """A picture with its caption.

    Attributes:
        jpeg: The picture as JPEG.
        width: Width, pixels.
        height: Height, pixels.
        caption: Time code or name.
        detail: A remark; may be empty.
    """

    jpeg: bytes
    width: int
    height: int
    caption: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ReportRegion:
    """A region with its statistics.

    Attributes:
        name: Name of the region.
        color: "#rrggbb", the same in pictures and graph.
        summary: The statistics.
        shares: Share of the region at each time of the graph, 0..1.
    """

    name: str
    color: str
    summary: RegionSummary
    shares: Sequence[float]


@dataclass(frozen=True, slots=True)
class ReportGraph:
    """Statistics over time.

    Attributes:
        seconds: Times in the source, ascending.
        spread: Entropy of the map, 0..1.
        change: Share of the attention that moved since the previous map, 0..1.
    """

    seconds: Sequence[float]
    spread: Sequence[float]
    change: Sequence[float]


@dataclass(frozen=True, slots=True)
class ReportSlide:
    """One picture of a folder.

    Attributes:
        name: Name of the file.
        picture: The picture with its heat map and regions; None if the report has too many.
        spread: Entropy of the map, 0..1.
        shares: Share of each region, 0..1.
        scores: Values of `SCORES` against recorded gaze, NaN if nobody looked; empty without gaze.
    """

    name: str
    picture: ReportPicture | None
    spread: float
    shares: Sequence[float]
    scores: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class ReportGaze:
    """Scores of the maps against recorded gaze of people.

    Attributes:
        facts: Names and values: number of people, mean of each of `SCORES`, the human row.
        has_human_row: Whether several people looked at the same, so that there is a human row.
        seconds: Times in the source, ascending; empty for pictures.
        values: Values of each of `SCORES` at these times, NaN where nobody looked.
        human: NSS with which the gaze of all other people predicts that of one person, at these
            times; NaN where it was not measured.
    """

    facts: Sequence[tuple[str, str]]
    has_human_row: bool = False
    seconds: Sequence[float] = ()
    values: Mapping[str, Sequence[float]] = field(default_factory=dict)
    human: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A report about one source.

    Attributes:
        title: Name of the source.
        date: Date of the report, for people.
        facts: Names and values that describe the source and the model.
        average: The mean heat map over a picture of the source; None for slides.
        scale: Colors of the heat map from the lowest value to the highest, "#rrggbb".
        duration: Duration of the source, seconds; 0 for a picture, which has no times.
        moments: Pictures of the times of highest change.
        regions: The regions.
        graph: Statistics over time.
        limits: Known limits of the model, one sentence each.
        settings: Name and value of each setting.
        slides: The pictures of a folder, or two designs; empty for other sources.
        compared: The slides are two designs: their table ends with the difference of both.
        gaze: Recorded gaze; None for none.
    """

    title: str
    date: str
    facts: Sequence[tuple[str, str]]
    average: ReportPicture | None
    scale: Sequence[str]
    duration: float = 0.0
    moments: Sequence[ReportPicture] = ()
    regions: Sequence[ReportRegion] = ()
    graph: ReportGraph = field(default_factory=lambda: ReportGraph((), (), ()))
    limits: Sequence[str] = ()
    settings: Sequence[tuple[str, str]] = ()
    slides: Sequence[ReportSlide] = ()
    compared: bool = False
    gaze: ReportGaze | None = None

    @property
    def caution(self) -> str:
        """The limits of a prediction."""
        return tr(CAUTION if self.gaze is None else CAUTION_WITH_GAZE)

    @property
    def version(self) -> str:
        """Name and version of the program."""
        return f"UVA-Net Live {__version__}"


def dated(report: Report) -> str:
    """The line below the title."""
    return tr("Predicted attention, {date}").format(date=report.date)


def average_title(report: Report) -> str:
    """The title of the average, or of the only map."""
    return tr("Average over the whole time") if report.duration else tr("Predicted attention")


def accuracy_text(card: Card) -> str:
    """States the accuracy of a model relative to that of people, in one sentence.

    The measure is NSS (Peters et al. 2005) on the first of the splits test, talk and val that was
    measured. The reference is the NSS with which the gaze of all other observers predicts that of
    one observer.
    """
    for split in ("test", "talk", "val"):
        measured = card.measured(split)
        if "nss" not in measured:
            continue
        values = {"data": set_title(split), "nss": measured["nss"]}
        if "human_share" not in measured:
            return tr("NSS {nss:.2f} on {data}.").format(**values)
        values["share"] = percent_text(measured["human_share"])
        if "human_share_low" not in measured or "human_share_high" not in measured:
            return tr(
                "NSS {nss:.2f} on {data}: {share} of what other people's gaze predicts."
            ).format(**values)
        low, high = (percent_text(measured[f"human_share_{end}"]) for end in ("low", "high"))
        return tr(
            "NSS {nss:.2f} on {data}: {share} of what other people's gaze predicts "
            "({low} to {high})."
        ).format(low=low, high=high, **values)
    return tr("Its accuracy is unknown; measure it with uvanet eval.")


def time_code(seconds: float) -> str:
    """Formats a time as minutes, seconds and hundredths, with hours from one hour on."""
    hundredths = max(0, round(seconds * 100))
    minutes, rest = divmod(hundredths, 6000)
    hours, minutes = divmod(minutes, 60)
    seconds_text = number_text(rest / 100, "05.2f")
    return f"{hours}:{minutes:02}:{seconds_text}" if hours else f"{minutes}:{seconds_text}"


def points_text(difference: float) -> str:
    """Formats a difference of shares, -1..1, in percentage points."""
    return tr("{points:+.1f} points").format(points=100 * difference)


def slide_heads(report: Report) -> tuple[str, ...]:
    """Heads of the table of slides."""
    scores = SCORES.values() if report.gaze is not None else ()
    return (tr("Picture"), *(region.name for region in report.regions), tr("Spread"), *scores)


def slide_rows(report: Report) -> list[tuple[str, ...]]:
    """Rows of the table of slides as text: a picture each, and the mean or difference of all."""
    rows = [
        (
            slide.name,
            *(percent_text(share, 1) for share in slide.shares),
            percent_text(slide.spread, 1),
            *("" if math.isnan(score) else number_text(score, ".2f") for score in slide.scores),
        )
        for slide in report.slides
    ]
    if report.compared:
        first, second = ((*slide.shares, slide.spread) for slide in report.slides)
        differences = (points_text(b - a) for a, b in zip(first, second, strict=True))
        return [*rows, (tr("Difference"), *differences)]
    shares = zip(*(slide.shares for slide in report.slides), strict=True)
    means = [fmean(column) for column in shares]
    spread = fmean(slide.spread for slide in report.slides)
    scores = [
        [score for score in column if not math.isnan(score)]
        for column in zip(*(slide.scores for slide in report.slides), strict=True)
    ]
    mean = (
        tr("Mean"),
        *(percent_text(share, 1) for share in means),
        percent_text(spread, 1),
        *(number_text(fmean(known), ".2f") if known else "" for known in scores),
    )
    return [*rows, mean]


SHARE_NOTE = tr_noop("Share of each region in the predicted attention.")
"""Explains the columns of regions in the table of slides."""

SPREAD_NOTE = tr_noop(
    "Spread: 0 % where one place holds all the attention, 100 % where all are equal."
)
"""Explains the column of the spread in the table of slides."""

COMPARED_NOTE = tr_noop(
    "Difference: the second minus the first, in percentage points. Less than about one point is no "
    "difference: the same picture saved anew or cropped a little changes as much."
)
"""Says what the last row of two designs means."""

GAZE_NOTE = tr_noop(
    "NSS: value of the map where people looked, in standard deviations; 0 is chance. CC: "
    "correlation with the map of their fixations, 1 at most. AUC-Judd: how well the map tells "
    "places that were looked at from others; 0.5 is chance."
)
"""Explains the scores of recorded gaze."""

HUMAN_NOTE = tr_noop(
    "The human row is the NSS with which the gaze of all other people predicts that of one; no "
    "prediction can be much better."
)
"""Explains the human row of recorded gaze."""


def slide_notes(report: Report) -> str:
    """Says what the columns and the last row of the table of slides mean."""
    notes = [SHARE_NOTE] if report.regions else []
    notes += [SPREAD_NOTE, COMPARED_NOTE] if report.compared else [SPREAD_NOTE]
    return " ".join(map(tr, notes))


def gaze_note(gaze: ReportGaze) -> str:
    """Explains the scores of recorded gaze, and the human row where there is one."""
    return " ".join(map(tr, [GAZE_NOTE, HUMAN_NOTE] if gaze.has_human_row else [GAZE_NOTE]))


def region_heads(duration: float) -> tuple[str, ...]:
    """Heads of the table of regions.

    Args:
        duration: Seconds that the statistics cover; 0 for a picture.
    """
    heads = (tr("Region"), tr("Share"))
    return (*heads, tr("Dwell"), tr("First look"), tr("Entries")) if duration else heads


def region_note(duration: float) -> str:
    """Explains the columns of the table of regions.

    Args:
        duration: Seconds that the statistics cover; 0 for a picture.
    """
    note = tr("Share: mean part of the predicted attention in the region. Regions may overlap.")
    if duration:
        note += " " + tr(
            "Dwell, first look and entries follow the highest point of the prediction: how long it "
            "lies in the region, when it first does, and how often it comes in."
        )
    return note


def region_cells(region: ReportRegion, duration: float) -> tuple[str, ...]:
    """Returns the cells of a row of the table of regions as text.

    Args:
        region: The region.
        duration: Seconds that the statistics cover; 0 for a picture.
    """
    summary = region.summary
    if not duration:
        return (region.name, percent_text(summary.share, 1))
    dwell_share = percent_text(summary.dwell / duration)
    dwell = f"{number_text(summary.dwell, '.2f')} s ({dwell_share})"
    first = tr("never") if summary.first is None else f"{number_text(summary.first, '.2f')} s"
    return (region.name, percent_text(summary.share, 1), dwell, first, str(summary.entries))
