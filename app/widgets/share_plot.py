"""The regions' shares of attention over time, as a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from app.i18n import tr
from app.widgets.region_layer import COLOURS
from app.widgets.transport import clock_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from app.theme import Tokens

_HEIGHT = 110


class SharePlot(QWidget):
    """One curve a region. The graph itself comes by `start`, as in `app.widgets.plots`.

    Args:
        tokens: The theme's colours.
    """

    def __init__(self, tokens: Tokens, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Shares over time"))
        self.setFixedHeight(_HEIGHT)
        self._tokens = tokens
        self._plot: QWidget | None = None
        self._lines: list[object] = []
        self._now: object | None = None
        self._data: tuple[NDArray[np.float64], Sequence[NDArray[np.float32]]] | None = None
        self._span = (0.0, 1.0)
        self._inner = QVBoxLayout(self)
        self._inner.setContentsMargins(0, 0, 0, 0)

    def start(self) -> None:
        """Loads the graph."""
        if self._plot is not None:
            return
        import pyqtgraph

        plot = pyqtgraph.PlotWidget(background=self._tokens.surface, enableMenu=False)
        plot.setMouseEnabled(False, False)
        plot.hideButtons()
        plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        plot.setFrameShape(QFrame.Shape.NoFrame)
        plot.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        plot.setAccessibleName(self.accessibleName())
        plot.getPlotItem().layout.setContentsMargins(0, 9, 16, 0)
        plot.getAxis("left").setWidth(34)
        plot.getAxis("bottom").setHeight(18)
        self._now = pyqtgraph.InfiniteLine(0.0)
        plot.addItem(self._now)
        self._plot = plot
        self._inner.addWidget(plot)
        self.set_tokens(self._tokens)
        self._draw()

    def stop(self) -> None:
        """Takes the graph away, in the order its library needs."""
        plot, self._plot, self._lines, self._now = self._plot, None, [], None
        if plot is not None:
            plot.close()
            plot.deleteLater()

    def set_tokens(self, tokens: Tokens) -> None:
        """Uses the colours of a theme."""
        self._tokens = tokens
        if self._plot is None:
            return
        import pyqtgraph

        self._plot.setBackground(tokens.surface)  # type: ignore[attr-defined]
        self._now.setPen(pyqtgraph.mkPen(tokens.faint, width=1))  # type: ignore[union-attr,attr-defined]
        font = self.font()
        font.setPointSizeF(max(6.0, font.pointSizeF() * 0.82))
        for side in ("left", "bottom"):
            axis = self._plot.getAxis(side)  # type: ignore[attr-defined]
            axis.setPen(pyqtgraph.mkPen(tokens.line))
            axis.setTextPen(pyqtgraph.mkPen(tokens.quiet))
            axis.setStyle(tickLength=0, tickFont=font, hideOverlappingLabels=False)

    def show_shares(
        self,
        seconds: NDArray[np.float64],
        shares: Sequence[NDArray[np.float32]],
        span: tuple[float, float],
        now: float,
    ) -> None:
        """Draws the curves.

        Args:
            seconds: Times in the clip, growing, (n,).
            shares: The shares at these times, 0..1, (n,), of each region.
            span: First and last second to show.
            now: Where the clip is.
        """
        self._data, self._span = (seconds, shares), span
        if self._now is not None:
            self._now.setValue(now)  # type: ignore[attr-defined]
        self._draw()

    def _draw(self) -> None:
        if self._plot is None or self._data is None:
            return
        import numpy as np
        import pyqtgraph

        seconds, shares = self._data
        while len(self._lines) > len(shares):
            self._plot.removeItem(self._lines.pop())  # type: ignore[attr-defined]
        while len(self._lines) < len(shares):
            colour = COLOURS[len(self._lines) % len(COLOURS)]
            pen = pyqtgraph.mkPen(colour, width=1.8)
            self._lines.append(self._plot.plot(pen=pen, antialias=True))  # type: ignore[attr-defined]
        # What was not seen is a gap in the curve, not a straight line through it.
        joined = np.ones(len(seconds), bool)
        if len(seconds) > 1:
            usual = max(0.35, 3 * float(np.median(np.diff(seconds))))
            joined[:-1] = np.diff(seconds) <= usual
        for line, values in zip(self._lines, shares, strict=True):
            line.setData(seconds, 100 * values, connect=joined)  # type: ignore[attr-defined]
        highest = max((float(values.max(initial=0.0)) for values in shares), default=0.0)
        top = next(step for step in (10, 25, 50, 100) if step >= 99 * highest or step == 100)
        self._plot.setYRange(0.0, top, padding=0.03)  # type: ignore[attr-defined]
        marks = [(value, f"{value:g}\u2009%") for value in (0.0, top / 2, float(top))]
        self._plot.getAxis("left").setTicks([marks])  # type: ignore[attr-defined]
        first, last = self._span
        self._plot.setXRange(first, max(last, first + 1.0), padding=0.0)  # type: ignore[attr-defined]
        middle = (first + last) / 2
        times = [(value, clock_text(value)) for value in (first, middle, last)]
        self._plot.getAxis("bottom").setTicks([times])  # type: ignore[attr-defined]
