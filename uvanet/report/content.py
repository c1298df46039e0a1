"""The content of a report, independent of how it is laid out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from uvanet.model_card import set_title
from uvanet.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from uvanet.analysis.region_summary import RegionSummary
    from uvanet.model_card import Card

CAUTION = (
    "This is a prediction. A network estimated where people without a task would look on average; "
    "nobody's gaze was measured. It does not say what people think, like, understand or remember."
)
"""What a prediction is not; every report says so."""


@dataclass(frozen=True, slots=True)
class ReportPicture:
    """A picture with its caption.

    Attributes:
        jpeg: The picture as JPEG.
        width: In pixels.
        height: In pixels.
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
        name: As the user wrote it.
        color: "#rrggbb", the same in pictures and graph.
        summary: Its statistics.
        shares: Its share over the times of the graph, 0..1.
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
        change: Share of the attention that moved since the map before, 0..1.
    """

    seconds: Sequence[float]
    spread: Sequence[float]
    change: Sequence[float]


@dataclass(frozen=True, slots=True)
class Report:
    """A report about one source.

    Attributes:
        title: Name of the source.
        date: When it was made, for people.
        facts: Name and value of what describes the source and the model.
        average: The mean heat map over a picture of the source.
        scale: Colors of the heat map from the lowest value to the highest, "#rrggbb".
        duration: Seconds; 0 for a picture, which has no times.
        moments: Pictures of the times of highest change.
        regions: The regions.
        graph: Statistics over time.
        limits: Known limits of the model, one sentence each.
        settings: Name and value of each setting.
    """

    title: str
    date: str
    facts: Sequence[tuple[str, str]]
    average: ReportPicture
    scale: Sequence[str]
    duration: float = 0.0
    moments: Sequence[ReportPicture] = ()
    regions: Sequence[ReportRegion] = ()
    graph: ReportGraph = field(default_factory=lambda: ReportGraph((), (), ()))
    limits: Sequence[str] = ()
    settings: Sequence[tuple[str, str]] = ()

    @property
    def version(self) -> str:
        """The program and its version."""
        return f"UVA-Net Live {__version__}"


def accuracy_text(card: Card) -> str:
    """Gives the accuracy of a model beside that of people, in a sentence.

    The measure is NSS (Peters et al. 2005) on the test split; people are as good as the gaze of all
    other observers predicts that of one.
    """
    for split in ("test", "talk", "val"):
        found = card.measured(split)
        if "nss" not in found:
            continue
        text = f"NSS {found['nss']:.2f} on {set_title(split)}"
        if "human_share" in found:
            text += f": {found['human_share']:.0%} of what other people's gaze predicts"
            if "human_share_low" in found and "human_share_high" in found:
                text += f" ({found['human_share_low']:.0%} to {found['human_share_high']:.0%})"
        return f"{text}."
    return "Its accuracy is unknown; measure it with uvanet eval."


def time_code(seconds: float) -> str:
    """Formats a time as minutes, seconds and hundredths, and hours from one hour on."""
    hundredths = max(0, round(seconds * 100))
    minutes, rest = divmod(hundredths, 6000)
    hours, minutes = divmod(minutes, 60)
    clock = f"{minutes}:{rest / 100:05.2f}"
    return f"{hours}:{minutes:02}:{rest / 100:05.2f}" if hours else clock


def percent(share: float) -> str:
    """Formats a share, 0..1, in percent with one decimal."""
    return f"{share:.1%}"


REGION_HEADS = ("Region", "Share", "Dwell", "First look", "Entries")
"""Heads of the table of regions."""


def region_note(duration: float) -> str:
    """Says what the columns of the table of regions mean.

    Args:
        duration: Seconds that the statistics cover; 0 for a picture.
    """
    note = "Share: mean part of the predicted attention in the region. Regions may overlap."
    if duration:
        note += (
            " Dwell, first look and entries follow the highest point of the prediction: how long it"
            " lies in the region, when it first does, and how often it comes in."
        )
    return note


def region_cells(region: ReportRegion, duration: float) -> tuple[str, ...]:
    """Gives the cells of a row of the table of regions as text.

    Args:
        region: The region.
        duration: Seconds that the statistics cover; 0 for a picture.
    """
    one = region.summary
    if not duration:
        return (region.name, percent(one.share), "", "", "")
    dwell = f"{one.dwell:.2f} s ({one.dwell / duration:.0%})"
    first = "never" if one.first is None else f"{one.first:.2f} s"
    return (region.name, percent(one.share), dwell, first, str(one.entries))
