"""Numbers to take along: tab-separated for the clipboard, CSV for files."""

from __future__ import annotations

import csv
import io
import os
import tempfile
from typing import TYPE_CHECKING

from app.ui.i18n import tr
from uvanet.analysis import entropy, peak
from uvanet.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.pipeline.packets import SaliencyPacket
    from app.pipeline.stats import PipelineStats
    from uvanet.analysis import Record, Region


def numbers_text(
    packet: SaliencyPacket,
    stats: PipelineStats,
    model: str,
    regions: Sequence[Region],
    shares: Sequence[float],
    record: Record,
    agreement: Sequence[tuple[str, str]] = (),
) -> str:
    """The numbers of now, a line each: name, tab, value. Pastes into a spreadsheet as two columns.

    Args:
        packet: What is on the canvas.
        stats: The pipeline's.
        model: The network's name.
        regions: The regions.
        shares: Their shares of the attention now.
        record: What was seen of the clip.
        agreement: Names and values of how student and teacher agree.
    """
    x, y = peak(packet.saliency)
    lines: list[tuple[str, str]] = [
        (tr("Time (s)"), f"{packet.frame.pts:.3f}"),
        (tr("Frame"), str(packet.frame.index)),
        (tr("Network"), model),
        (tr("Peak x (0..1)"), f"{x:.4f}"),
        (tr("Peak y (0..1)"), f"{y:.4f}"),
        (tr("Spread (0..1)"), f"{entropy(packet.saliency):.4f}"),
        (tr("Captured (frames/s)"), f"{stats.fps_captured:.2f}"),
        (tr("Inferred (frames/s)"), f"{stats.fps_inferred:.2f}"),
        (tr("Painted (frames/s)"), f"{stats.fps_painted:.2f}"),
        (tr("Latency p50 (ms)"), _number(stats.latency_p50_ms)),
        (tr("Latency p95 (ms)"), _number(stats.latency_p95_ms)),
        (tr("Inference p50 (ms)"), _number(stats.inference_p50_ms)),
    ]
    lines += agreement
    for region, share in zip(regions, shares, strict=True):
        name, summary = region.name.replace("\t", " "), record.summary(region)
        first = "" if summary.first is None else f"{summary.first:.3f}"
        lines += [
            (tr("{name}: share now").format(name=name), f"{share:.4f}"),
            (tr("{name}: mean share").format(name=name), f"{summary.share:.4f}"),
            (tr("{name}: entries").format(name=name), str(summary.entries)),
            (tr("{name}: first peak (s)").format(name=name), first),
        ]
    return "\n".join(f"{name}\t{value}" for name, value in lines) + "\n"


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
    """Writes a text file; an existing one is replaced only when the new one is whole.

    Raises:
        OutputError: It cannot be written; names the path.
    """
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".uvanet-", suffix=".tmp")
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)
        raise OutputError(
            tr("The numbers cannot be saved to {path}: {reason}.").format(
                path=path, reason=error.strerror or error
            ),
            tr("Choose another folder."),
        ) from error


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
