"""A line chart in the colors of the theme: a thin wrapper around pyqtgraph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QShowEvent
from PySide6.QtWidgets import QWidget

from app.ui.build import column
from app.ui.chart_library import chart_library
from app.ui.number_text import number_text
from app.ui.theme import ThemeColors, is_theme_change, theme_colors

_LINE_WIDTH = 1.7
_FONT_SCALE = 0.82  # of the widget's font
_TICK_GAP = 8  # pixels between the texts of the left axis and the curves


class LineChart(QWidget):
    """A chart with a left and a bottom axis, without mouse interaction.

    The chart is empty until `build`; until then, and after `clear_plot`, all drawing methods do
    nothing. A color is a field of `ThemeColors` or "#rrggbb".

    Args:
        name: Accessible name.
        left_width: Width of the left axis, in pixels.
        margins: Left, top, right and bottom, in pixels.

    Signals:
        needed: The widget becomes visible, and the chart is not built; or `build` was called too
            early.
    """

    needed = Signal()

    def __init__(
        self,
        name: str,
        left_width: int = 34,
        margins: tuple[int, int, int, int] = (0, 4, 6, 0),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._left_width, self._margins = left_width, margins
        self._colors: list[str] = []
        self._curves: list[Any] = []
        # pyqtgraph has no type annotations.
        self._plot: Any = None
        self._applied: tuple[ThemeColors, str] | None = None  # theme and font of the plot
        self._cursor: Any = None
        self._wanted = False  # while the library is imported
        self._layout = column(parent=self)

    @property
    def built(self) -> bool:
        """Whether the chart can draw."""
        return self._plot is not None

    def build(self) -> None:
        """Creates the plot. Where pyqtgraph is not imported yet, `needed` is emitted after that."""
        if self._plot is not None or self._wanted:
            return
        library = chart_library()
        if not library.is_loaded:
            self._wanted = True
            library.request(self, self._on_loaded)
            return
        import pyqtgraph

        view = pyqtgraph.PlotWidget(enableMenu=False)
        view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        view.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        view.setAccessibleName(self.accessibleName())
        self._plot = view
        view.hideButtons()
        view.setMouseEnabled(x=False, y=False)
        view.getPlotItem().setContentsMargins(*self._margins)
        view.getAxis("left").setWidth(self._left_width)
        view.getAxis("bottom").setHeight(18)
        self._apply_theme()
        self._layout.addWidget(view)

    def clear_plot(self) -> None:
        """Destroys the plot; `build` creates it again."""
        self._wanted = False
        if self._plot is not None:
            # Without a parent, a plot whose layout has yet to show it would become a window.
            self._plot.hide()
            self._plot.close()
            self._plot.deleteLater()
        self._plot = self._cursor = self._applied = None
        self._curves = []

    def set_curves(self, colors: Sequence[str]) -> None:
        """Sets the number of curves and their colors."""
        self._colors = list(colors)
        if self._plot is None:
            return
        import pyqtgraph

        while len(self._curves) > len(colors):
            self._plot.removeItem(self._curves.pop())
        while len(self._curves) < len(colors):
            self._curves.append(pyqtgraph.PlotCurveItem(antialias=True))
            self._plot.addItem(self._curves[-1])
        for curve, color in zip(self._curves, colors, strict=True):
            curve.setPen(pyqtgraph.mkPen(_resolve(color), width=_LINE_WIDTH))

    def set_data(
        self, index: int, x: ArrayLike, y: ArrayLike, joined: NDArray[np.bool_] | None = None
    ) -> None:
        """Sets the points of a curve.

        Args:
            index: Which curve.
            x: Shape (n,).
            y: Shape (n,).
            joined: Shape (n,): whether a line leads from a point to the next; None for all.
        """
        if self._plot is not None:
            self._curves[index].setData(x, y, connect="all" if joined is None else joined)

    def curve_points(self, index: int) -> tuple[list[float], list[float]]:
        """Returns the drawn points of a curve: x and y."""
        x, y = self._curves[index].getData()
        return ([], []) if x is None else (list(x), list(y))

    def set_cursor(self, x: float) -> None:
        """Moves the vertical line that marks a place on the horizontal axis."""
        if self._plot is None:
            return
        if self._cursor is None:
            import pyqtgraph

            self._cursor = pyqtgraph.InfiniteLine(pen=theme_colors().faint)
            self._plot.addItem(self._cursor)
        self._cursor.setValue(x)

    def set_x_range(self, low: float, high: float, padding: float = 0.0) -> None:
        """Sets the visible range; `padding` is a share of it, added on both sides."""
        if self._plot is not None:
            self._plot.setXRange(low, high, padding=padding)

    def set_y_range(self, low: float, high: float, padding: float = 0.0) -> None:
        """Sets the visible range; `padding` is a share of it, added on both sides."""
        if self._plot is not None:
            self._plot.setYRange(low, high, padding=padding)

    def set_ticks(self, side: str, ticks: Sequence[tuple[float, str]]) -> None:
        """Sets values and texts of the ticks on the "left" or the "bottom" axis."""
        if self._plot is not None:
            self._plot.getAxis(side).setTicks([list(ticks)])

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
        self.set_y_range(ticks[0], ticks[-1], padding=padding)
        self.set_ticks("left", list(zip(ticks, texts, strict=True)))
        if self._plot is not None:
            metrics = QFontMetrics(self._tick_font())
            widest = max(metrics.horizontalAdvance(text) for text in texts)
            # Never narrower again: the curves would move sideways.
            self._left_width = max(self._left_width, widest + _TICK_GAP)
            self._plot.getAxis("left").setWidth(self._left_width)

    def showEvent(self, event: QShowEvent) -> None:
        """Requests the chart where it is not built."""
        super().showEvent(event)
        if self._plot is None:
            self.needed.emit()

    def changeEvent(self, event: QEvent) -> None:
        """Applies another theme or font."""
        super().changeEvent(event)
        if is_theme_change(event) or event.type() == QEvent.Type.FontChange:
            self._apply_theme()

    def _on_loaded(self) -> None:
        if self._wanted:
            self._wanted = False
            self.needed.emit()

    def _apply_theme(self) -> None:
        colors, font = theme_colors(), self._tick_font()
        # One change of theme sends several events.
        if self._plot is None or self._applied == (colors, font.key()):
            return
        self._applied = (colors, font.key())
        self._plot.setBackground(colors.surface)
        for side in ("left", "bottom"):
            axis = self._plot.getAxis(side)
            axis.setPen(colors.line)
            axis.setTextPen(colors.quiet)
            axis.setStyle(tickLength=0, tickFont=font, hideOverlappingLabels=False)
        if self._cursor is not None:
            self._cursor.setPen(colors.faint)
        self.set_curves(self._colors)

    def _tick_font(self) -> QFont:
        font = self.font()
        font.setPointSizeF(max(6.0, font.pointSizeF() * _FONT_SCALE))
        return font


def _resolve(color: str) -> str:
    return color if color.startswith("#") else str(getattr(theme_colors(), color))
