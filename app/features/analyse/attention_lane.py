"""The lane of the timeline that shows attention over time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app.ui.i18n import tr
from app.ui.number_text import percent_text
from app.ui.theme import theme_colors
from app.ui.timeline_lane import Lane, TimeAxis
from uvanet.analysis.record import Series

_HEIGHT = 38  # pixels


class AttentionLane(Lane):
    """Paints spread as a line, movement of the peak as bars, and cuts as dotted lines.

    Attributes:
        progress: Progress of the scan, 0..1; None if no scan is running.
    """

    def __init__(self) -> None:
        super().__init__()
        self._series: Series | None = None
        self._step = 0.1
        self._moments: Sequence[float] = ()
        self._wanted = False
        self.progress: float | None = None

    @property
    def height(self) -> int:
        """Height of the lane, pixels; 0 if it is hidden."""
        return _HEIGHT if self._wanted else 0

    def show_series(
        self, series: Series, moments: Sequence[float], step: float, *, wanted: bool
    ) -> None:
        """Sets the data.

        Args:
            series: Values over time; may be empty.
            moments: Times of high change, seconds.
            step: Interval of the values, seconds.
            wanted: Whether the lane is shown.
        """
        self._series, self._moments = series, moments
        self._step, self._wanted = step, wanted
        self.changed.emit()

    def show_progress(self, share: float | None) -> None:
        """Shows the progress of a scan, 0..1; None if no scan is running."""
        self.progress = share
        self.changed.emit()

    def text(self, seconds: float) -> str:
        """Returns spread and change at a time, as text for the mouse pointer."""
        series = self._series
        if not self._wanted or series is None or not len(series.seconds):
            return ""
        index = int(np.argmin(np.abs(series.seconds - seconds)))
        if abs(series.seconds[index] - seconds) > 3 * self._step:
            return tr("not seen yet")
        return tr("spread {spread}, change {change}").format(
            spread=percent_text(series.entropy[index]),
            change=percent_text(series.change[index]),
        )

    def paint(self, painter: QPainter, area: QRectF, axis: TimeAxis) -> None:
        """Paints the curves, their legend, and the progress of a scan."""
        colors = theme_colors()
        painter.translate(0.0, area.top())
        frame = QRectF(axis.left, 0, axis.width, area.height())
        painter.fillRect(frame, QColor(colors.surface))
        if self._series is not None and len(self._series.seconds):
            self._draw_series(painter, self._series, axis)
            self._draw_legend(painter, axis.left)
        elif self.progress is None:
            painter.setPen(QColor(colors.quiet))
            text = tr("Attention over time appears here while the clip plays.")
            painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, text)
        if self.progress is not None:
            painter.fillRect(
                QRectF(axis.left, _HEIGHT - 3, axis.width * self.progress, 3),
                QColor(colors.accent),
            )
            text = tr("Scan {share}").format(share=percent_text(self.progress))
            painter.setPen(QColor(colors.text))
            inside = frame.adjusted(0, 1, -6, 0)
            painter.drawText(inside, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, text)

    def _draw_series(self, painter: QPainter, series: Series, axis: TimeAxis) -> None:
        colors, height = theme_colors(), float(_HEIGHT)
        columns = _columns(painter, series.seconds, axis)
        self._draw_movement(painter, series, columns, axis)
        self._draw_spread(painter, series, columns, axis)
        painter.setPen(QPen(QColor(colors.quiet), 1, Qt.PenStyle.DotLine))
        for seconds in series.seconds[series.cuts]:
            painter.drawLine(QPointF(axis.x(seconds), 2), QPointF(axis.x(seconds), height - 2))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colors.accent))
        for seconds in self._moments:
            x = axis.x(seconds)
            painter.drawPolygon([QPointF(x - 3.5, 1), QPointF(x + 3.5, 1), QPointF(x, 6)])

    def _draw_movement(
        self, painter: QPainter, series: Series, columns: NDArray[np.intp], axis: TimeAxis
    ) -> None:
        """Draws a bar in each pixel column in which the peak of attention moved."""
        color = QColor(theme_colors().accent)
        color.setAlpha(190)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        width = max(1.0, axis.width * self._step / axis.duration - 0.6)
        distances = np.maximum.reduceat(series.moved, columns).tolist()
        bars, end = [], axis.x(axis.duration)
        for seconds, distance in zip(series.seconds[columns].tolist(), distances, strict=True):
            if distance > 0.02:
                left, length = axis.x(seconds), min(1.0, distance) * (_HEIGHT - 6)
                wide = min(width, end - left)
                bars.append(QRectF(left, _HEIGHT - 1 - length, wide, length))
        painter.drawRects(bars)

    def _draw_spread(
        self, painter: QPainter, series: Series, columns: NDArray[np.intp], axis: TimeAxis
    ) -> None:
        """Draws the spread of attention; the line is interrupted where there are no samples."""
        low, high = float(series.entropy.min()), float(series.entropy.max())
        counts = np.diff(columns, append=len(series.seconds))
        mean = np.add.reduceat(series.entropy, columns) / counts
        spread = (mean - low) / max(high - low, 0.15)
        seconds = series.seconds[columns]
        gap = max(4 * self._step, 2 * axis.duration / axis.width)
        starts = np.flatnonzero(np.diff(seconds) > gap) + 1
        painter.setPen(QPen(QColor(theme_colors().inferred), 1.5))
        for rows in np.split(np.arange(len(seconds)), starts):
            points = [
                QPointF(axis.x(x), _HEIGHT - 6 - (_HEIGHT - 14) * y)
                for x, y in zip(seconds[rows].tolist(), spread[rows].tolist(), strict=True)
            ]
            if len(points) == 1:
                painter.drawPoint(points[0])
            painter.drawPolyline(QPolygonF(points))

    def _draw_legend(self, painter: QPainter, left: float) -> None:
        colors, metrics = theme_colors(), painter.fontMetrics()
        background = QColor(colors.surface)
        background.setAlpha(210)
        x = left + 6.0
        for text, color in ((tr("spread"), colors.inferred), (tr("movement"), colors.accent)):
            width = metrics.horizontalAdvance(text)
            painter.fillRect(QRectF(x - 2, 2, width + 4, metrics.height()), background)
            painter.setPen(QColor(color))
            painter.drawText(QPointF(x, 2 + metrics.ascent()), text)
            x += width + 10


def _columns(painter: QPainter, seconds: NDArray[np.float64], axis: TimeAxis) -> NDArray[np.intp]:
    """Returns the index of the first sample of each pixel column that has samples."""
    ratio = painter.device().devicePixelRatioF()
    column = (seconds * (axis.width * ratio / axis.duration)).astype(int)
    return np.flatnonzero(np.diff(column, prepend=-1))
