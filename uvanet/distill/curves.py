"""The curves of a run as a picture: an SVG file beside its history, drawn by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    Point = tuple[float, float]

WIDTH, HEIGHT, MARGIN = 640, 260, 48

# Okabe and Ito's colours, which people with any colour vision can tell apart.
PANELS = (
    ("loss", (("fused", "#0072b2"), ("spatial", "#e69f00"), ("temporal", "#009e73"))),
    ("NSS on val", (("val_nss", "#d55e00"),)),
)


def draw(title: str, history: Sequence[dict[str, float]]) -> str:
    """Draws a run's losses and its measurements over its epochs.

    Args:
        title: Of the run.
        history: Rows as `uvanet.distill.loop.train` writes them: `epoch` and what was measured.

    Returns:
        SVG text.
    """
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT * len(PANELS)}"'
        ' font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for place, (name, curves) in enumerate(PANELS):
        lines = [
            (key, colour, [(row["epoch"], row[key]) for row in history if key in row])
            for key, colour in curves
        ]
        parts.append(f'<g transform="translate(0 {place * HEIGHT})">')
        parts += _panel(f"{title}: {name}" if place == 0 else name, lines)
        parts.append("</g>")
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(title: str, lines: Sequence[tuple[str, str, list[Point]]]) -> list[str]:
    parts = [_text(MARGIN, 20, title)]
    points = [point for _, _, line in lines for point in line]
    if not points:
        return parts
    right, top, bottom = WIDTH - MARGIN, 36, HEIGHT - MARGIN
    first, last = min(x for x, _ in points), max(x for x, _ in points)
    low, high = min(y for _, y in points), max(y for _, y in points)

    def at(x: float, y: float) -> Point:
        return (
            MARGIN + (x - first) / max(last - first, 1e-9) * (right - MARGIN),
            bottom - (y - low) / max(high - low, 1e-9) * (bottom - top),
        )

    for level in range(5):
        value = low + (high - low) * level / 4
        y = at(first, value)[1]
        parts.append(f'<path d="M{MARGIN} {y:.1f}H{right}" stroke="#ddd"/>')
        parts.append(_text(4, y + 4, f"{value:.3g}"))
    parts.append(_text(MARGIN, bottom + 18, f"epoch {first:g}"))
    parts.append(_text(right, bottom + 18, f"{last:g}", anchor="end"))
    for number, (key, colour, line) in enumerate(lines):
        drawn = " ".join("{:.1f},{:.1f}".format(*at(*point)) for point in line)
        parts.append(f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(_text(right - 80 * number, 20, key, colour, "end"))
    return parts


def _text(x: float, y: float, words: str, colour: str = "#333", anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}">{words}</text>'
