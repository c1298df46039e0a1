"""Diagnostics: live plots, latency and drops, and the About box."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication

from app.features.diagnostics.documentation import documentation
from app.features.diagnostics.stats_labels import StatsLabels
from app.pipeline.events import PipelineState
from app.runtime.settings import settings_path
from app.shell.actions import Menu, MenuActions
from app.shell.context import Fact, FactKind
from app.shell.feature import Feature
from app.ui.build import present
from app.ui.i18n import tr
from app.ui.live_plot import PlotPanel
from app.ui.number_text import number_text
from uvanet.cli.problem_report import problem_report
from uvanet.paths import cache_folder, log_folder
from uvanet.user_models import models_folder

if TYPE_CHECKING:
    from pathlib import Path

    from app.features.diagnostics.log_window import LogWindow
    from app.pipeline.stats import PipelineStats
    from app.shell.context import FeatureContext

action = MenuActions(Menu.HELP)

_INTERVAL_MS = 400
_CHARTS_AFTER_MS = 400  # of the first overlay, which must not wait for their library
_CARD_RANK = 20
_STATUS_RANK = 110  # at the end, so that no other text moves the counters
_CRASH = "crash"  # topic of the message


class Diagnostics(Feature):
    """Shows rates, latency, drops, the log and the About box."""

    def __init__(self, context: FeatureContext) -> None:
        super().__init__(context)
        self._log: LogWindow | None = None
        self._documentation = documentation()
        if not self._documentation:
            context.actions.withdraw("documentation")
        self._before = context.session.stats()  # at the opening of the source
        self.labels = StatsLabels()
        self.plots = PlotPanel()
        context.slots.add_status(self.labels, _STATUS_RANK)
        context.slots.add_card("measurements", self.plots, _CARD_RANK)
        context.session.switched.connect(self._on_switched)
        # The charts of pictures would stay empty.
        context.session.opened.connect(lambda info: self.plots.setVisible(info.plays))
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._show_stats)
        self._timer.start(_INTERVAL_MS)
        self._start = QTimer(self, singleShot=True, interval=_CHARTS_AFTER_MS)
        self._start.timeout.connect(self.plots.start)
        context.presenter.first_overlay.connect(self._start.start)
        if context.logs.last_crash is not None:
            context.messages.acted.connect(self._on_message_button)
            context.messages.notify(
                "warning",
                tr("The program ended unexpectedly last time."),
                tr("The report for the developers holds no passwords and no pictures."),
                tr("Copy report"),
                _CRASH,
            )

    def facts(self) -> list[Fact]:
        """Rates, latency, drops and memory since the source was opened."""
        stats = self._stats()
        drops = ", ".join(
            f"{name} {count}" for name, count in stats.dropped_by_cause.items() if count
        )
        technical = {
            "frames": f"captured {stats.captured}, inferred {stats.inferred}, "
            f"painted {stats.painted}, failed {stats.failed}, in flight {stats.in_flight}",
            "latency from": "exposure" if stats.latency_from_exposure else "arrival",
            "dropped": drops or "none",
            "damaged": f"{stats.damaged}",
            "memory": f"{stats.rss_bytes / 1e6:.0f} MB",
        }
        return [
            Fact(tr("Captured (frames/s)"), _number(stats.fps_captured)),
            Fact(tr("Inferred (frames/s)"), _number(stats.fps_inferred)),
            Fact(tr("Painted (frames/s)"), _number(stats.fps_painted)),
            Fact(tr("Latency p50 (ms)"), _number(stats.latency_p50_ms)),
            Fact(tr("Latency p95 (ms)"), _number(stats.latency_p95_ms)),
            Fact(tr("Inference p50 (ms)"), _number(stats.inference_p50_ms)),
            *(Fact(name, value, FactKind.TECHNICAL) for name, value in technical.items()),
        ]

    def close(self, timeout: float) -> bool:
        """Stops the timers and the plots."""
        del timeout
        self._timer.stop()
        self._start.stop()
        self.plots.stop()
        return True

    @action("Log", "Ctrl+Shift+L", icon="table", group=1, words="errors problem bug messages")
    def log(self) -> None:
        """Shows the records of the log."""
        from app.features.diagnostics.log_window import LogWindow

        if self._log is None:
            window = self.context.slots.window
            self._log = LogWindow(self.context.logs.buffer, self.context.save, window)
        present(self._log)

    def _on_message_button(self, topic: str) -> None:
        if topic == _CRASH:
            self.copy_problem_report()

    @action("Documentation", "Shift+F1", icon="link", words="help manual guide docs")
    def documentation(self) -> None:
        """Opens the folder or the web page of the documentation."""
        from app.features.diagnostics.about import open_address

        open_address(self._documentation)

    @action(
        "Copy problem report",
        "Ctrl+Shift+I",
        icon="copy",
        group=1,
        words="bug error issue developers",
    )
    def copy_problem_report(self) -> None:
        """Copies what a report of a bug needs: versions, this machine, the end of the log."""

        def put(text: str) -> None:
            QGuiApplication.clipboard().setText(text)
            self.context.messages.dismiss_topic(_CRASH)
            self.context.messages.notify(
                "done",
                tr("The report was copied to the clipboard."),
                tr("Names of your files may be in it."),
            )

        self.context.run(problem_report, put, name="report")

    @action(
        "About UVA-Net Live",
        "Ctrl+I",
        icon="info",
        group=9,
        words="version license copy report problem bug",
    )
    def about(self) -> None:
        """Shows the About box."""
        from app.features.diagnostics.about import AboutDialog, report_text

        dialog = AboutDialog(
            report_text(self.context.facts()), _folders(), self.context.slots.window
        )
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _on_switched(self) -> None:
        self._before = self.context.session.stats()
        self.labels.reset()
        self.plots.rates.clear()

    def _stats(self) -> PipelineStats:
        return self.context.session.stats().since(self._before)

    def _show_stats(self) -> None:
        stats = self._stats()
        self.labels.show_stats(stats)
        # A picture that the user passes by before its map is made is no loss.
        info = self.context.session.info
        plays = info is None or info.plays
        self.labels.drops.setVisible(plays or stats.failed + stats.damaged > 0)
        if self.context.session.state is PipelineState.PLAYING:
            self.plots.add(time.monotonic(), stats)
        else:
            self.plots.hold(stats)


def _folders() -> dict[str, Path]:
    """The folders of the program by name."""
    return {
        tr("Settings"): settings_path().parent,
        tr("Log"): log_folder(),
        tr("Models"): models_folder(),
        tr("Cache"): cache_folder(),
    }


def _number(value: float | None) -> str:
    return "" if value is None else number_text(value, ".2f")
