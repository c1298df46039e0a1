"""Two graphs of the last minute: frames a second and memory."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.ui.bare_graph import Graph
from app.ui.i18n import tr

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.pipeline.stats import PipelineStats
    from app.ui.theme import ThemeColors

SPAN_SECONDS = 60.0
_PACE_MS = 40  # between two steps of making the graphs


class PlotCard(QFrame):
    """A graph with its title and the newest value of each curve.

    The graph itself comes by `start`: its library takes half a second to load, which nobody
    should wait for before the first picture.

    Args:
        title: What is measured.
        curves: Name for people and name of the colour in the theme, of each curve.
        words: Writes a value.
        height: Of the graph, in pixels.
        least: The axis reaches up to this at least.
        tokens: The theme's colours.

    Signals:
        made: The graph is there.
    """

    made = Signal()

    def __init__(
        self,
        title: str,
        curves: Sequence[tuple[str, str]],
        words: str,
        height: int,
        least: float,
        tokens: ThemeColors,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.setAccessibleName(title)
        self._curves = list(curves)
        self._words = words
        self._least = least
        self._tokens = tokens
        self._plot: Graph | None = None
        self._lines: list[Any] = []
        self._steps: Iterator[None] = iter(())
        self._pace = QTimer(self)
        self._pace.timeout.connect(self._go_on)
        heading = QLabel(title)
        heading.setObjectName("section")
        self._values = [QLabel("-") for _ in curves]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 10)
        layout.setSpacing(6)
        line = QHBoxLayout()
        line.addWidget(heading)
        line.addStretch()
        layout.addLayout(line)
        self._marks: list[QLabel] = []
        if len(self._curves) == 1:
            line.addWidget(self._values[0])
        else:
            legend = QGridLayout()
            legend.setHorizontalSpacing(6)
            legend.setVerticalSpacing(0)
            for place, ((name, _), value) in enumerate(zip(curves, self._values, strict=True)):
                mark = QLabel()
                mark.setTextFormat(Qt.TextFormat.RichText)
                mark.setAccessibleName(name)
                self._marks.append(mark)
                legend.addWidget(mark, 0, place)
                legend.addWidget(value, 1, place)
                legend.setColumnStretch(place, 1)
            layout.addLayout(legend)
        for value, (name, _) in zip(self._values, curves, strict=True):
            value.setAccessibleDescription(name)
        self._stage = QWidget()
        self._stage.setFixedHeight(height)
        inner = QVBoxLayout(self._stage)
        inner.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stage)
        self.set_tokens(tokens)

    @property
    def started(self) -> bool:
        """Whether the graph is there."""
        return self._plot is not None and not self._pace.isActive()

    def start(self) -> None:
        """Makes the graph, in steps of some milliseconds: the live view goes on between them."""
        if self._plot is None and not self._pace.isActive():
            self._steps = self._build()
            self._pace.start(_PACE_MS)

    def _go_on(self) -> None:
        try:
            next(self._steps)
        except StopIteration:
            self._pace.stop()
            self.made.emit()

    def _build(self) -> Iterator[None]:
        plot = self._plot = Graph(self.accessibleName())
        yield
        plot.lay_out(30, (0, 6, 12, 0))
        yield
        plot.set_x(-SPAN_SECONDS, 0.0)
        plot.set_y(0.0, self._least)
        plot.mark("bottom", [(-60, "-60 s"), (-30, "-30 s"), (0, tr("now"))])
        self._lines = [plot.add_curve() for _ in self._curves]
        yield
        self.set_tokens(self._tokens)
        yield
        layout = self._stage.layout()
        assert layout is not None
        layout.addWidget(plot.widget)

    def stop(self) -> None:
        """Takes the graph away."""
        self._pace.stop()
        if self._plot is not None:
            self._plot.close()
        self._plot, self._lines = None, []

    def set_tokens(self, tokens: ThemeColors) -> None:
        """Uses the colours of a theme."""
        self._tokens = tokens
        for mark, (name, colour) in zip(self._marks, self._curves, strict=False):
            mark.setText(
                f'<span style="color:{getattr(tokens, colour)}">\N{BLACK CIRCLE}</span> '
                f'<span style="color:{tokens.quiet}">{name}</span>'
            )
        if self._plot is None:
            return
        import pyqtgraph

        self._plot.colour(tokens, self.font())
        for line, (_, colour) in zip(self._lines, self._curves, strict=False):
            line.setPen(pyqtgraph.mkPen(getattr(tokens, colour), width=1.6))

    def show_series(self, times: Sequence[float], series: Sequence[Sequence[float]]) -> None:
        """Draws the curves.

        Args:
            times: Seconds, growing; the last is now.
            series: The values at these times, of each curve.
        """
        for value, values in zip(self._values, series, strict=True):
            value.setText(self._words.format(values[-1]))
        if self._plot is None or not self._lines:
            return
        ages = [time - times[-1] for time in times]
        for line, values in zip(self._lines, series, strict=True):
            line.setData(ages, list(values))
        top = _round_up(max(self._least, max(max(values) for values in series) * 1.08))
        self._plot.set_y(0.0, top, padding=0.02)
        self._plot.mark("left", [(value, f"{value:g}") for value in (0.0, top / 2, top)])


class PlotPanel(QWidget):
    """The two graphs, fed with one snapshot after the other."""

    def __init__(self, tokens: ThemeColors, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._times: deque[float] = deque()
        self._samples: deque[tuple[float, float, float, float]] = deque()
        self.rates = PlotCard(
            tr("Frames per second"),
            [
                (tr("captured"), "captured"),
                (tr("inferred"), "inferred"),
                (tr("painted"), "painted"),
            ],
            "{:.1f}",
            104,
            20.0,
            tokens,
        )
        self.memory = PlotCard(
            tr("Memory"), [(tr("resident"), "memory")], "{:.0f} MB", 84, 100.0, tokens
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(self.rates)
        layout.addWidget(self.memory)
        self.rates.made.connect(self.memory.start)

    def start(self) -> None:
        """Makes the graphs, one after the other."""
        self.rates.start()

    def stop(self) -> None:
        """Takes the graphs away."""
        self.rates.stop()
        self.memory.stop()

    def set_tokens(self, tokens: ThemeColors) -> None:
        """Uses the colours of a theme."""
        self.rates.set_tokens(tokens)
        self.memory.set_tokens(tokens)

    def add(self, seconds: float, stats: PipelineStats) -> None:
        """Takes a snapshot.

        Args:
            seconds: When, on any steady clock.
            stats: The snapshot.
        """
        self._times.append(seconds)
        self._samples.append(
            (
                stats.fps_captured,
                stats.fps_inferred,
                stats.fps_painted,
                stats.rss_bytes / 1e6,
            )
        )
        while seconds - self._times[0] > SPAN_SECONDS:
            self._times.popleft()
            self._samples.popleft()
        captured, inferred, painted, memory = zip(*self._samples, strict=True)
        self.rates.show_series(self._times, [captured, inferred, painted])
        self.memory.show_series(self._times, [memory])


def _round_up(value: float) -> float:
    """The next of 10, 20, 30, 40, 60, 80, 100, 120, ... that is not below `value`."""
    step = 10.0
    while value > 10 * step:
        step *= 10 if value > 50 * step else 2
    return step * -(-value // step)
