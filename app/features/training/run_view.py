"""Shows a training run: progress, loss, quality, a preview, and the buttons that control it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.features.training.preview_strip import PreviewStrip
from app.features.training.run_curves import RunCurve
from app.ui.i18n import tr
from app.ui.time_text import time_left
from uvanet.training.progress import ErrorEvent, EvalEvent, LogEvent, PreviewEvent, StepEvent

if TYPE_CHECKING:
    from uvanet.training.progress import Event

PHASES = {
    "record": "Recording the scene",
    "watch": "Labelling the scene with the teacher",
    "label": "Labelling general images with the teacher",
    "load": "Loading the data",
    "features": "Computing image features",
    "readout": "Training the spatial teacher",
    "motion": "Making synthetic motion",
    "gate": "Training the temporal teacher",
    "train": "Training the student",
    "measure": "Measuring on held-out data",
}
METRICS = {
    "cc": "Correlation with the teacher",
    "nss": "NSS on held-out gaze",
}


class RunView(QWidget):
    """Shows a run.

    Signals:
        command: "pause", "resume" or "stop".
    """

    command = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.phase = QLabel(tr("Starting …"))
        self.phase.setObjectName("bannerTitle")
        self.left = QLabel()
        self.left.setObjectName("quiet")
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("Progress"))
        self.loss = RunCurve(tr("Loss"), "inferred")
        self.quality = RunCurve(tr(METRICS["cc"]), "painted")
        self.preview = PreviewStrip()
        self.log = QPlainTextEdit()
        self.log.setReadOnly(True)
        self.log.setMaximumBlockCount(500)
        self.log.setFixedHeight(110)
        self.log.setAccessibleName(tr("Log"))
        self.log.hide()
        self.log_button = QPushButton(tr("Log"))
        self.log_button.setCheckable(True)
        self.log_button.setToolTip(tr("Shows the messages of the run"))
        self.log_button.toggled.connect(self.log.setVisible)
        self.pause = QPushButton(tr("Pause"))
        self.pause.setToolTip(tr("Pauses the run; nothing is lost"))
        self.pause.clicked.connect(self._on_pause)
        self.stop = QPushButton(tr("Stop"))
        self.stop.setToolTip(
            tr("Ends the run; the best weights so far are measured, and kept if they are better")
        )
        self.stop.clicked.connect(self._on_stop)
        for button in (self.log_button, self.pause, self.stop):
            button.setAutoDefault(False)
        self._paused = False
        self._lay_out()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.phase)
        top.addStretch()
        top.addWidget(self.left)
        curves = QHBoxLayout()
        curves.setSpacing(10)
        curves.addWidget(self.loss)
        curves.addWidget(self.quality)
        buttons = QHBoxLayout()
        buttons.addWidget(self.log_button)
        buttons.addStretch()
        buttons.addWidget(self.pause)
        buttons.addWidget(self.stop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addLayout(top)
        layout.addWidget(self.bar)
        layout.addLayout(curves)
        layout.addWidget(self.preview)
        layout.addWidget(self.log)
        layout.addStretch()
        layout.addLayout(buttons)

    def begin(self) -> None:
        """Resets everything for a new run."""
        self._paused = False
        self.loss.clear()
        self.quality.clear()
        self.log.clear()
        self.bar.setValue(0)
        self.left.clear()
        self.phase.setText(tr("Starting …"))
        self.pause.setText(tr("Pause"))
        for button in (self.pause, self.stop):
            button.setEnabled(True)

    def show_charts(self, on: bool) -> None:
        """Creates the charts, or removes them."""
        for curve in (self.loss, self.quality):
            curve.start() if on else curve.stop()

    def show_step(self, phase: str, share: float, left: float | None) -> None:
        """Shows the progress of a phase.

        Args:
            phase: A key of `PHASES`.
            share: 0..1.
            left: Seconds left of the phase; None where unknown.
        """
        if not self._paused:
            self.phase.setText(tr(PHASES.get(phase, phase)))
        self.bar.setValue(round(1000 * min(1.0, max(0.0, share))))
        self.left.setText(time_left(left))

    def show_event(self, event: Event) -> None:
        """Shows an event of the run."""
        if isinstance(event, StepEvent):
            self.show_step(event.phase, event.share, event.left)
            if event.loss is not None:
                self.loss.add(event.done, event.loss)
        elif isinstance(event, EvalEvent):
            self.quality.set_title(tr(METRICS.get(event.metric, METRICS["cc"])))
            if event.value is not None:
                self.quality.add(event.step, event.value)
        elif isinstance(event, PreviewEvent):
            self.preview.show_preview(event)
        elif isinstance(event, LogEvent):
            self.log.appendPlainText(event.text)
            if event.paused is not None:
                self._show_paused(event.paused)
        elif isinstance(event, ErrorEvent):
            self.log.appendPlainText(f"{event.message} {event.hint}")

    def _show_paused(self, paused: bool) -> None:
        self._paused = paused
        self.pause.setText(tr("Resume") if paused else tr("Pause"))
        if paused:
            self.phase.setText(tr("Paused"))

    def _on_pause(self) -> None:
        self._show_paused(not self._paused)
        self.command.emit("pause" if self._paused else "resume")

    def _on_stop(self) -> None:
        for button in (self.pause, self.stop):
            button.setEnabled(False)
        self.phase.setText(tr("Stopping …"))
        self.command.emit("stop")
