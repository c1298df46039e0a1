"""Pictures of a result, as SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uvanet.bench.timing import LEVELS
from uvanet.charts import Curve, chart

if TYPE_CHECKING:
    from pathlib import Path


def charts(result: dict[str, Any]) -> dict[str, str]:
    """All pictures of a result of `uvanet.bench.bench`: name to SVG."""
    network, frames = result["network"], result["frames"]
    students = [row for row in network if row["role"] == "student"]
    found = {
        "latency": chart(
            "One frame, one thread: milliseconds",
            "percent of frames that are faster",
            [
                Curve(
                    f"{row['model']} {name}", list(map(str, LEVELS)), one["one_frame"]["levels_ms"]
                )
                for row in students
                for name, one in row["engines"].items()
                if name != "torch"
            ],
        ),
        "batches": chart(
            f"{students[0]['model']} alone: frames a second, by engine and threads",
            "frames a batch",
            [
                Curve(f"{name} \N{MULTIPLICATION SIGN}{threads}", list(fps), list(fps.values()))
                for name, one in students[0]["engines"].items()
                for threads, fps in one["batch_fps"].items()
            ],
        ),
        "frame-size": chart(
            "One frame, all included: milliseconds (p50)",
            "size of the frame",
            [
                Curve(
                    title, [row["frame"] for row in frames], [row[key]["p50_ms"] for row in frames]
                )
                for key, title in (
                    ("step", "whole step"),
                    ("shrink", "shrinking"),
                    ("area_filter", "the area filter instead"),
                )
            ],
        ),
        "streams": chart(
            "720p streams at once: frames a second",
            "streams",
            [
                Curve(
                    title,
                    [str(row["streams"]) for row in result["streams"]],
                    [row[key] for row in result["streams"]],
                )
                for key, title in (("fps", "together"), ("fps_each", "each"))
            ],
        ),
    }
    if result["sizes"]:
        sides = [str(row["side"]) for row in result["sizes"]]
        values = [row["one_frame"]["p50_ms"] for row in result["sizes"]]
        found["input-size"] = chart(
            "One frame, one thread: milliseconds (p50)",
            "side of the network's input, pixels",
            [Curve("onnx", sides, values)],
        )
    return found


def write_charts(result: dict[str, Any], folder: Path, prefix: str) -> list[Path]:
    """Writes `<prefix>-<name>.svg` into an existing folder; gives the paths."""
    paths = []
    for name, text in charts(result).items():
        path = folder / f"{prefix}-{name}.svg"
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths
