"""Plots of a benchmark's result, written as SVG by matplotlib (extra `plots`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from uvanet.bench.timing import PERCENTILES
from uvanet.extras import require

Curve = tuple[str, Sequence[str], Sequence[float]]
"""Label, categories of the x axis, values."""


def write_plots(result: dict[str, Any], folder: Path, prefix: str) -> list[Path]:
    """Writes `<prefix>-<name>.svg` into an existing folder.

    Args:
        result: Result of `uvanet.bench.bench`.
        folder: The folder.
        prefix: Beginning of the file names.

    Returns:
        The paths of the files.

    Raises:
        MissingExtraError: matplotlib is not installed.
        OSError: A file cannot be written.
    """
    require("matplotlib", "plots")
    paths = []
    for name, (title, label, curves) in _plots(result).items():
        paths.append(folder / f"{prefix}-{name}.svg")
        _write(paths[-1], title, label, curves)
    return paths


def _plots(result: dict[str, Any]) -> dict[str, tuple[str, str, list[Curve]]]:
    """Title, label of the x axis and curves of each plot, by its name."""
    students = [row for row in result["network"] if row["role"] == "student"]
    frames, streams = result["frames"], result["streams"]
    latencies: list[Curve] = [
        (f"{row['model']} {engine}", [*map(str, PERCENTILES)], times["one_frame"]["percentiles_ms"])
        for row in students
        for engine, times in row["engines"].items()
        if engine != "torch"
    ]
    batches: list[Curve] = [
        (f"{engine}, {threads} threads", list(fps), list(fps.values()))
        for engine, times in students[0]["engines"].items()
        for threads, fps in times["batch_fps"].items()
    ]
    frame_sizes: list[Curve] = [
        (label, [row["frame"] for row in frames], [row[key]["p50_ms"] for row in frames])
        for key, label in (
            ("step", "whole step"),
            ("resize", "resizing"),
            ("area_filter", "area filter over every pixel"),
        )
    ]
    several: list[Curve] = [
        (label, [str(row["streams"]) for row in streams], [row[key] for row in streams])
        for key, label in (("fps", "all streams"), ("fps_each", "each stream"))
    ]
    return {
        "latency": ("One frame, one thread: milliseconds", "percentile of the frames", latencies),
        "batches": (f"{students[0]['model']}: frames per second", "batch size", batches),
        "frame-size": ("One frame, all steps: median milliseconds", "frame size", frame_sizes),
        "streams": ("720p streams at once: frames per second", "streams", several),
    }


def _write(path: Path, title: str, label: str, curves: list[Curve]) -> None:
    import matplotlib
    from matplotlib.figure import Figure

    # Text is stored as text, and equal numbers give equal files.
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "uvanet"}):
        figure = Figure(figsize=(7, 4), layout="constrained")
        axes = figure.subplots()
        for name, categories, values in curves:
            axes.plot(categories, values, marker="o", label=name)
        axes.set_title(title)
        axes.set_xlabel(label)
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_formatter("{x:,g}")
        axes.grid(visible=True, alpha=0.3)
        axes.legend()
        figure.savefig(path, metadata={"Date": None})
