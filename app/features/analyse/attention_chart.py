"""A chart of attention over the time of a clip."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.ui.i18n import tr
from app.ui.number_text import percent_text
from app.ui.theme import theme_colors
from app.ui.time_text import clock_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QMouseEvent, QPaintEvent

    from uvanet.analysis.record import Series

_HEIGHT = 40


class AttentionChart(QWidget):
    """Paints spread as a line, movement of the peak as bars, and cuts as dotted lines.

    Signals:
        sought: Time in seconds at which it was clicked, or to which the mouse was dragged.
    """

    sought = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self._series: Series | None = None
        self._duration = 0.0
        self._step = 0.1
        self._position = 0.0
        self._moments: Sequence[float] = ()
        self._image: QPixmap | None = None
        self._dragging = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setAccessibleName(tr("Attention over time"))

    def sizeHint(self) -> QSize:
        """Fixed height."""
        return QSize(200, _HEIGHT)

    def show_series(
        self, series: Series, moments: Sequence[float], duration: float, step: float
    ) -> None:
        """Sets the data.

        Args:
            series: Values over time; may be empty.
            moments: Times of high change, in seconds.
            duration: Duration of the clip, in seconds; 0 where it has none.
            step: Seconds that one value stands for.
        """
        self._series, self._moments = series, moments
        self._duration, self._step = duration, step
        self._redraw()

    def set_position(self, seconds: float) -> None:
        """Sets the position of playback."""
        if abs(seconds - self._position) * self.width() > self._duration / 2:
            self._position = seconds
            self.update()

    def cancel_drag(self) -> None:
        """Ends a drag of the mouse: its source was replaced."""
        self._dragging = False

    def changeEvent(self, event: QEvent) -> None:
        """Draws the chart again in another font, language or theme."""
        self._redraw()
        super().changeEvent(event)

    def _redraw(self) -> None:
        self._image = None
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Seeks to the time under the mouse and starts a drag."""
        self._dragging = event.button() == Qt.MouseButton.LeftButton
        self._seek(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Shows the values under the mouse; seeks during a drag."""
        self._seek(event)
        QToolTip.showText(event.globalPosition().toPoint(), self._tip(event.position().x()), self)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends the drag."""
        del event
        self._dragging = False

    def _seek(self, event: QMouseEvent) -> None:
        if self._dragging and self._duration:
            self.sought.emit(self._seconds_at(event.position().x()))

    def _seconds_at(self, x: float) -> float:
        return min(max(x / max(self.width(), 1), 0.0), 1.0) * self._duration

    def _tip(self, x: float) -> str:
        seconds, series = self._seconds_at(x), self._series
        time = clock_text(seconds)
        if series is None or not len(series.seconds):
            return time
        index = int(np.argmin(np.abs(series.seconds - seconds)))
        if abs(series.seconds[index] - seconds) > 3 * self._step:
            return tr("{time}, not seen yet").format(time=time)
        return tr("{time}: spread {spread}, change {change}").format(
            time=time,
            spread=percent_text(series.entropy[index]),
            change=percent_text(series.change[index]),
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the chart and the position of playback."""
        del event
        ratio = self.devicePixelRatioF()
        if self._image is None or self._image.size() != self.size() * ratio:
            self._image = self._draw(ratio)
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._image)
        if self._duration:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme_colors().text), 1.4))
            x = self._x(self._position)
            painter.drawLine(QPointF(x, 1), QPointF(x, self.height() - 1))
        painter.end()

    def _draw(self, ratio: float) -> QPixmap:
        """Draws all but the position, which alone changes with every frame."""
        colors, image = theme_colors(), QPixmap(self.size() * ratio)
        image.setDevicePixelRatio(ratio)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colors.line), 1))
        painter.setBrush(QColor(colors.surface))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 7, 7)
        if self._duration:
            font = self.font()
            font.setPointSizeF(max(6.0, font.pointSizeF() * 0.8))
            painter.setFont(font)
            if self._series is not None and len(self._series.seconds):
                self._draw_series(painter, self._series)
                self._draw_legend(painter)
            else:
                painter.setPen(QColor(colors.quiet))
                text = tr("Attention over time appears here while the clip plays.")
                painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, text)
        painter.end()
        return image

    def _x(self, seconds: float) -> float:
        return 1 + (self.width() - 2) * min(seconds / self._duration, 1.0)

    def _draw_series(self, painter: QPainter, series: Series) -> None:
        colors, height = theme_colors(), float(self.height())
        columns = self._columns(series.seconds)
        self._draw_movement(painter, series, columns)
        self._draw_spread(painter, series, columns)
        painter.setPen(QPen(QColor(colors.quiet), 1, Qt.PenStyle.DotLine))
        for seconds in series.seconds[series.cuts]:
            painter.drawLine(QPointF(self._x(seconds), 2), QPointF(self._x(seconds), height - 2))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colors.accent))
        for seconds in self._moments:
            x = self._x(seconds)
            painter.drawPolygon([QPointF(x - 3.5, 1), QPointF(x + 3.5, 1), QPointF(x, 6)])

    def _columns(self, seconds: NDArray[np.float64]) -> NDArray[np.intp]:
        """Returns the index of the first sample of each pixel column that has samples."""
        column = (seconds * (self.width() * self.devicePixelRatioF() / self._duration)).astype(int)
        return np.flatnonzero(np.diff(column, prepend=-1))

    def _draw_movement(self, painter: QPainter, series: Series, columns: NDArray[np.intp]) -> None:
        """Draws a bar for each pixel column in which the peak of attention moved."""
        color = QColor(theme_colors().accent)
        color.setAlpha(190)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        width = max(1.0, self.width() * self._step / self._duration - 0.6)
        distances = np.maximum.reduceat(series.moved, columns).tolist()
        bars = []
        for seconds, distance in zip(series.seconds[columns].tolist(), distances, strict=True):
            if distance > 0.02:
                length = min(1.0, distance) * (self.height() - 6)
                bars.append(QRectF(self._x(seconds), self.height() - 1 - length, width, length))
        painter.drawRects(bars)

    def _draw_spread(self, painter: QPainter, series: Series, columns: NDArray[np.intp]) -> None:
        """Draws the spread of attention, with one line for each interval without a gap."""
        low, high = float(series.entropy.min()), float(series.entropy.max())
        counts = np.diff(columns, append=len(series.seconds))
        mean = np.add.reduceat(series.entropy, columns) / counts
        spread = (mean - low) / max(high - low, 0.15)
        seconds = series.seconds[columns]
        gap = max(4 * self._step, 2 * self._duration / max(self.width(), 1))
        starts = np.flatnonzero(np.diff(seconds) > gap) + 1
        painter.setPen(QPen(QColor(theme_colors().inferred), 1.5))
        for rows in np.split(np.arange(len(seconds)), starts):
            points = [
                QPointF(self._x(x), self.height() - 6 - (self.height() - 14) * y)
                for x, y in zip(seconds[rows].tolist(), spread[rows].tolist(), strict=True)
            ]
            if len(points) == 1:
                painter.drawPoint(points[0])
            painter.drawPolyline(QPolygonF(points))

    def _draw_legend(self, painter: QPainter) -> None:
        colors, metrics = theme_colors(), painter.fontMetrics()
        background = QColor(colors.surface)
        background.setAlpha(210)
        x = 8.0
        for text, color in ((tr("spread"), colors.inferred), (tr("movement"), colors.accent)):
            width = metrics.horizontalAdvance(text)
            painter.fillRect(QRectF(x - 2, 2, width + 4, metrics.height()), background)
            painter.setPen(QColor(color))
            painter.drawText(QPointF(x, 2 + metrics.ascent()), text)
            x += width + 10
