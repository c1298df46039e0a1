"""Line charts of the last minute: frame rates and memory."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QWidget

from app.ui.build import column, label, row
from app.ui.i18n import tr
from app.ui.line_chart import LineChart
from app.ui.theme import is_theme_change, theme_colors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.pipeline.stats import PipelineStats

SPAN_SECONDS = 60.0
_PAUSE_MS = 100  # between two charts: each takes 25 ms to make and to paint first


class PlotCard(QFrame):
    """A chart with its title and the newest value of each curve.

    The chart appears with `start`, so that importing pyqtgraph does not delay the first picture.

    Args:
        title: What is measured.
        curves: Display name and color (a field of `ThemeColors`) of each curve.
        value_format: Format string of a value, such as "{:.1f}".
        height: Height of the chart, in pixels.
        min_top: Lowest upper end of the vertical axis.
    """

    def __init__(
        self,
        title: str,
        curves: Sequence[tuple[str, str]],
        value_format: str,
        height: int,
        min_top: float,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.setAccessibleName(title)
        self.curves = list(curves)
        self.value_format = value_format
        self._min_top = min_top
        heading = label(title, "section")
        self.values = [label("-") for _ in curves]
        self.chart = LineChart(title, 30, (0, 6, 12, 0))
        self.chart.setFixedHeight(height)
        self.chart.set_curves([color for _, color in curves])
        self._times: deque[float] = deque()
        self._samples: deque[Sequence[float]] = deque()
        self._legend_labels: list[QLabel] = []
        line = row(heading, None)
        layout = column(line, spacing=6, margins=(14, 12, 14, 10), parent=self)
        if len(self.curves) == 1:
            line.addWidget(self.values[0])
        else:
            layout.addLayout(self._make_legend())
        for value, (name, _) in zip(self.values, curves, strict=True):
            value.setAccessibleDescription(name)
        layout.addWidget(self.chart)

    def _make_legend(self) -> QGridLayout:
        legend = QGridLayout()
        legend.setHorizontalSpacing(6)
        legend.setVerticalSpacing(0)
        for index, ((name, _), value) in enumerate(zip(self.curves, self.values, strict=True)):
            colored = label()
            colored.setTextFormat(Qt.TextFormat.RichText)
            colored.setAccessibleName(name)
            self._legend_labels.append(colored)
            legend.addWidget(colored, 0, index)
            legend.addWidget(value, 1, index)
            legend.setColumnStretch(index, 1)
        self._color_legend()
        return legend

    def _color_legend(self) -> None:
        colors = theme_colors()
        for colored, (name, color) in zip(self._legend_labels, self.curves, strict=False):
            colored.setText(
                f'<span style="color:{getattr(colors, color)}">\N{BLACK CIRCLE}</span> '
                f'<span style="color:{colors.quiet}">{name}</span>'
            )

    @property
    def started(self) -> bool:
        """Whether the chart is shown."""
        return self.chart.built

    def start(self) -> None:
        """Shows the chart."""
        if not self.chart.built:
            self.chart.build()
            self.chart.set_x_range(-SPAN_SECONDS, 0.0)
            self.chart.set_y_range(0.0, self._min_top)
            self.chart.set_ticks("bottom", [(-60, "-60 s"), (-30, "-30 s"), (0, tr("now"))])

    def stop(self) -> None:
        """Removes the chart."""
        self.chart.clear_plot()

    def changeEvent(self, event: QEvent) -> None:
        """Colors the legend again when the theme changes."""
        super().changeEvent(event)
        if is_theme_change(event):
            self._color_legend()

    def add(self, seconds: float, values: Sequence[float]) -> None:
        """Adds a value to each curve; values older than a minute are dropped.

        Args:
            seconds: Time on a monotonic clock.
            values: The newest value of each curve.
        """
        self._times.append(seconds)
        self._samples.append(values)
        while seconds - self._times[0] > SPAN_SECONDS:
            self._times.popleft()
            self._samples.popleft()
        ages = [time - seconds for time in self._times]
        series = [list(each) for each in zip(*self._samples, strict=True)]
        for index, (text, value) in enumerate(zip(self.values, values, strict=True)):
            text.setText(self.value_format.format(value))
            self.chart.set_data(index, ages, series[index])
        low, top = self._range(min(map(min, series)), max(map(max, series)))
        self.chart.set_y_range(low, top, padding=0.02)
        marks = [(value, f"{value:g}") for value in (low, (low + top) / 2, top)]
        self.chart.set_ticks("left", marks)

    def clear(self) -> None:
        """Removes all values."""
        self._times.clear()
        self._samples.clear()
        for index, value in enumerate(self.values):
            value.setText("-")
            self.chart.set_data(index, [], [])

    def _range(self, low: float, high: float) -> tuple[float, float]:
        """The ends of the vertical axis, for values from `low` to `high`."""
        del low
        return 0.0, _round_up(max(self._min_top, high * 1.08))


class PlotPanel(QWidget):
    """The charts of frame rates and memory, fed with one snapshot after the other."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        rates = [
            (tr("captured"), "captured"),
            (tr("inferred"), "inferred"),
            (tr("painted"), "painted"),
        ]
        self.rates = PlotCard(tr("Frames per second"), rates, "{:.1f}", 104, 20.0)
        memory = [(tr("resident"), "memory")]
        self.memory = PlotCard(tr("Memory"), memory, "{:.0f} MB", 84, 100.0)
        self._second = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._second.timeout.connect(self.memory.start)
        column(self.rates, self.memory, spacing=10, parent=self)

    def start(self) -> None:
        """Shows the charts one after the other, so that frames are painted in between."""
        self.rates.start()
        self._second.start()

    def stop(self) -> None:
        """Removes the charts."""
        self._second.stop()
        self.rates.stop()
        self.memory.stop()

    def add(self, seconds: float, stats: PipelineStats) -> None:
        """Adds a snapshot.

        Args:
            seconds: Time of the snapshot on a monotonic clock.
            stats: The snapshot.
        """
        self.rates.add(seconds, (stats.fps_captured, stats.fps_inferred, stats.fps_painted))
        self.memory.add(seconds, (stats.rss_bytes / 1e6,))


def _round_up(value: float) -> float:
    """Rounds up to 10, 20, 30, 40, ..., 100, 120, 140, ..., so that ticks are round numbers."""
    step = 10.0
    while value > 10 * step:
        step *= 10 if value > 50 * step else 2
    return step * -(-value // step)
