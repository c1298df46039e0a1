"""A small chart of a value over the steps of a run."""

from __future__ import annotations

import math

from PySide6.QtWidgets import QFrame, QWidget

from app.ui.build import column, label, row
from app.ui.i18n import tr
from app.ui.line_chart import LineChart
from app.ui.number_text import number_text
from app.ui.steady_axis import SteadyAxis

_MAX_POINTS = 600  # above this number, every second point is dropped


class RunCurve(QFrame):
    """One curve over the steps of a run, and its last value as text.

    Args:
        title: Name of the quantity.
        color: Color of the curve, a field of `ThemeColors`.
    """

    def __init__(self, title: str, color: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.setAccessibleName(title)
        self._points: list[tuple[float, float]] = []
        self._values, self._steps = SteadyAxis(intervals=2), SteadyAxis(0.0, 10.0, 3)
        self._done = 0.0  # steps of the finished parts of the run
        self.chart = LineChart(title)
        self.chart.set_curves([color])
        self.chart.needed.connect(self.start)
        self.heading = label(title, "section")
        self.value = label("-")
        self.value.setAccessibleDescription(title)
        line = row(self.heading, None, self.value, spacing=8)
        column(line, (self.chart, 1), spacing=4, margins=(12, 9, 12, 8), parent=self)
        self.setFixedHeight(132)

    @property
    def points(self) -> list[tuple[float, float]]:
        """All points: (step, value)."""
        return self._points

    def set_title(self, title: str) -> None:
        """Sets the name of the quantity."""
        self.heading.setText(title)
        self.setAccessibleName(title)
        self.value.setAccessibleDescription(title)

    def start(self) -> None:
        """Shows the chart, the first time as soon as pyqtgraph is imported."""
        self.chart.build()
        self._draw()

    def stop(self) -> None:
        """Removes the chart."""
        self.chart.clear_plot()

    def clear(self) -> None:
        """Removes all points."""
        self._points, self._done = [], 0.0
        self.value.setText("-")
        self._draw()

    def add(self, step: float, value: float | None) -> None:
        """Adds a point; NaN, infinity and None are ignored."""
        if value is None or not math.isfinite(value):
            return
        last = self._points[-1][0] if self._points else 0.0
        if step + self._done < last:
            # Step 2 of a coupled distillation counts its batches from one again.
            self._done = last
        self._points.append((step + self._done, value))
        if len(self._points) > _MAX_POINTS:
            self._points = self._points[:-1:2] + self._points[-1:]
        self.value.setText(number_text(value, ".3f"))
        self._draw()

    def _draw(self) -> None:
        self.chart.set_data(0, [x for x, _ in self._points], [y for _, y in self._points])
        values = [y for _, y in self._points]
        if not values:
            self._values.reset()
            self._steps.reset()
            for side in ("left", "bottom"):
                self.chart.set_ticks(side, [])
            return
        self.chart.set_value_axis(self._values.fit(min(values), max(values)))
        ticks = self._steps.fit(self._points[0][0], self._points[-1][0])
        self.chart.set_x_range(ticks[0], ticks[-1], padding=0.02)
        last = tr("step {step:g}").format(step=ticks[-1])
        self.chart.set_ticks(
            "bottom", [*((x, number_text(x)) for x in ticks[:-1]), (ticks[-1], last)]
        )
