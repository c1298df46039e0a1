"""The strip above the timeline that shows attention over the time of a clip."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolTip, QWidget

from app.shell.slots import action_button
from app.ui.controls import IconButton
from app.ui.i18n import tr
from app.ui.icons import icon
from app.ui.theme import theme_colors
from app.ui.time_text import clock_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QAction, QMouseEvent, QPaintEvent

    from uvanet.analysis.record import Series

_HEIGHT = 40


class AttentionStrip(QWidget):
    """The strip with its buttons.

    Args:
        tools: Actions shown as buttons beside it.
        scan: The action that starts or stops a scan of the clip.

    Signals:
        sought: Time in seconds at which the user clicked.
    """

    sought = Signal(float)

    def __init__(
        self,
        tools: Sequence[QAction],
        scan: QAction,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Attention over time"))
        self._wanted, self._allowed = True, True
        self.graph = _Graph()
        self.graph.sought.connect(self.sought)
        self.progress = QLabel()
        self.progress.setObjectName("quiet")
        self.progress.setAccessibleName(tr("Progress of the scan"))
        self._scan_action = scan
        self.scan = IconButton(18)
        self.scan.setAccessibleName(scan.text())
        self.scan.setToolTip(scan.toolTip())
        self.scan.clicked.connect(scan.trigger)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.graph, 1)
        layout.addSpacing(6)
        for action in tools:
            layout.addWidget(action_button(action, 18))
        layout.addWidget(self.progress)
        layout.addWidget(self.scan)
        self.show_progress(None)

    def setVisible(self, visible: bool) -> None:
        """Called by the slots; it stays hidden while it is not wanted."""
        self._allowed = visible
        super().setVisible(visible and self._wanted)

    def set_wanted(self, wanted: bool) -> None:
        """Sets whether it is shown where the window shows its strips."""
        self._wanted = wanted
        super().setVisible(wanted and self._allowed)

    def show_progress(self, share: float | None) -> None:
        """Shows the progress of a scan, 0..1; None where none runs."""
        running = share is not None
        self.progress.setText("" if share is None else f"{share:.0%}".replace("%", "\u2009%"))
        self.progress.setVisible(running)
        text = tr("Stop the scan") if running else self._scan_action.text()
        self.scan.setAccessibleName(text)
        tip = self._scan_action.toolTip()
        self.scan.setToolTip(tip.replace(self._scan_action.text(), text))
        self.scan.setIcon(icon("close", "accent") if running else icon("scan"))


class _Graph(QWidget):
    """The painted part: spread as a curve, movement of the peak as bars, cuts as lines."""

    sought = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self._series: Series | None = None
        self._duration = 0.0
        self._step = 0.1
        self._position = 0.0
        self._moments: Sequence[float] = ()
        self._drawn: QPixmap | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setAccessibleName(tr("Attention over time"))

    def sizeHint(self) -> QSize:
        """Returns the preferred size."""
        return QSize(200, _HEIGHT)

    def show_series(
        self, series: Series | None, moments: Sequence[float], duration: float, step: float
    ) -> None:
        """Shows a clip.

        Args:
            series: The values over time; None where nothing was seen.
            moments: Times of high change, in seconds.
            duration: Length of the clip, in seconds.
            step: Time between two values, in seconds.
        """
        self._series, self._moments = series, moments
        self._duration, self._step = duration, step
        self._redraw()

    def set_position(self, seconds: float) -> None:
        """Shows the position in the clip, in seconds."""
        if abs(seconds - self._position) * self.width() > self._duration / 2:
            self._position = seconds
            self.update()

    def changeEvent(self, event: QEvent) -> None:
        """Repaints after a change of font, language or theme."""
        self._redraw()
        super().changeEvent(event)

    def _redraw(self) -> None:
        self._drawn = None
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Seeks to the time under the mouse."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._follow(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Shows the values under the mouse; seeks while the button is held."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._follow(event)
        QToolTip.showText(event.globalPosition().toPoint(), self._tip(event.position().x()), self)

    def _follow(self, event: QMouseEvent) -> None:
        if self._duration:
            self.sought.emit(self._seconds_at(event.position().x()))

    def _seconds_at(self, x: float) -> float:
        return min(max(x / max(self.width(), 1), 0.0), 1.0) * self._duration

    def _tip(self, x: float) -> str:
        seconds, series = self._seconds_at(x), self._series
        if series is None or not len(series.seconds):
            return clock_text(seconds)
        index = int(np.argmin(np.abs(series.seconds - seconds)))
        if abs(series.seconds[index] - seconds) > 3 * self._step:
            return tr("{time}, not seen yet").format(time=clock_text(seconds))
        return tr("{time}: spread {spread:.0f} %, change {change:.0f} %").format(
            time=clock_text(seconds),
            spread=100 * series.entropy[index],
            change=100 * series.change[index],
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the strip and the position."""
        ratio = self.devicePixelRatioF()
        if self._drawn is None or self._drawn.size() != self.size() * ratio:
            self._drawn = self._draw(ratio)
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._drawn)
        if self._duration:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme_colors().text), 1.4))
            x = self._x(self._position)
            painter.drawLine(QPointF(x, 1), QPointF(x, self.height() - 1))
        painter.end()

    def _draw(self, ratio: float) -> QPixmap:
        """Draws all but the position, which alone changes with every frame."""
        colors, drawn = theme_colors(), QPixmap(self.size() * ratio)
        drawn.setDevicePixelRatio(ratio)
        drawn.fill(Qt.GlobalColor.transparent)
        painter = QPainter(drawn)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colors.line), 1))
        painter.setBrush(QColor(colors.surface))
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(box, 7, 7)
        if self._duration:
            known = self._series is not None and len(self._series.seconds) > 0
            if self._series is not None and known:
                self._paint_series(painter, self._series)
            self._paint_text(painter, known=known)
        painter.end()
        return drawn

    def _x(self, seconds: float) -> float:
        return 1 + (self.width() - 2) * min(seconds / self._duration, 1.0)

    def _paint_series(self, painter: QPainter, series: Series) -> None:
        colors, height = theme_colors(), float(self.height())
        painter.setPen(Qt.PenStyle.NoPen)
        moved = QColor(colors.accent)
        moved.setAlpha(190)
        painter.setBrush(moved)
        bar = max(1.0, self.width() * self._step / self._duration - 0.6)
        columns = self._columns(series.seconds)
        moved_most = np.maximum.reduceat(series.moved, columns)
        bars = []
        for seconds, distance in zip(series.seconds[columns].tolist(), moved_most, strict=True):
            if distance > 0.02:
                length = min(1.0, float(distance)) * (height - 6)
                bars.append(QRectF(self._x(seconds), height - 1 - length, bar, length))
        painter.drawRects(bars)
        self._paint_spread(painter, series, columns)
        painter.setPen(QPen(QColor(colors.quiet), 1, Qt.PenStyle.DotLine))
        for seconds in series.seconds[series.cuts]:
            painter.drawLine(QPointF(self._x(seconds), 2), QPointF(self._x(seconds), height - 2))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colors.accent))
        for seconds in self._moments:
            x = self._x(seconds)
            mark = [QPointF(x - 3.5, 1), QPointF(x + 3.5, 1), QPointF(x, 6)]
            painter.drawPolygon(QPolygonF(mark))

    def _columns(self, seconds: NDArray[np.float64]) -> NDArray[np.intp]:
        """Index of the first value of each pixel column; in a long clip many share one."""
        index = (seconds * (self.width() * self.devicePixelRatioF() / self._duration)).astype(int)
        return np.flatnonzero(np.diff(index, prepend=-1))

    def _paint_spread(self, painter: QPainter, series: Series, columns: NDArray[np.intp]) -> None:
        """Paints the spread, one line per stretch that was seen without a gap."""
        low, high = float(series.entropy.min()), float(series.entropy.max())
        room = max(high - low, 0.15)
        counts = np.diff(columns, append=len(series.seconds))
        spread = (np.add.reduceat(series.entropy, columns) / counts - low) / room
        seconds = series.seconds[columns]
        unseen = max(4 * self._step, 2 * self._duration / max(self.width(), 1))
        gaps = np.flatnonzero(np.diff(seconds) > unseen) + 1
        painter.setPen(QPen(QColor(theme_colors().inferred), 1.5))
        for rows in np.split(np.arange(len(seconds)), gaps):
            points = [
                QPointF(self._x(x), self.height() - 6 - (self.height() - 14) * y)
                for x, y in zip(seconds[rows].tolist(), spread[rows].tolist(), strict=True)
            ]
            if len(points) == 1:
                painter.drawPoint(points[0])
            painter.drawPolyline(QPolygonF(points))

    def _paint_text(self, painter: QPainter, *, known: bool) -> None:
        colors = theme_colors()
        font = self.font()
        font.setPointSizeF(max(6.0, font.pointSizeF() * 0.8))
        painter.setFont(font)
        metrics = painter.fontMetrics()
        if not known:
            painter.setPen(QColor(colors.quiet))
            text = tr("Attention over time appears here while the clip plays.")
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, text)
            return
        x = 8.0
        for text, color in ((tr("spread"), colors.inferred), (tr("movement"), colors.accent)):
            width = metrics.horizontalAdvance(text)
            ground = QColor(colors.surface)
            ground.setAlpha(210)
            painter.fillRect(QRectF(x - 2, 2, width + 4, metrics.height()), ground)
            painter.setPen(QColor(color))
            painter.drawText(QPointF(x, 2 + metrics.ascent()), text)
            x += width + 10
