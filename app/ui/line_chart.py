"""A line chart in the colors of the theme."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from app.ui.theme import theme_colors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray
    from PySide6.QtGui import QPaintEvent

_LINE_WIDTH = 1.7
_FONT_SCALE = 0.82  # of the widget's font
_TICK_GAP = 8  # pixels between the texts of the left axis and the curves
_BOTTOM_HEIGHT = 18  # pixels of the bottom axis


@dataclass(slots=True)
class _Curve:
    """Points and color of a curve; `joined` as in `LineChart.set_data`."""

    color: str
    x: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    y: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    joined: NDArray[np.bool_] | None = None

    def runs(self) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """Gives x and y of the points that one line joins; values that are not finite end it."""
        finite = np.isfinite(self.x) & np.isfinite(self.y)
        joined = finite[:-1] & finite[1:]
        if self.joined is not None:
            joined = joined & self.joined[: len(joined)]
        edges = np.flatnonzero(np.diff(joined, prepend=False, append=False))
        for first, last in edges.reshape(-1, 2):
            yield self.x[first : last + 1], self.y[first : last + 1]


class LineChart(QWidget):
    """A chart with a left and a bottom axis, without mouse interaction.

    The chart is empty until `build`; until then, and after `clear_plot`, all drawing methods do
    nothing. A color is a field of `ThemeColors` or "#rrggbb".

    It is painted here: for the same picture, pyqtgraph takes 18 MB and 0.3 s of the GUI thread.

    Args:
        name: Accessible name.
        left_width: Width of the left axis, in pixels.
        margins: Left, top, right and bottom, in pixels.

    Attributes:
        built: Whether the chart can draw.
        ticks: Values and texts of the ticks on the "left" and the "bottom" axis.
    """

    def __init__(
        self,
        name: str,
        left_width: int = 34,
        margins: tuple[int, int, int, int] = (0, 4, 6, 0),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.built = False
        self._left_width, self._margins = left_width, margins
        self._curves: list[_Curve] = []
        self._cursor: float | None = None
        self._x, self._y = (0.0, 1.0), (0.0, 1.0)
        self.ticks: dict[str, list[tuple[float, str]]] = {"left": [], "bottom": []}

    def build(self) -> None:
        """Starts to draw."""
        self.built = True
        self.update()

    def clear_plot(self) -> None:
        """Removes points and cursor, and draws nothing until the next `build`."""
        self.built, self._cursor = False, None
        self._curves = [_Curve(curve.color) for curve in self._curves]
        self.update()

    def set_curves(self, colors: Sequence[str]) -> None:
        """Sets the number of curves and their colors."""
        del self._curves[len(colors) :]
        for curve, color in zip(self._curves, colors, strict=False):
            curve.color = color
        self._curves += [_Curve(color) for color in colors[len(self._curves) :]]
        self.update()

    def set_data(
        self, index: int, x: ArrayLike, y: ArrayLike, joined: NDArray[np.bool_] | None = None
    ) -> None:
        """Sets the points of a curve.

        Args:
            index: Which curve.
            x: Shape (n,).
            y: Shape (n,); what is not finite is a gap.
            joined: Shape (n,): whether a line leads from a point to the next; None for all.
        """
        if self.built:
            curve = self._curves[index]
            curve.x, curve.y = np.asarray(x, np.float64), np.asarray(y, np.float64)
            curve.joined = joined
            self.update()

    def curve_points(self, index: int) -> tuple[list[float], list[float]]:
        """Returns the drawn points of a curve: x and y."""
        curve = self._curves[index]
        return list(curve.x), list(curve.y)

    def set_cursor(self, x: float) -> None:
        """Moves the vertical line that marks a place on the horizontal axis."""
        self._cursor = x
        self.update()

    def set_x_range(self, low: float, high: float, padding: float = 0.0) -> None:
        """Sets the visible range; `padding` is a share of it, added on both sides."""
        self._x = _padded(low, high, padding)
        self.update()

    def set_y_range(self, low: float, high: float, padding: float = 0.0) -> None:
        """Sets the visible range; `padding` is a share of it, added on both sides."""
        self._y = _padded(low, high, padding)
        self.update()

    def set_ticks(self, side: str, ticks: Sequence[tuple[float, str]]) -> None:
        """Sets values and texts of the ticks on the "left" or the "bottom" axis."""
        self.ticks[side] = list(ticks)
        self.update()

    def set_value_axis(self, ticks: Sequence[float], unit: str = "", padding: float = 0.03) -> None:
        """Sets the range and the ticks of the left axis.

        Args:
            ticks: Ascending; the range goes from the first to the last one.
            unit: Shown behind the number of the last tick.
            padding: Share of the range that is added on both sides.
        """
        texts = [f"{value:g}" for value in ticks]
        if unit:
            texts[-1] += f"\N{NO-BREAK SPACE}{unit}"
        self.set_y_range(ticks[0], ticks[-1], padding=padding)
        self.set_ticks("left", list(zip(ticks, texts, strict=True)))
        metrics = QFontMetrics(self._tick_font())
        widest = max(metrics.horizontalAdvance(text) for text in texts)
        # Never narrower again: the curves would move sideways.
        self._left_width = max(self._left_width, widest + _TICK_GAP)

    def plot_area(self) -> QRectF:
        """Where the curves are, in pixels of the widget."""
        left, top, right, bottom = self._margins
        inner = QRectF(self.rect()).adjusted(left, top, -right, -bottom)
        return inner.adjusted(self._left_width, 0, 0, -_BOTTOM_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints axes, texts, curves and cursor."""
        del event
        area = self.plot_area()
        if not self.built or area.isEmpty():
            return
        colors = theme_colors()
        painter = QPainter(self)
        painter.setPen(QColor(colors.line))
        painter.drawLine(area.topLeft(), area.bottomLeft())
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        painter.setPen(QColor(colors.quiet))
        painter.setFont(self._tick_font())
        self._paint_ticks(painter, area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(area)
        if self._cursor is not None:
            painter.setPen(QColor(colors.faint))
            x = self._across(np.array([self._cursor]), area)[0]
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        for curve in self._curves:
            painter.setPen(QPen(_resolve(curve.color), _LINE_WIDTH))
            for x, y in curve.runs():
                places = _thinned(self._across(x, area), self._up(y, area))
                painter.drawPolyline(QPolygonF([QPointF(*place) for place in places.tolist()]))

    def _paint_ticks(self, painter: QPainter, area: QRectF) -> None:
        metrics = painter.fontMetrics()
        height = metrics.height()
        for value, text in self.ticks["left"]:
            middle = self._up(np.array([value]), area)[0]
            box = QRectF(0, middle - height / 2, area.left() - _TICK_GAP / 2, height)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight, text)
        for value, text in self.ticks["bottom"]:
            width = metrics.horizontalAdvance(text)
            left = self._across(np.array([value]), area)[0] - width / 2
            left = min(max(left, 1.0), self.width() - 1.0 - width)
            painter.drawText(QPointF(left, area.bottom() + 2 + metrics.ascent()), text)

    def _across(self, x: NDArray[np.float64], area: QRectF) -> NDArray[np.float64]:
        low, high = self._x
        return area.left() + (x - low) / (high - low) * area.width()

    def _up(self, y: NDArray[np.float64], area: QRectF) -> NDArray[np.float64]:
        low, high = self._y
        return area.bottom() - (y - low) / (high - low) * area.height()

    def _tick_font(self) -> QFont:
        font = self.font()
        font.setPointSizeF(max(6.0, font.pointSizeF() * _FONT_SCALE))
        return font


def _thinned(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points of a line in pixels, (n, 2): the lowest and the highest of each column of many."""
    starts = np.flatnonzero(np.diff(np.floor(x), prepend=-np.inf))
    if len(x) <= 2 * len(starts):
        return np.column_stack([x, y])
    ends = np.minimum.reduceat(y, starts), np.maximum.reduceat(y, starts)
    return np.column_stack([np.repeat(x[starts], 2), np.stack(ends, axis=1).ravel()])


def _padded(low: float, high: float, padding: float) -> tuple[float, float]:
    room = padding * (high - low) or (0.0 if high > low else 0.5)  # never an empty range
    return low - room, high + room


def _resolve(color: str) -> QColor:
    return QColor(color if color.startswith("#") else getattr(theme_colors(), color))
