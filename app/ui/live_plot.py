"""Line charts of the last minute: frame rates and memory."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QWidget

from app.pipeline.stats import PipelineStats
from app.ui.build import column, label, row, use_tabular_digits
from app.ui.i18n import tr
from app.ui.line_chart import LineChart
from app.ui.number_text import number_text
from app.ui.steady_axis import SteadyAxis
from app.ui.theme import is_theme_change, theme_colors

SPAN_SECONDS = 60.0
_PAUSE_MS = 100  # between two charts: each takes 25 ms to make and to paint first


class PlotCard(QFrame):
    """A chart with its title and the newest value of each curve.

    The chart is built after `start`, when it is visible: pyqtgraph takes 0.2 s and 19 MB.

    Args:
        title: Name of the quantity.
        curves: Display name and color (a field of `ThemeColors`) of each curve.
        value_text: Formats a value.
        height: Height of the chart, pixels.
        min_top: Lowest upper end of the vertical axis.
        unit: Unit on the vertical axis; empty for a pure number.
    """

    def __init__(
        self,
        title: str,
        curves: Sequence[tuple[str, str]],
        value_text: Callable[[float], str],
        height: int,
        min_top: float,
        unit: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.setAccessibleName(title)
        self.curves = list(curves)
        self.value_text = value_text
        self._unit = unit
        self._axis = SteadyAxis(0.0, min_top, 2 if height < 90 else 3)
        self._gap = 0.0  # seconds of pauses, which the chart does not show
        self._paused = False
        self._wanted = False
        heading = label(title, "section", wrap=True)  # German titles are wider than the side panel
        self.values = [label("-") for _ in curves]
        self.chart = LineChart(title, 30, (0, 6, 12, 0))
        self.chart.setFixedHeight(height)
        self.chart.set_curves([color for _, color in curves])
        self.chart.needed.connect(self._build)
        self._times: deque[float] = deque()
        self._samples: deque[Sequence[float]] = deque()
        self._shown: Sequence[float] = ()
        self._legend_labels: list[QLabel] = []
        line = row((heading, 1))
        layout = column(line, spacing=6, margins=(14, 12, 14, 10), parent=self)
        if len(self.curves) == 1:
            line.addWidget(self.values[0])
        else:
            layout.addLayout(self._make_legend())
        for value, (name, _) in zip(self.values, curves, strict=True):
            value.setAccessibleDescription(name)
            use_tabular_digits(value)
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
        """Whether the chart is built."""
        return self.chart.built

    def start(self) -> None:
        """Shows the chart, in a hidden or collapsed card as soon as it is visible."""
        self._wanted = True
        self._build()

    def _build(self) -> None:
        if self._wanted and self.chart.isVisible() and not self.chart.built:
            self.chart.build()
            self.chart.set_x_range(-SPAN_SECONDS, 0.0)
            self.chart.set_ticks("bottom", [(-60, tr("-60 s")), (-30, tr("-30 s")), (0, tr("now"))])
            self._draw()

    def stop(self) -> None:
        """Removes the chart."""
        self._wanted = False
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
        if self._paused and self._times:
            # The curves continue where they stopped.
            self._gap = seconds - self._times[-1]
        self._paused = False
        seconds -= self._gap
        self._times.append(seconds)
        self._samples.append(values)
        while seconds - self._times[0] > SPAN_SECONDS:
            self._times.popleft()
            self._samples.popleft()
        self.show_values(values)
        self._draw()

    def show_values(self, values: Sequence[float]) -> None:
        """Shows the newest value of each curve as text; the axis includes them."""
        for text, value in zip(self.values, values, strict=True):
            text.setText(self.value_text(value))
        self._shown = values
        if max(values) > self._axis.ticks[-1]:
            self._draw()

    def pause(self) -> None:
        """Pauses the chart: the time until the next value is not shown."""
        self._paused = True

    def clear(self) -> None:
        """Removes all values."""
        self._times.clear()
        self._samples.clear()
        self._shown = ()
        self._axis.reset()
        for value in self.values:
            value.setText("-")
        self._draw()

    def _draw(self) -> None:
        if not self.chart.built:
            return
        newest = self._times[-1] if self._times else 0.0
        ages = [time - newest for time in self._times]
        series = [list(values) for values in zip(*self._samples, strict=True)]
        for index in range(len(self.curves)):
            self.chart.set_data(index, ages, series[index] if series else [])
        if self._shown:
            values = [*self._shown, *itertools.chain(*series)]
            self._axis.fit(min(values), max(values))
        self.chart.set_value_axis(self._axis.ticks, self._unit)


class PlotPanel(QWidget):
    """The charts of frame rates and memory over the last minute."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        rates = [
            (tr("captured"), "captured"),
            (tr("inferred"), "inferred"),
            (tr("painted"), "painted"),
        ]
        self.rates = PlotCard(tr("Frames per second"), rates, _rate_text, 104, 20.0, tr("/s"))
        memory = [(tr("resident"), "memory")]
        self.memory = PlotCard(tr("Memory"), memory, _memory_text, 84, 100.0, tr("MB"))
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
        """Adds the statistics of a source that plays.

        Args:
            seconds: Time of the statistics on a monotonic clock.
            stats: The statistics.
        """
        rates, memory = _samples(stats)
        self.rates.add(seconds, rates)
        self.memory.add(seconds, memory)

    def hold(self, stats: PipelineStats) -> None:
        """Shows the statistics of a paused source as numbers; the curves do not change."""
        for card, values in zip((self.rates, self.memory), _samples(stats), strict=True):
            card.show_values(values)
            card.pause()


def _samples(stats: PipelineStats) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Returns the values of both charts: three rates per second, and memory in 10^6 bytes."""
    rates = stats.fps_captured, stats.fps_inferred, stats.fps_painted
    return rates, (stats.rss_bytes / 1e6,)


def _rate_text(rate: float) -> str:
    return number_text(rate, ".1f")


def _memory_text(megabytes: float) -> str:
    return f"{number_text(megabytes, '.0f')} MB"
