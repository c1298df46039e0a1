"""A graph without menu, mouse or frame, in the theme's colours: what all our graphs are.

Made late: its library takes half a second to load, which nobody should wait for before the first
picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame

if TYPE_CHECKING:
    from PySide6.QtGui import QFont

    from app.theme import Tokens


def open_graph(name: str, left: int, margins: tuple[int, int, int, int]) -> Any:
    """Makes a pyqtgraph.PlotWidget, which has no types.

    Args:
        name: For screen readers.
        left: Width of the left axis, pixels.
        margins: Left, top, right and bottom of the graph, pixels.
    """
    import pyqtgraph

    plot = pyqtgraph.PlotWidget(enableMenu=False)
    plot.setMouseEnabled(False, False)
    plot.hideButtons()
    plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    plot.setFrameShape(QFrame.Shape.NoFrame)
    plot.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    plot.setAccessibleName(name)
    plot.getPlotItem().layout.setContentsMargins(*margins)
    plot.getAxis("left").setWidth(left)
    plot.getAxis("bottom").setHeight(18)
    return plot


def colour_graph(plot: Any, tokens: Tokens, font: QFont) -> None:
    """Uses the colours of a theme, and a font somewhat smaller than the one given."""
    import pyqtgraph

    plot.setBackground(tokens.surface)
    font.setPointSizeF(max(6.0, font.pointSizeF() * 0.82))
    for side in ("left", "bottom"):
        axis = plot.getAxis(side)
        axis.setPen(pyqtgraph.mkPen(tokens.line))
        axis.setTextPen(pyqtgraph.mkPen(tokens.quiet))
        axis.setStyle(tickLength=0, tickFont=font, hideOverlappingLabels=False)


def close_graph(plot: Any) -> None:
    """Takes a graph away, in the order its library needs; None is let go."""
    if plot is not None:
        plot.close()
        plot.deleteLater()
