"""Latency and drops, as labels of the status bar."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.pipeline.stats import PipelineStats
from app.ui.build import row
from app.ui.controls import SteadyLabel
from app.ui.i18n import tr

_MAX_SHARE = 0.3  # of the window's width for the text with the causes of drops
_NARROW = 760  # pixels; a narrower window shows the median alone


class StatsLabels(QWidget):
    """Labels of latency and drops.

    Attributes:
        latency: Median and 95th percentile of the time from exposure or arrival to paint.
        drops: Number of dropped frames, with the causes where the window is wide enough.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.latency, self.drops = SteadyLabel(), SteadyLabel()
        self._narrow = False
        row(self.latency, self.drops, spacing=22, parent=self)
        self.reset()

    def reset(self) -> None:
        """Shows that there are no measurements yet."""
        self.latency.reset(self._latency_text(888, 888))
        self.latency.setText(tr("Latency -"))
        self.drops.reset(tr("Dropped {total}").format(total=88_888))
        self.drops.setText(tr("No drops"))

    def show_stats(self, stats: PipelineStats) -> None:
        """Shows the newest statistics."""
        if self._narrow != (narrow := self.window().width() < _NARROW):
            self._narrow = narrow
            self.reset()
        if stats.latency_p50_ms is None or stats.latency_p95_ms is None:
            self.latency.setText(tr("Latency -"))
        else:
            self.latency.setText(self._latency_text(stats.latency_p50_ms, stats.latency_p95_ms))
        self.latency.setToolTip(_latency_help(from_exposure=stats.latency_from_exposure))
        causes = [
            f"{tr(str(cause))} {count}" for cause, count in stats.dropped_by_cause.items() if count
        ]
        if stats.failed:
            causes.append(tr("network failed {count}").format(count=stats.failed))
        if stats.damaged:
            causes.append(tr("damaged {count}").format(count=stats.damaged))
        if not causes:
            self.drops.setText(tr("No drops"))
            self.drops.setToolTip(tr("Every captured frame was painted"))
            return
        total = stats.dropped + stats.failed + stats.damaged
        text = tr("Dropped {total}: {causes}").format(total=total, causes=", ".join(causes))
        room = self.window().width() * _MAX_SHARE
        fits = self.drops.fontMetrics().horizontalAdvance(text) < room
        self.drops.setText(text if fits else tr("Dropped {total}").format(total=total))
        self.drops.setToolTip(text)

    def _latency_text(self, p50: float, p95: float) -> str:
        if self._narrow:
            return tr("Latency {p50:.0f} ms").format(p50=p50)
        return tr("Latency {p50:.0f} ms, p95 {p95:.0f} ms").format(p50=p50, p95=p95)


def _latency_help(*, from_exposure: bool) -> str:
    if from_exposure:
        return tr(
            "From the exposure of a frame, by the camera's time stamp, to its paint: "
            "median and 95th percentile"
        )
    return tr(
        "From the arrival of a frame to its paint: median and 95th percentile. "
        "This source does not tell the time of exposure."
    )
