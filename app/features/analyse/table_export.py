"""Tables of the measured values: tab-separated for the clipboard, CSV for files."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from app.shell.context import Fact, FactKind
from app.ui.i18n import tr
from uvanet import atomic_io
from uvanet.analysis import entropy, peak
from uvanet.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from uvanet.analysis import Record, Region


def map_facts(saliency: NDArray[np.float32]) -> list[Fact]:
    """Peak and spread of a map: float32, shape (h, w), 0..1."""
    x, y = peak(saliency)
    return [
        Fact(tr("Peak x (0..1)"), f"{x:.4f}", FactKind.PRIVATE),
        Fact(tr("Peak y (0..1)"), f"{y:.4f}", FactKind.PRIVATE),
        Fact(tr("Spread (0..1)"), f"{entropy(saliency):.4f}", FactKind.PRIVATE),
    ]


def region_facts(regions: Sequence[Region], now: Sequence[float], record: Record) -> list[Fact]:
    """The numbers of each region.

    Args:
        regions: The regions.
        now: Their shares of the current map.
        record: What was seen of the clip.
    """
    result = []
    for region, share in zip(regions, now, strict=True):
        name, summary = region.name.replace("\t", " "), record.summary(region)
        first = "" if summary.first is None else f"{summary.first:.3f}"
        result += [
            Fact(tr("{name}: share now").format(name=name), f"{share:.4f}", FactKind.PRIVATE),
            Fact(
                tr("{name}: mean share").format(name=name),
                f"{summary.share:.4f}",
                FactKind.PRIVATE,
            ),
            Fact(tr("{name}: entries").format(name=name), str(summary.entries), FactKind.PRIVATE),
            Fact(tr("{name}: first peak (s)").format(name=name), first, FactKind.PRIVATE),
        ]
    return result


def numbers_text(facts: Iterable[Fact]) -> str:
    """One line per fact: name, tab, value; pastes into a spreadsheet as two columns."""
    copied = [fact for fact in facts if fact.kind is not FactKind.TECHNICAL]
    return "\n".join(f"{fact.name}\t{fact.value}" for fact in copied) + "\n"


def shares_csv(regions: Sequence[Region], record: Record) -> str:
    """A row for each moment seen: time, spread, change, peak, and the share of each region."""
    series = record.series()
    columns = [record.shares(region) for region in regions]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["seconds", "entropy", "change", "peak_x", "peak_y", *(region.name for region in regions)]
    )
    for row, seconds in enumerate(series.seconds):
        writer.writerow(
            [
                f"{seconds:.3f}",
                f"{series.entropy[row]:.4f}",
                f"{series.change[row]:.4f}",
                *(f"{value:.4f}" for value in series.peaks[row]),
                *(f"{column[row]:.4f}" for column in columns),
            ]
        )
    return text.getvalue()


def regions_csv(regions: Sequence[Region], record: Record) -> str:
    """A row for each region: its mean share, how often the peak came in, and when it did first."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["region", "mean_share", "entries", "first_peak_seconds"])
    for region in regions:
        summary = record.summary(region)
        first = "" if summary.first is None else f"{summary.first:.3f}"
        writer.writerow([region.name, f"{summary.share:.4f}", summary.entries, first])
    return text.getvalue()


def write_text(path: Path, text: str) -> None:
    """Writes a text file atomically.

    Raises:
        OutputError: It cannot be written; names the path.
    """
    try:
        atomic_io.write_text(path, text)
    except OSError as error:
        raise OutputError(
            tr("The numbers cannot be saved to {path}: {reason}.").format(
                path=path, reason=error.strerror or error
            ),
            tr("Choose another folder."),
        ) from error
