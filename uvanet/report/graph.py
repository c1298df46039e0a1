"""The graph of a report as SVG: statistics and shares over time."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from uvanet.report.content import time_code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from uvanet.report.content import Report

_WIDTH, _HEIGHT = 900, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 12, 12, 30
_MAX_POINTS = 600
SPREAD_COLOR, CHANGE_COLOR = "#4c9be8", "#e0705a"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a graph: its name, color ("#rrggbb") and values, 0..1."""

    name: str
    color: str
    values: Sequence[float]


def graph_lines(report: Report) -> tuple[list[Line], list[Line]]:
    """Gives the lines of the two graphs: of the whole map, and of the regions' shares."""
    graph = report.graph
    whole = [
        Line("Spread of the attention (entropy)", SPREAD_COLOR, graph.spread),
        Line("Change since the map before", CHANGE_COLOR, graph.change),
    ]
    return whole, [Line(one.name, one.color, one.shares) for one in report.regions]


def graph_svg(seconds: Sequence[float], lines: Sequence[Line], name: str) -> str:
    """Draws lines over time, with axes in percent and time codes.

    Args:
        seconds: Times, ascending, (n,).
        lines: Values at these times.
        name: What the graph shows, for screen readers.

    Returns:
        An SVG element; text and grid have the classes "axis" and "grid".
    """
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    start, end = float(seconds[0]), max(float(seconds[-1]), float(seconds[0]) + 1e-3)
    top = scale_top(lines)

    def x(at: float) -> float:
        return _LEFT + (at - start) / (end - start) * (right - _LEFT)

    def y(value: float) -> float:
        return bottom - value / top * (bottom - _TOP)

    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{html.escape(name, quote=True)}">'
    ]
    for step in range(5):
        value = top * step / 4
        parts.append(
            f'<line class="grid" x1="{_LEFT}" x2="{right}" '
            f'y1="{y(value):.1f}" y2="{y(value):.1f}"/>'
            f'<text class="axis" x="{_LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end">'
            f"{value:.0%}</text>"
        )
    for at in time_ticks(start, end):
        anchor = "end" if x(at) > right - 20 else "middle"
        parts.append(
            f'<text class="axis" x="{x(at):.1f}" y="{_HEIGHT - 8}" text-anchor="{anchor}">'
            f"{tick_text(at)}</text>"
        )
    for line in lines:
        points = " ".join(
            f"{x(at):.1f},{y(value):.1f}" for at, value in thinned(seconds, line.values)
        )
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{line.color}" stroke-width="2"/>'
        )
    return "".join([*parts, "</svg>"])


def scale_top(lines: Sequence[Line]) -> float:
    """The highest value of the axis: 1, or less where all values are small."""
    highest = max((float(np.max(line.values)) for line in lines if len(line.values)), default=1.0)
    return next((top for top in (0.1, 0.2, 0.4, 0.6, 0.8) if highest <= top), 1.0)


def time_ticks(start: float, end: float) -> list[float]:
    """At most seven times between start and end, at round seconds."""
    steps = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
    step = next((one for one in steps if (end - start) / one <= 6), steps[-1])
    first = math.ceil(start / step - 1e-9)
    return [number * step for number in range(first, math.floor(end / step + 1e-9) + 1)]


def tick_text(seconds: float) -> str:
    """A time on the axis; hundredths where they are not zero."""
    return time_code(seconds).removesuffix(".00")


def thinned(seconds: Sequence[float], values: Sequence[float]) -> NDArray[np.float64]:
    """Gives (time, value) pairs, at most `_MAX_POINTS`: means of neighbors where there are more."""
    pairs = np.column_stack([np.asarray(seconds, np.float64), np.asarray(values, np.float64)])
    group = -(-len(pairs) // _MAX_POINTS)
    starts = np.arange(0, len(pairs), group)
    counts = np.diff(np.append(starts, len(pairs)))
    return np.asarray(np.add.reduceat(pairs, starts) / counts[:, None])
