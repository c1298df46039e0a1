"""A graph without menu, mouse or frame, in the theme's colours: what all our graphs are.

Made late: its library takes a third of a second to load, which nobody should wait for before the
first picture. Of the library we use axes, curves and the box they lie in; its whole plot brings
a hundred hidden buttons along, which take longer to make than two frames last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QWidget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QFont

    from app.ui.theme import ThemeColors


class Graph:
    """Axes on the left and below, and curves; pyqtgraph, which has no types.

    Empty until `lay_out`: each of the two takes some milliseconds, and a live view goes on between.

    Args:
        name: For screen readers.

    Attributes:
        widget: What is shown.
    """

    def __init__(self, name: str) -> None:
        import pyqtgraph

        self._axes: dict[str, Any] = {}
        self._view = pyqtgraph.GraphicsView()
        self._view.setFrameShape(QFrame.Shape.NoFrame)
        self._view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._view.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._view.setAccessibleName(name)
        self.widget: QWidget = self._view

    def lay_out(self, left: int, margins: tuple[int, int, int, int]) -> None:
        """Makes axes and the box of the curves.

        Args:
            left: Width of the left axis, pixels.
            margins: Left, top, right and bottom of the graph, pixels.
        """
        import pyqtgraph

        self._box = pyqtgraph.ViewBox(enableMouse=False, enableMenu=False)
        self._axes = {side: pyqtgraph.AxisItem(side, linkView=self._box) for side in _PLACES}
        inner = pyqtgraph.GraphicsLayout()
        inner.setContentsMargins(*margins)
        inner.setSpacing(0)
        inner.addItem(self._box, 0, 1)
        for side, axis in self._axes.items():
            inner.addItem(axis, *_PLACES[side])
            axis.setZValue(0.5)
        self._axes["left"].setWidth(left)
        self._axes["bottom"].setHeight(18)
        self._view.setCentralItem(inner)

    def colour(self, tokens: ThemeColors, font: QFont) -> None:
        """Uses the colours of a theme, and a font somewhat smaller than the one given."""
        import pyqtgraph

        self._view.setBackground(tokens.surface)
        font.setPointSizeF(max(6.0, font.pointSizeF() * 0.82))
        for axis in self._axes.values():
            axis.setPen(pyqtgraph.mkPen(tokens.line))
            axis.setTextPen(pyqtgraph.mkPen(tokens.quiet))
            axis.setStyle(tickLength=0, tickFont=font, hideOverlappingLabels=False)

    def add_curve(self) -> Any:
        """A curve without points: a pyqtgraph.PlotCurveItem."""
        import pyqtgraph

        curve = pyqtgraph.PlotCurveItem(antialias=True)
        self._box.addItem(curve)
        return curve

    def add_line(self) -> Any:
        """A vertical line: a pyqtgraph.InfiniteLine."""
        import pyqtgraph

        line = pyqtgraph.InfiniteLine(0.0)
        self._box.addItem(line)
        return line

    def remove(self, item: Any) -> None:
        """Takes a curve or line away."""
        self._box.removeItem(item)

    def set_x(self, low: float, high: float, padding: float = 0.0) -> None:
        """Shows this span of the horizontal axis, and `padding`, a share of it, on both sides."""
        self._box.setXRange(low, high, padding=padding)

    def set_y(self, low: float, high: float, padding: float = 0.0) -> None:
        """Shows this span of the vertical axis; see `set_x`."""
        self._box.setYRange(low, high, padding=padding)

    def mark(self, side: str, marks: Sequence[tuple[float, str]]) -> None:
        """Writes words at values along the axis on the "left" or at the "bottom"."""
        self._axes[side].setTicks([list(marks)])

    def close(self) -> None:
        """Takes the graph away."""
        self._view.close()
        self._view.deleteLater()


_PLACES = {"left": (0, 0), "bottom": (1, 1)}
"""Row and column of an axis."""
