"""Paints ruler, range and playhead of the timeline."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app.ui.theme import theme_colors
from app.ui.time_text import clock_text
from app.ui.timeline_lane import TimeAxis

HANDLE_WIDTH = 6.0
"""Width of the handle of a mark, pixels."""

_TICK_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 36000)
_TICK_GAP = 24  # pixels between the texts of two ticks; steps are in seconds


def paint_ruler(painter: QPainter, height: float, axis: TimeAxis) -> None:
    """Paints as many times as fit along the upper edge.

    Args:
        painter: A painter in widget coordinates, with the font of the ruler.
        height: Height of the ruler, pixels.
        axis: The time axis.
    """
    colors, metrics = theme_colors(), painter.fontMetrics()
    space = metrics.horizontalAdvance(clock_text(axis.duration)) + _TICK_GAP
    per_pixel = axis.duration / max(axis.width, 1.0)
    step = next((step for step in _TICK_STEPS if step >= space * per_pixel), _TICK_STEPS[-1])
    painter.setPen(QColor(colors.quiet))
    for number in range(int(axis.duration // step) + 1):
        x, text = axis.x(number * step), clock_text(number * step)
        painter.drawLine(QPointF(x, height - 4), QPointF(x, height))
        if x + metrics.horizontalAdvance(text) + 5 < axis.left + axis.width:
            painter.drawText(QPointF(x + 4, metrics.ascent()), text)


def paint_range(
    painter: QPainter,
    ruler: float,
    height: float,
    axis: TimeAxis,
    marks: tuple[float | None, float | None],
) -> None:
    """Dims the timeline outside of the marked range, and paints a handle at each end.

    Args:
        painter: A painter in widget coordinates.
        ruler: Height of the ruler, which has the handles, pixels.
        height: Height of the timeline, pixels.
        axis: The time axis.
        marks: Start and end, seconds; None for start or end of the source.
    """
    colors = theme_colors()
    start, end = mark_positions(axis, marks)
    shade = QColor(colors.window)
    shade.setAlpha(165)
    painter.setPen(Qt.PenStyle.NoPen)
    if marks != (None, None):
        painter.fillRect(QRectF(axis.left, ruler, start - axis.left, height - ruler), shade)
        right = axis.left + axis.width
        painter.fillRect(QRectF(end, ruler, right - end, height - ruler), shade)
        band = QColor(colors.accent)
        band.setAlpha(70)
        painter.fillRect(QRectF(start, ruler - 4, end - start, 4), band)
    for x, mark, left in ((start, marks[0], True), (end, marks[1], False)):
        color = QColor(colors.faint if mark is None else colors.accent)
        painter.setBrush(color)
        box = QRectF(x - HANDLE_WIDTH if left else x, 1, HANDLE_WIDTH, ruler - 2)
        painter.drawRoundedRect(box, 2, 2)
        if mark is not None:
            painter.fillRect(QRectF(x - 1 if left else x, ruler, 1, height - ruler), color)


def mark_positions(axis: TimeAxis, marks: tuple[float | None, float | None]) -> tuple[float, float]:
    """Returns the positions of the marks, pixels; None stands for start or end of the source."""
    start, end = marks
    return axis.x(start or 0.0), axis.x(axis.duration if end is None else end)


def paint_playhead(painter: QPainter, x: float, ruler: float, height: float, color: str) -> None:
    """Paints a line at the position, with a pointer in the ruler."""
    painter.setPen(QPen(QColor(color), 1.4))
    painter.drawLine(QPointF(x, 2), QPointF(x, height - 1))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(color))
    painter.drawPolygon(
        QPolygonF(
            [
                QPointF(x - 5, 0),
                QPointF(x + 5, 0),
                QPointF(x + 5, ruler / 2),
                QPointF(x, ruler),
                QPointF(x - 5, ruler / 2),
            ]
        )
    )
