"""A line chart in the colors of the theme."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from app.ui.number_text import number_text
from app.ui.theme import theme_colors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray
    from PySide6.QtGui import QPaintEvent

_LINE_WIDTH = 1.7
_FONT_SCALE = 0.82  # of the widget's font
_TICK_GAP = 4  # pixels between an axis and its texts
_BOTTOM_HEIGHT = 18  # pixels of the bottom axis

N = TypeVar("N", float, "NDArray[np.float64]")


@dataclass(slots=True)
class _Curve:
    """A curve; `joined` tells whether a line leads from a point to the next, shape (n,)."""

    color: str
    x: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    y: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    joined: NDArray[np.bool_] | None = None


class LineChart(QWidget):
    """A chart with a left and a bottom axis, without mouse interaction.

    A color is a field of `ThemeColors` or "#rrggbb".

    Args:
        name: Accessible name.
        left_width: Least width of the left axis, in pixels.
        margins: Left, top, right and bottom, in pixels.
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
        self._left_width, self._margins = float(left_width), margins
        self._curves: list[_Curve] = []
        self._cursor: float | None = None
        self._x_range, self._y_range = (0.0, 1.0), (0.0, 1.0)
        self._ticks: dict[str, Sequence[tuple[float, str]]] = {"left": [], "bottom": []}

    def set_curves(self, colors: Sequence[str]) -> None:
        """Sets the number of curves and their colors."""
        del self._curves[len(colors) :]
        for place, color in enumerate(colors):
            if place < len(self._curves):
                self._curves[place].color = color
            else:
                self._curves.append(_Curve(color))
        self.update()

    def set_data(
        self, index: int, x: ArrayLike, y: ArrayLike, joined: NDArray[np.bool_] | None = None
    ) -> None:
        """Sets the points of a curve.

        Args:
            index: Which curve.
            x: Ascending, shape (n,).
            y: Shape (n,).
            joined: Shape (n,): whether a line leads from a point to the next; None for all.
        """
        curve = self._curves[index]
        curve.x, curve.y, curve.joined = np.asarray(x, float), np.asarray(y, float), joined
        self.update()

    def curve_points(self, index: int) -> tuple[list[float], list[float]]:
        """Returns the points of a curve: x and y."""
        curve = self._curves[index]
        return curve.x.tolist(), curve.y.tolist()

    def set_cursor(self, x: float) -> None:
        """Moves the vertical line that marks a place on the horizontal axis."""
        self._cursor = x
        self.update()

    def set_x_range(self, low: float, high: float, padding: float = 0.0) -> None:
        """Sets the visible range; `padding` is a share of it, added on both sides."""
        self._x_range = _padded(low, high, padding)
        self.update()

    def set_ticks(self, side: str, ticks: Sequence[tuple[float, str]]) -> None:
        """Sets values and texts of the ticks on the "left" or the "bottom" axis."""
        self._ticks[side] = ticks
        self.update()

    def set_value_axis(self, ticks: Sequence[float], unit: str = "", padding: float = 0.03) -> None:
        """Sets the range and the ticks of the left axis.

        Args:
            ticks: Ascending; the range goes from the first to the last one.
            unit: Shown behind the number of the last tick.
            padding: Share of the range that is added on both sides.
        """
        texts = [number_text(value) for value in ticks]
        if unit:
            texts[-1] += f"\N{NO-BREAK SPACE}{unit}"
        self._y_range = _padded(ticks[0], ticks[-1], padding)
        self.set_ticks("left", list(zip(ticks, texts, strict=True)))

    def tick_texts(self, side: str) -> list[str]:
        """Returns the texts of the ticks on the "left" or the "bottom" axis."""
        return [text for _, text in self._ticks[side]]

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints axes, cursor and curves."""
        del event
        painter, colors = QPainter(self), theme_colors()
        font = _tick_font(self.font())
        painter.setFont(font)
        area = self._area(QFontMetricsF(font))
        self._paint_axes(painter, area)
        painter.setClipRect(area.adjusted(0, -_LINE_WIDTH, _LINE_WIDTH, _LINE_WIDTH))
        if self._cursor is not None:
            painter.setPen(QColor(colors.faint))
            at = self._across(area, self._cursor)
            painter.drawLine(QPointF(at, area.top()), QPointF(at, area.bottom()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for curve in self._curves:
            name = curve.color
            color = QColor(name if name.startswith("#") else getattr(colors, name))
            pen = QPen(color, _LINE_WIDTH)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            x, y = self._across(area, curve.x), self._up(area, curve.y)
            for own_x, own_y in _runs(x, y, curve.joined):
                places = map(QPointF, own_x.tolist(), own_y.tolist())
                painter.drawPolyline(QPolygonF(list(places)))
        painter.end()

    def _area(self, metrics: QFontMetricsF) -> QRectF:
        """The rectangle of the curves."""
        texts = self.tick_texts("left")
        widest = max((metrics.horizontalAdvance(text) for text in texts), default=0.0)
        # Never narrower again: the curves would move sideways.
        self._left_width = max(self._left_width, widest + 2 * _TICK_GAP)
        left, top, right, bottom = self._margins
        return QRectF(self.rect()).adjusted(
            left + self._left_width, top, -right, -bottom - _BOTTOM_HEIGHT
        )

    def _paint_axes(self, painter: QPainter, area: QRectF) -> None:
        colors, metrics = theme_colors(), QFontMetricsF(painter.font())
        painter.setPen(QColor(colors.line))
        painter.drawLine(area.topLeft(), area.bottomLeft())
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        painter.setPen(QColor(colors.quiet))
        height = metrics.height()
        for value, text in self._ticks["left"]:
            place = QRectF(0, 0, area.left() - _TICK_GAP, height)
            place.moveTop(self._up(area, value) - height / 2)
            painter.drawText(place, Qt.AlignmentFlag.AlignRight, text)
        for value, text in self._ticks["bottom"]:
            width = metrics.horizontalAdvance(text) + 1
            left = self._across(area, value) - width / 2
            left = max(0.0, min(left, self.width() - width))
            place = QRectF(left, area.bottom() + _TICK_GAP / 2, width, height)
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft, text)

    def _across(self, area: QRectF, x: N) -> N:
        low, high = self._x_range
        return area.left() + (x - low) * (area.width() / (high - low))

    def _up(self, area: QRectF, y: N) -> N:
        low, high = self._y_range
        return area.bottom() - (y - low) * (area.height() / (high - low))


def _padded(low: float, high: float, padding: float) -> tuple[float, float]:
    span = high - low or 1.0
    return low - padding * span, low + (1 + padding) * span


def _tick_font(font: QFont) -> QFont:
    font = QFont(font)
    font.setPointSizeF(max(6.0, font.pointSizeF() * _FONT_SCALE))
    return font


def _runs(
    x: NDArray[np.float64], y: NDArray[np.float64], joined: NDArray[np.bool_] | None
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Parts of a curve that are drawn as one line, in pixels; no more points than can be seen."""
    every = np.ones(len(x), bool) if joined is None else joined
    ends = np.flatnonzero(~every[:-1]) + 1
    for own_x, own_y in zip(np.split(x, ends), np.split(y, ends), strict=True):
        columns = np.floor(own_x)
        first = np.flatnonzero(np.diff(columns, prepend=-np.inf))
        if 2 * len(first) < len(columns):  # lowest and highest point of each column of pixels
            low, high = np.minimum.reduceat(own_y, first), np.maximum.reduceat(own_y, first)
            yield np.repeat(columns[first], 2), np.stack((low, high), 1).ravel()
        elif len(columns):
            yield own_x, own_y
