"""Charts as SVG: small, sharp at any size, and with nothing to install."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT = 560, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 30, 48, 44
COLOURS = ("#3b7dd8", "#d8663b", "#3ba272", "#8a5fc9", "#b0872b", "#5f6b7a")
INK, QUIET, LINE, PAPER = "#20262e", "#69737f", "#dfe3e8", "#ffffff"
_FONT = 'font-family="system-ui, sans-serif" font-size="11"'
_LABELS, _DOTS = 14, 40
"""The most places that are named below the axis, and that are marked by dots."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve.

    Attributes:
        name: For the legend.
        x: Values, as they are written below the axis; places are even.
        y: Values.
    """

    name: str
    x: Sequence[str]
    y: Sequence[float]


@dataclass(frozen=True, slots=True)
class Whisker:
    """A value and how sure it is.

    Attributes:
        name: What it is of.
        mean: The value.
        low: Lower end of its interval.
        high: Upper end.
    """

    name: str
    mean: float
    low: float
    high: float


def chart(title: str, below: str, curves: Sequence[Curve], *, from_zero: bool = True) -> str:
    """Draws curves over the same places.

    Args:
        title: What is shown, and its unit.
        below: What the places are.
        curves: At least one.
        from_zero: The axis begins at 0; else at the least value.

    Returns:
        The SVG's text.
    """
    places = list(dict.fromkeys(x for curve in curves for x in curve.x))
    values = [value for curve in curves for value in curve.y]
    bottom = 0.0 if from_zero else min(values)
    top = _round_up(max(values)) if from_zero else max(values)
    step = (WIDTH - LEFT - RIGHT) / max(1, len(places) - 1)

    def at(x: str, y: float) -> tuple[float, float]:
        across = LEFT + (places.index(x) * step if len(places) > 1 else step / 2)
        share = (y - bottom) / max(top - bottom, 1e-12)
        return round(across, 1), round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)

    parts = [*_paper(HEIGHT), _text(LEFT - 44, 20, title, INK, size=13, weight=600)]
    for share in (0, 0.25, 0.5, 0.75, 1):
        value = bottom + share * (top - bottom)
        y = at(places[0], value)[1]
        parts.append(f'<path d="M{LEFT} {y}H{WIDTH - RIGHT}" stroke="{LINE}"/>')
        words = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
        parts.append(_text(LEFT - 8, y + 4, words, QUIET, anchor="end"))
    for place in places[:: math.ceil(len(places) / _LABELS)]:
        x = at(place, bottom)[0]
        parts.append(_text(x, HEIGHT - BOTTOM + 17, place, QUIET, anchor="middle"))
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, below, QUIET, anchor="middle"))
    across = float(LEFT)
    for curve, colour in zip(curves, COLOURS * len(curves), strict=False):
        points = [at(x, y) for x, y in zip(curve.x, curve.y, strict=True)]
        path = "L".join(f"{x} {y}" for x, y in points)
        parts.append(
            f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2" '
            'stroke-linejoin="round"/>'
        )
        if len(places) <= _DOTS:
            parts += [f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' for x, y in points]
        parts.append(f'<circle cx="{across}" cy="34" r="4" fill="{colour}"/>')
        parts.append(_text(across + 9, 38, curve.name, QUIET))
        across += 26 + 6.2 * len(curve.name)
    return "\n".join([*parts, "</svg>", ""])


def whiskers(title: str, rows: Sequence[Whisker]) -> str:
    """Draws values with their intervals below each other, beside a line at 0.

    Args:
        title: What is shown, and its unit.
        rows: At least one.

    Returns:
        The SVG's text.
    """
    left, line = 300, 24
    height = TOP + line * len(rows) + 28
    least = min(0.0, *(row.low for row in rows))
    most = max(0.0, *(row.high for row in rows))
    width = WIDTH + 160

    def at(value: float) -> float:
        return round(left + (value - least) / max(most - least, 1e-12) * (width - left - RIGHT), 1)

    parts = [*_paper(height, width), _text(20, 20, title, INK, size=13, weight=600)]
    parts.append(f'<path d="M{at(0)} {TOP - 12}V{height - 24}" stroke="{QUIET}"/>')
    for share in (0, 0.25, 0.5, 0.75, 1):
        value = least + share * (most - least)
        parts.append(_text(at(value), height - 8, f"{value:+.2f}", QUIET, anchor="middle"))
    for place, row in enumerate(rows):
        y = TOP + line * place
        colour = COLOURS[1] if row.high < 0 else COLOURS[2] if row.low > 0 else COLOURS[5]
        parts.append(_text(left - 14, y + 4, row.name, INK, anchor="end"))
        parts.append(
            f'<path d="M{at(row.low)} {y}H{at(row.high)}" stroke="{colour}" stroke-width="2"/>'
        )
        parts.append(f'<circle cx="{at(row.mean)}" cy="{y}" r="4" fill="{colour}"/>')
    return "\n".join([*parts, "</svg>", ""])


def stack(charts: Sequence[str]) -> str:
    """Puts charts of the usual size below each other."""
    height = HEIGHT * len(charts)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" {_FONT}>']
    for place, one in enumerate(charts):
        # Not one svg in another: small viewers leave those out.
        inner = one.partition(">")[2].rpartition("</svg>")[0]
        parts.append(f'<g transform="translate(0 {place * HEIGHT})">{inner}</g>')
    return "\n".join([*parts, "</svg>", ""])


def _paper(height: float, width: float = WIDTH) -> list[str]:
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {_FONT}>',
        f'<rect width="{width}" height="{height}" rx="8" fill="{PAPER}"/>',
    ]


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
