"""Statistics as text: tab-separated for the clipboard, CSV for files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from app.shell.context import Fact, FactKind
from app.ui.i18n import tr
from app.ui.number_text import number_text
from uvanet.analysis import Record, Region, entropy, peak, summary_cells, summary_rows, table_names
from uvanet.csv_text import as_text_cell, csv_text


def map_facts(saliency: NDArray[np.float32]) -> list[Fact]:
    """Returns peak and spread of a map: float32, shape (h, w), values 0..1."""
    x, y = peak(saliency)
    return [
        Fact(tr("Peak x (0..1)"), number_text(x, ".4f"), FactKind.PRIVATE),
        Fact(tr("Peak y (0..1)"), number_text(y, ".4f"), FactKind.PRIVATE),
        Fact(tr("Spread (0..1)"), number_text(entropy(saliency), ".4f"), FactKind.PRIVATE),
    ]


def region_facts(regions: Sequence[Region], shares: Sequence[float], record: Record) -> list[Fact]:
    """Returns the statistics of each region.

    Args:
        regions: The regions.
        shares: Share of each region in the current map, 0..1.
        record: The maps of the clip seen so far.
    """
    result = []
    for region, name, share in zip(regions, table_names(regions), shares, strict=True):
        summary = record.summary(region)
        values = {
            tr("{name}: share now"): number_text(share, ".4f"),
            tr("{name}: mean share"): number_text(summary.share, ".4f"),
            tr("{name}: dwell (s)"): number_text(summary.dwell, ".3f"),
            tr("{name}: first look (s)"): _seconds(summary.first),
            tr("{name}: entries"): str(summary.entries),
        }
        result += [
            Fact(title.format(name=name), value, FactKind.PRIVATE)
            for title, value in values.items()
        ]
    return result


def facts_text(facts: Iterable[Fact]) -> str:
    """Returns one line per fact, with name and value as tab-separated columns."""
    copied = [fact for fact in facts if fact.kind is not FactKind.TECHNICAL]
    lines = (f"{as_text_cell(fact.name)}\t{as_text_cell(fact.value)}" for fact in copied)
    return "\n".join(lines) + "\n"


def shares_csv(regions: Sequence[Region], record: Record) -> str:
    """Returns a CSV table over time: entropy, change, peak, and the share of each region."""
    series = record.series()
    columns = [series.entropy, series.change, *series.peaks.T, *map(record.shares, regions)]
    names = [f"share:{name}" for name in table_names(regions)]
    rows = (
        [f"{seconds:.3f}", *(f"{value:.4f}" for value in values)]
        for seconds, *values in zip(series.seconds, *columns, strict=True)
    )
    return csv_text([["time_s", "entropy", "change", "peak_x", "peak_y", *names], *rows])


def regions_table(
    regions: Sequence[Region], record: Record, source: str, model: str
) -> list[Sequence[object]]:
    """Returns a table with one row per region, see `uvanet.analysis.region_summary`.

    Args:
        regions: The regions.
        record: The maps of the clip seen so far.
        source: Name of the source.
        model: Name of the model.
    """
    summaries = map(record.summary, regions)
    rows = summary_rows(source, model, record.covered, regions, summaries)
    return summary_cells(rows)


def _seconds(value: float | None) -> str:
    return "" if value is None else number_text(value, ".3f")
