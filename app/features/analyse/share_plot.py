"""A chart of the regions' shares of attention over time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.ui.build import column
from app.ui.i18n import tr
from app.ui.line_chart import LineChart
from app.ui.steady_axis import SteadyAxis
from app.ui.time_text import clock_text

_HEIGHT = 110  # pixels


class SharePlot(QWidget):
    """One curve per region; the chart appears with `start`.

    Signals:
        needed: The widget becomes visible, and the chart is not started.
    """

    needed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Shares over time"))
        self.setFixedHeight(_HEIGHT)
        self.chart = LineChart(self.accessibleName(), margins=(0, 9, 16, 0))
        self.chart.needed.connect(self.needed)
        self._axis = SteadyAxis(0.0, 10.0)
        self._now = 0.0
        self._data: (
            tuple[NDArray[np.float64], Sequence[NDArray[np.float32]], Sequence[str]] | None
        ) = None
        self._span = (0.0, 1.0)
        column(self.chart, parent=self)

    def start(self) -> None:
        """Shows the chart."""
        self.chart.build()
        self._draw()

    def stop(self) -> None:
        """Removes the chart."""
        self.chart.clear_plot()

    def show_shares(
        self,
        seconds: NDArray[np.float64],
        shares: Sequence[NDArray[np.float32]],
        colors: Sequence[str],
        span: tuple[float, float],
        now: float,
    ) -> None:
        """Draws the curves.

        Args:
            seconds: Times in the source, ascending, float64, shape (n,).
            shares: Shares of each region at these times, 0..1, float32, shape (n,).
            colors: Color of each region, "#rrggbb".
            span: First and last second to show.
            now: Position of playback, seconds.
        """
        self._data, self._span, self._now = (seconds, shares, colors), span, now
        self._draw()

    def _draw(self) -> None:
        if not self.chart.built or self._data is None:
            return
        seconds, shares, colors = self._data
        self.chart.set_curves(list(colors))
        self.chart.set_cursor(self._now)
        # The curve has gaps where there are no data.
        joined = np.ones(len(seconds), bool)
        if len(seconds) > 1:
            usual = max(0.35, 3 * float(np.median(np.diff(seconds))))
            joined[:-1] = np.diff(seconds) <= usual
        for index, values in enumerate(shares):
            self.chart.set_data(index, seconds, 100 * values, joined)
        highest = max((float(values.max(initial=0.0)) for values in shares), default=0.0)
        self.chart.set_value_axis(self._axis.fit(0.0, 100 * highest), "%")
        first, last = self._span
        self.chart.set_x_range(first, max(last, first + 1.0))
        middle = (first + last) / 2
        times = [(value, clock_text(value)) for value in (first, middle, last)]
        self.chart.set_ticks("bottom", times)
