"""The regions' shares of attention over time, as a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.features.analyse.region_layer import COLOURS
from app.features.playback.transport import clock_text
from app.ui.bare_graph import Graph
from app.ui.i18n import tr

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from PySide6.QtGui import QShowEvent

    from app.ui.theme import ThemeColors

_HEIGHT = 110


class SharePlot(QWidget):
    """One curve a region. The graph itself comes by `start`, see `app.ui.bare_graph`.

    Args:
        tokens: The theme's colours.

    Signals:
        needed: It is seen, and the graph is not there yet.
    """

    needed = Signal()

    def __init__(self, tokens: ThemeColors, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Shares over time"))
        self.setFixedHeight(_HEIGHT)
        self._tokens = tokens
        self._plot: Graph | None = None
        self._lines: list[Any] = []
        self._now: Any = None
        self._data: tuple[NDArray[np.float64], Sequence[NDArray[np.float32]]] | None = None
        self._span = (0.0, 1.0)
        self._inner = QVBoxLayout(self)
        self._inner.setContentsMargins(0, 0, 0, 0)

    def showEvent(self, event: QShowEvent) -> None:
        """Asks for the graph."""
        super().showEvent(event)
        if self._plot is None:
            self.needed.emit()

    def start(self) -> None:
        """Makes the graph."""
        if self._plot is not None:
            return
        self._plot = Graph(self.accessibleName())
        self._plot.lay_out(34, (0, 9, 16, 0))
        self._now = self._plot.add_line()
        self._inner.addWidget(self._plot.widget)
        self.set_tokens(self._tokens)
        self._draw()

    def stop(self) -> None:
        """Takes the graph away."""
        if self._plot is not None:
            self._plot.close()
        self._plot, self._lines, self._now = None, [], None

    def set_tokens(self, tokens: ThemeColors) -> None:
        """Uses the colours of a theme."""
        self._tokens = tokens
        if self._plot is None:
            return
        import pyqtgraph

        self._plot.colour(tokens, self.font())
        self._now.setPen(pyqtgraph.mkPen(tokens.faint, width=1))

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
            self._now.setValue(now)
        self._draw()

    def _draw(self) -> None:
        if self._plot is None or self._data is None:
            return
        import numpy as np
        import pyqtgraph

        seconds, shares = self._data
        while len(self._lines) > len(shares):
            self._plot.remove(self._lines.pop())
        while len(self._lines) < len(shares):
            colour = COLOURS[len(self._lines) % len(COLOURS)]
            line = self._plot.add_curve()
            line.setPen(pyqtgraph.mkPen(colour, width=1.8))
            self._lines.append(line)
        # What was not seen is a gap in the curve, not a straight line through it.
        joined = np.ones(len(seconds), bool)
        if len(seconds) > 1:
            usual = max(0.35, 3 * float(np.median(np.diff(seconds))))
            joined[:-1] = np.diff(seconds) <= usual
        for line, values in zip(self._lines, shares, strict=True):
            line.setData(seconds, 100 * values, connect=joined)
        highest = max((float(values.max(initial=0.0)) for values in shares), default=0.0)
        top = next(step for step in (10, 25, 50, 100) if step >= 99 * highest or step == 100)
        self._plot.set_y(0.0, top, padding=0.03)
        marks = [(value, f"{value:g}\u2009%") for value in (0.0, top / 2, float(top))]
        self._plot.mark("left", marks)
        first, last = self._span
        self._plot.set_x(first, max(last, first + 1.0))
        middle = (first + last) / 2
        times = [(value, clock_text(value)) for value in (first, middle, last)]
        self._plot.mark("bottom", times)
