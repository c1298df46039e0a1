"""Shows an active training run: progress, loss, quality, preview, and its buttons."""

from __future__ import annotations

from PySide6.QtCore import QTime, Signal
from PySide6.QtWidgets import QWidget

from app.features.training.preview_strip import PreviewStrip
from app.features.training.run_curves import RunCurve
from app.ui.build import STEPS, button, column, label, log_view, progress_bar, row
from app.ui.i18n import tr, tr_noop
from app.ui.time_text import time_left
from uvanet.training.progress import ErrorEvent, EvalEvent, Event, LogEvent, PreviewEvent, StepEvent

PHASES = {
    "record": tr_noop("Recording the scene"),
    "watch": tr_noop("Labelling the frames with the teacher"),
    "label": tr_noop("Labelling general images with the teacher"),
    "load": tr_noop("Loading the data"),
    "features": tr_noop("Computing image features"),
    "readout": tr_noop("Training the spatial teacher"),
    "motion": tr_noop("Making synthetic motion"),
    "gate": tr_noop("Training the temporal teacher"),
    "train": tr_noop("Training the student"),
    "measure": tr_noop("Measuring on held-out data …"),
}
METRICS = {
    "cc": tr_noop("Correlation with the teacher"),
    "nss": tr_noop("NSS on held-out gaze"),
}


class RunView(QWidget):
    """Shows the events of a run, and controls it.

    Signals:
        command: "pause", "resume" or "stop".
    """

    command = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.phase = label(tr("Starting …"), "bannerTitle")
        self.left = label("", "quiet")
        self.bar = progress_bar(tr("Progress"))
        self.loss = RunCurve(tr("Loss"), "inferred")
        self.quality = RunCurve(tr(METRICS["cc"]), "painted")
        self.preview = PreviewStrip()
        self.log = log_view(tr("Log"), 500)
        self.log.setFixedHeight(110)
        self.log_button = button(tr("Log"), tr("Shows the messages of the run"), checkable=True)
        self.log_button.toggled.connect(self.log.setVisible)
        self.pause = button(tr("Pause"), tr("Pauses the run; nothing is lost"), self._on_pause)
        self.stop = button(
            tr("Stop"),
            tr("Ends the run; the best weights so far are measured, and kept if they are better"),
            self._on_stop,
        )
        self._paused = self._stopping = False
        self._phase = ""
        column(
            row(self.phase, None, self.left),
            self.bar,
            row(self.loss, self.quality, spacing=10),
            self.preview,
            self.log,
            None,
            row(self.log_button, None, self.pause, self.stop),
            spacing=12,
            parent=self,
        )

    def begin(self) -> None:
        """Resets everything for a new run."""
        self._paused = self._stopping = False
        self._phase = ""
        self.bar.setMaximum(STEPS)
        self.loss.clear()
        self.quality.clear()
        self.preview.clear()
        self.log.clear()
        self.bar.setValue(0)
        self.left.clear()
        self.phase.setText(tr("Starting …"))
        self.pause.setText(tr("Pause"))
        self._set_controllable(True)

    def show_charts(self, on: bool) -> None:
        """Creates the charts, or removes them."""
        for curve in (self.loss, self.quality):
            curve.start() if on else curve.stop()

    def show_step(self, phase: str, share: float, left: float | None) -> None:
        """Shows the progress of a phase.

        Args:
            phase: A key of `PHASES`.
            share: Share of the phase that is done, 0..1.
            left: Seconds left of the phase; None if unknown.
        """
        if phase != self._phase:
            self._phase = phase
            self._write(tr(PHASES.get(phase, phase)))
        if self._stopping and phase != "measure":
            return
        self._stopping = False
        if not self._paused:
            self.phase.setText(tr(PHASES.get(phase, phase)))
        self.bar.setMaximum(STEPS)
        self.bar.setValue(round(STEPS * min(1.0, max(0.0, share))))
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
                name = event.metric.upper()
                text = tr("Step {step}: {metric} {value:.3f}")
                self._write(text.format(step=round(event.step), metric=name, value=event.value))
        elif isinstance(event, PreviewEvent):
            self.preview.show_preview(event)
        elif isinstance(event, LogEvent):
            self._write(event.text)
            if event.paused is not None:
                self._show_paused(event.paused)
        elif isinstance(event, ErrorEvent):
            self._write(f"{event.message} {event.hint}")

    def _write(self, text: str) -> None:
        """Adds a line to the log."""
        self.log.appendPlainText(f"{QTime.currentTime().toString('HH:mm:ss')}  {text}")

    def _show_paused(self, paused: bool) -> None:
        self._paused = paused
        self.pause.setText(tr("Resume") if paused else tr("Pause"))
        if paused:
            self.phase.setText(tr("Paused"))

    def _set_controllable(self, on: bool) -> None:
        self.pause.setEnabled(on)
        self.stop.setEnabled(on)

    def _on_pause(self) -> None:
        self._show_paused(not self._paused)
        self.command.emit("pause" if self._paused else "resume")

    def _on_stop(self) -> None:
        self._set_controllable(False)
        self._stopping = True
        # The duration of the current step is unknown: the bar shows activity only.
        self.bar.setMaximum(0)
        measured = self._phase == "train"
        self.left.setText(tr("The best student so far is measured next.") if measured else "")
        self.phase.setText(tr("Stopping …"))
        self._write(tr("Stopping …"))
        self.command.emit("stop")
