"""A small graph that grows with a training run."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.ui.bare_graph import Graph

if TYPE_CHECKING:
    from app.ui.theme import ThemeColors

_MOST = 600  # points; of more, every second one goes


class RunCurve(QFrame):
    """One curve over the steps of a run, with its newest value.

    Args:
        title: What is measured.
        colour: The curve's, a name in the theme.
        tokens: The theme's colours.
    """

    def __init__(
        self, title: str, colour: str, tokens: ThemeColors, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.setAccessibleName(title)
        self._colour, self._tokens = colour, tokens
        self._points: list[tuple[float, float]] = []
        self._done = 0.0  # steps of the parts of the run that are over
        self._plot: Graph | None = None
        self._line: Any = None
        self.heading = heading = QLabel(title)
        heading.setObjectName("section")
        self.value = QLabel("-")
        self.value.setAccessibleDescription(title)
        line = QHBoxLayout()
        line.addWidget(heading)
        line.addStretch()
        line.addWidget(self.value)
        self._stage = QVBoxLayout()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 9, 12, 8)
        layout.setSpacing(4)
        layout.addLayout(line)
        layout.addLayout(self._stage)
        self.setFixedHeight(132)

    @property
    def points(self) -> list[tuple[float, float]]:
        """Steps and values so far."""
        return self._points

    def set_title(self, title: str) -> None:
        """Says what is measured."""
        self.heading.setText(title)
        self.setAccessibleName(title)
        self.value.setAccessibleDescription(title)

    def start(self) -> None:
        """Loads the graph; its library takes half a second the first time."""
        if self._plot is not None:
            return
        self._plot = Graph(self.accessibleName())
        self._plot.lay_out(34, (0, 4, 6, 0))
        self._line = self._plot.add_curve()
        self._stage.addWidget(self._plot.widget)
        self.set_tokens(self._tokens)
        self._draw()

    def stop(self) -> None:
        """Takes the graph away."""
        if self._plot is not None:
            self._plot.close()
        self._plot = self._line = None

    def set_tokens(self, tokens: ThemeColors) -> None:
        """Uses the colours of a theme."""
        self._tokens = tokens
        if self._plot is None:
            return
        import pyqtgraph

        self._plot.colour(tokens, self.font())
        colour = getattr(tokens, self._colour)
        self._line.setPen(pyqtgraph.mkPen(colour, width=1.8))

    def clear(self) -> None:
        """Begins anew."""
        self._points, self._done = [], 0.0
        self.value.setText("-")
        self._draw()

    def add(self, step: float, value: float | None) -> None:
        """Adds a point; what is no number is left out."""
        if value is None or not math.isfinite(value):
            return
        last = self._points[-1][0] if self._points else 0.0
        if step + self._done < last:
            # The second step of coupled distillation counts from one again.
            self._done = last
        self._points.append((step + self._done, value))
        if len(self._points) > _MOST:
            self._points = self._points[:-1:2] + self._points[-1:]
        self.value.setText(f"{value:.3f}")
        self._draw()

    def _draw(self) -> None:
        if self._plot is None:
            return
        self._line.setData([x for x, _ in self._points], [y for _, y in self._points])
        values = [y for _, y in self._points]
        if not values:
            for side in ("left", "bottom"):
                self._plot.mark(side, [])
            return
        low, high = min(values), max(values)
        room = max(0.02, (high - low) * 0.1)
        self._plot.set_y(low - room, high + room)
        self._plot.mark("left", [(value, f"{value:.2f}") for value in {low, high}])
        first, last = self._points[0][0], self._points[-1][0]
        self._plot.set_x(first, max(last, first + 1.0), padding=0.02)
        self._plot.mark("bottom", [(x, f"{x:g}") for x in {first, last}])
