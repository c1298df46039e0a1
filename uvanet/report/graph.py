"""The graph of a report as SVG: statistics and shares over time."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from uvanet.i18n import number_text, tr
from uvanet.report.content import SCORES, Report, ReportGaze, time_code

_WIDTH, _HEIGHT = 900, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 12, 12, 30
_MAX_POINTS = 600
_STEPS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 25.0, 100.0)  # intervals of a score axis
SPREAD_COLOR, CHANGE_COLOR = "#4c9be8", "#e0705a"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a graph: its name, color ("#rrggbb") and values, 0..1."""

    name: str
    color: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Axis:
    """The vertical axis of a graph: its lowest and highest value, and the format of values."""

    low: float
    high: float
    text: Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Graph:
    """Lines over time, with a title and an axis."""

    title: str
    seconds: Sequence[float]
    lines: Sequence[Line]
    axis: Axis


def graphs(report: Report) -> list[Graph]:
    """Returns the graphs of the attention: of the whole map, and of the regions' shares."""
    if len(report.graph.seconds) < 2:
        return []
    whole, shares = graph_lines(report)
    titled = [(tr("Attention over time"), whole), (tr("Share of each region over time"), shares)]
    seconds = report.graph.seconds
    return [Graph(title, seconds, lines, share_axis(lines)) for title, lines in titled if lines]


def gaze_graphs(gaze: ReportGaze) -> list[Graph]:
    """Returns the graphs of recorded gaze: NSS with the human row, and the other scores."""
    if len(gaze.seconds) < 2:
        return []
    nss = [Line(tr("NSS of the prediction"), SPREAD_COLOR, gaze.values["nss"])]
    if not np.isnan(np.asarray(gaze.human, np.float64)).all():
        nss.append(Line(tr("NSS of the human row"), CHANGE_COLOR, gaze.human))
    others = [
        Line(SCORES["cc"], SPREAD_COLOR, gaze.values["cc"]),
        Line(SCORES["auc_judd"], CHANGE_COLOR, gaze.values["auc_judd"]),
    ]
    return [
        Graph(tr("NSS over time"), gaze.seconds, nss, score_axis(nss)),
        Graph(tr("CC and AUC-Judd over time"), gaze.seconds, others, score_axis(others)),
    ]


def graph_lines(report: Report) -> tuple[list[Line], list[Line]]:
    """Returns the lines of the two graphs: of the whole map, and of the regions' shares."""
    graph = report.graph
    whole = [
        Line(tr("Spread of the attention (entropy)"), SPREAD_COLOR, graph.spread),
        Line(tr("Change since the map before"), CHANGE_COLOR, graph.change),
    ]
    return whole, [Line(region.name, region.color, region.shares) for region in report.regions]


def graph_svg(graph: Graph) -> str:
    """Draws a graph as an SVG element; text and grid have the classes "axis" and "grid"."""
    seconds, axis = graph.seconds, graph.axis
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    start, end = float(seconds[0]), max(float(seconds[-1]), float(seconds[0]) + 1e-3)

    def x(at: float) -> float:
        return _LEFT + (at - start) / (end - start) * (right - _LEFT)

    def y(value: float) -> float:
        return bottom - (value - axis.low) / (axis.high - axis.low) * (bottom - _TOP)

    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{html.escape(graph.title, quote=True)}">'
    ]
    for value in axis_ticks(axis):
        parts.append(
            f'<line class="grid" x1="{_LEFT}" x2="{right}" '
            f'y1="{y(value):.1f}" y2="{y(value):.1f}"/>'
            f'<text class="axis" x="{_LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end">'
            f"{axis.text(value)}</text>"
        )
    for at in time_ticks(start, end):
        anchor = "end" if x(at) > right - 20 else "middle"
        parts.append(
            f'<text class="axis" x="{x(at):.1f}" y="{_HEIGHT - 8}" text-anchor="{anchor}">'
            f"{tick_text(at)}</text>"
        )
    for line in graph.lines:
        points = " ".join(
            f"{x(at):.1f},{y(value):.1f}" for at, value in thinned(seconds, line.values)
        )
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{line.color}" stroke-width="2"/>'
        )
    return "".join([*parts, "</svg>"])


def share_axis(lines: Sequence[Line]) -> Axis:
    """An axis of shares from 0 to 1, or to a lower value if all shares are small."""
    highest = max((float(np.max(line.values)) for line in lines if len(line.values)), default=1.0)
    top = next((top for top in (0.1, 0.2, 0.4, 0.6, 0.8) if highest <= top), 1.0)
    return Axis(0.0, top, lambda value: number_text(value, ".0%"))


def score_axis(lines: Sequence[Line]) -> Axis:
    """An axis that contains 0 and all values; NaN is ignored."""
    values = np.concatenate([[0.0], *(np.asarray(line.values, np.float64) for line in lines)])
    lowest, highest = float(np.nanmin(values)), float(np.nanmax(values))
    step = next((step for step in _STEPS if 4 * step >= highest - lowest), _STEPS[-1])
    low = step * math.floor(lowest / step)
    return Axis(low, max(low + 4 * step, step * math.ceil(highest / step)), number_text)


def axis_ticks(axis: Axis) -> list[float]:
    """Five values of an axis at equal distances."""
    return [axis.low + (axis.high - axis.low) * step / 4 for step in range(5)]


def time_ticks(start: float, end: float) -> list[float]:
    """At most seven times between start and end, at round seconds."""
    steps = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
    step = next((step for step in steps if (end - start) / step <= 6), steps[-1])
    first = math.ceil(start / step - 1e-9)
    return [number * step for number in range(first, math.floor(end / step + 1e-9) + 1)]


def tick_text(seconds: float) -> str:
    """Formats a time on the axis, with hundredths only if they are not zero."""
    return time_code(seconds).removesuffix(number_text(0, ".2f")[1:])


def thinned(seconds: Sequence[float], values: Sequence[float]) -> NDArray[np.float64]:
    """Returns at most `_MAX_POINTS` pairs of time and value, means of neighbors if there are more.

    Values that are NaN are left out.
    """
    pairs = np.column_stack([np.asarray(seconds, np.float64), np.asarray(values, np.float64)])
    pairs = pairs[~np.isnan(pairs[:, 1])]
    if not len(pairs):
        return pairs
    group = -(-len(pairs) // _MAX_POINTS)
    starts = np.arange(0, len(pairs), group)
    counts = np.diff(np.append(starts, len(pairs)))
    return np.asarray(np.add.reduceat(pairs, starts) / counts[:, None])
