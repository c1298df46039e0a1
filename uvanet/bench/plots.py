"""Pictures of a result, as SVG: small, sharp at any size, and with nothing to install."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from uvanet.bench.timing import LEVELS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

WIDTH, HEIGHT = 560, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 30, 48, 44
COLOURS = ("#3b7dd8", "#d8663b", "#3ba272", "#8a5fc9", "#b0872b", "#5f6b7a")
INK, QUIET, LINE, PAPER = "#20262e", "#69737f", "#dfe3e8", "#ffffff"


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve.

    Attributes:
        name: For the legend.
        x: Values, as they are written below the axis; places are even.
        y: Values, from 0.
    """

    name: str
    x: Sequence[str]
    y: Sequence[float]


def chart(title: str, below: str, curves: Sequence[Curve]) -> str:
    """Draws curves over the same places, from 0.

    Args:
        title: What is shown, and its unit.
        below: What the places are.
        curves: At least one.

    Returns:
        The SVG's text.
    """
    places = list(dict.fromkeys(x for curve in curves for x in curve.x))
    top = _round_up(max(max(curve.y) for curve in curves))
    step = (WIDTH - LEFT - RIGHT) / max(1, len(places) - 1)

    def at(x: str, y: float) -> tuple[float, float]:
        across = LEFT + (places.index(x) * step if len(places) > 1 else step / 2)
        return round(across, 1), round(HEIGHT - BOTTOM - y / top * (HEIGHT - TOP - BOTTOM), 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="system-ui, sans-serif" font-size="11">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="8" fill="{PAPER}"/>',
        _text(LEFT - 44, 20, title, INK, size=13, weight=600),
    ]
    for share in (0, 0.25, 0.5, 0.75, 1):
        y = at(places[0], share * top)[1]
        parts.append(f'<path d="M{LEFT} {y}H{WIDTH - RIGHT}" stroke="{LINE}"/>')
        parts.append(_text(LEFT - 8, y + 4, f"{share * top:,.4g}", QUIET, anchor="end"))
    for place in places:
        parts.append(_text(at(place, 0)[0], HEIGHT - BOTTOM + 17, place, QUIET, anchor="middle"))
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, below, QUIET, anchor="middle"))
    across = float(LEFT)
    for curve, colour in zip(curves, COLOURS * len(curves), strict=False):
        points = [at(x, y) for x, y in zip(curve.x, curve.y, strict=True)]
        path = "L".join(f"{x} {y}" for x, y in points)
        parts.append(
            f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2" '
            'stroke-linejoin="round"/>'
        )
        parts += [f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' for x, y in points]
        parts.append(f'<circle cx="{across}" cy="34" r="4" fill="{colour}"/>')
        parts.append(_text(across + 9, 38, curve.name, QUIET))
        across += 26 + 6.2 * len(curve.name)
    return "\n".join([*parts, "</svg>", ""])


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


def _text(
    x: float, y: float, words: str, colour: str, *, anchor: str = "", size: int = 0, weight: int = 0
) -> str:
    more = f' text-anchor="{anchor}"' if anchor else ""
    more += f' font-size="{size}"' if size else ""
    more += f' font-weight="{weight}"' if weight else ""
    return f'<text x="{x:g}" y="{y:g}" fill="{colour}"{more}>{escape(words)}</text>'


def _round_up(value: float) -> float:
    """The next of 1, 2, 4, 6, 8, 10 times a power of ten that is not below `value`."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 4, 6, 8, 10) if step * power >= value * 0.999999)
