"""The line at the bottom: source, latency, drops, model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from app.ui.controls import ElidedLabel
from app.ui.i18n import tr

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from app.pipeline.stats import PipelineStats
    from uvanet.sources.base import SourceInfo


class StatusBar(QWidget):
    """Facts for those who look for them.

    Args:
        model: The network's name.
    """

    def __init__(self, model: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.source = ElidedLabel()
        self.latency = QLabel()
        self.drops = QLabel()
        self.model = QLabel(model)
        self.latency.setToolTip(tr("From the capture of a frame to its paint: median and p95"))
        self.model.setToolTip(tr("The network"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(4, 0, 4, 0)
        layout.setSpacing(22)
        for label, stretch in (
            (self.source, 1),
            (self.latency, 0),
            (self.drops, 0),
            (self.model, 0),
        ):
            label.setObjectName("status")
            layout.addWidget(label, stretch)
        self.latency.setText(tr("Latency -"))
        self._drops = (tr("No drops"),) * 2
        self._fit()

    def add(self, widget: QWidget) -> None:
        """Puts something more into the line, before the network's name."""
        layout = self.layout()
        assert isinstance(layout, QHBoxLayout)
        layout.insertWidget(layout.count() - 1, widget)

    def show_source(self, info: SourceInfo | None) -> None:
        """Names the source and its size, with its quiet note."""
        self.source.set_full_text("" if info is None else _describe(info))

    def show_stats(self, stats: PipelineStats) -> None:
        """Shows latency and drops."""
        if stats.latency_p50_ms is None or stats.latency_p95_ms is None:
            self.latency.setText(tr("Latency -"))
        else:
            self.latency.setText(
                tr("Latency {p50:.0f} ms, p95 {p95:.0f} ms").format(
                    p50=stats.latency_p50_ms, p95=stats.latency_p95_ms
                )
            )
        causes = [
            f"{tr(str(cause))} {count}" for cause, count in stats.dropped_by_cause.items() if count
        ]
        if stats.failed:
            causes.append(tr("network failed {count}").format(count=stats.failed))
        total = stats.dropped + stats.failed
        words = tr("Dropped {total}: {causes}").format(total=total, causes=", ".join(causes))
        self._drops = (words, tr("Dropped {total}").format(total=total))
        if not causes:
            self._drops = (tr("No drops"),) * 2
        self.drops.setToolTip(words if causes else tr("Every captured frame was painted"))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Says less where there is less room."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        rest = sum(label.sizeHint().width() for label in (self.latency, self.model)) + 120
        wide = self.drops.fontMetrics().horizontalAdvance(self._drops[0])
        self.drops.setText(self._drops[0 if wide + rest < self.width() * 0.75 else 1])


def _describe(info: SourceInfo) -> str:
    facts = [info.title]
    if info.width and info.height:
        facts.append(f"{info.width}\N{MULTIPLICATION SIGN}{info.height}")
    if info.fps:
        facts.append(tr("{fps:g} fps").format(fps=round(info.fps, 2)))
    if info.note:
        facts.append(info.note)
    return "  \N{MIDDLE DOT}  ".join(facts)
