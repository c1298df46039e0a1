"""A training run: a child process that outlives the window.

The child writes its events to a file in the folder of the run, and reads its commands from a second
file. A crash of the window does not end the run, and a later start of the program can follow it.
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import psutil
from PySide6.QtCore import QObject, QTimer, Signal

from app.features.training.recordings import holds_recording
from app.features.training.run_folders import EVENTS, LOG, RunRequest, holds_work, write_request
from app.runtime.child_process import DetachedProcess, own_command
from app.ui.i18n import tr
from uvanet.errors import OutputError, output_errors
from uvanet.training.control import send_order
from uvanet.training.progress import DoneEvent, ErrorEvent, Event, LineReader, LogEvent, StepEvent
from uvanet.training.run_lock import holder

_log = logging.getLogger(__name__)

_INTERVAL_MS = 200
_CHUNK = 1 << 17  # bytes of events read at once, so that the window stays responsive
_LOG_TAIL = 20_000  # bytes

RunCommand = Literal["pause", "resume", "stop"]


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended.

    Attributes:
        state: Whether the run completed, was stopped, or failed.
        model: Path of the new ONNX file; empty if none was kept.
        report: The fields of `uvanet.evaluation.compare.Report`; empty if nothing was measured.
        message: The error; empty without one.
        hint: The next step for the user after an error.
    """

    state: Literal["done", "stopped", "failed"]
    model: str = ""
    report: dict[str, Any] = field(default_factory=dict)
    message: str = ""
    hint: str = ""


def result_of(event: Event) -> RunResult | None:
    """Returns the result that a final event reports; None for other events."""
    if isinstance(event, DoneEvent):
        return RunResult("stopped" if event.stopped else "done", event.model, event.report)
    if isinstance(event, ErrorEvent):
        return RunResult("failed", message=event.message, hint=event.hint)
    return None


def read_events(folder: Path) -> tuple[int, RunResult | None]:
    """Reads the events of a run: their number, and the result or None.

    The file may be large: call it from a worker thread.
    """
    reader, count, result = LineReader(), 0, None
    with contextlib.suppress(OSError), (folder / EVENTS).open("rb") as file:
        while data := file.read(_CHUNK):
            for event in reader.feed(data):
                count += 1
                result = result_of(event) or result
    return count, result


def is_resumable(folder: Path, request: RunRequest, result: RunResult | None) -> bool:
    """Whether an inactive run can be resumed; otherwise its folder can be deleted."""
    if result is None or result.state == "failed":
        # A recording cannot be chosen again. Without one, a run that did nothing is started anew.
        return holds_work(folder) or holds_recording(request.arguments)
    # A stopped distillation can be resumed. A fine-tuning ends when it is stopped.
    return result.state == "stopped" and not request.fine_tuning


class TrainingRun(QObject):
    """Starts a run, or follows one that an earlier session started.

    Args:
        folder: Folder of the run.
        request: Request of the run.
        parent: Parent object.

    Attributes:
        step: The last StepEvent; None before the first.
        paused: Whether the run is paused.
        result: Result of the run; None before its end.

    Signals:
        progressed: An Event.
        ended: The RunResult. No further signal follows.
    """

    progressed = Signal(object)
    ended = Signal(object)

    def __init__(self, folder: Path, request: RunRequest, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder = folder
        self.request = request
        self.step: StepEvent | None = None
        self.paused = False
        self.result: RunResult | None = None
        self._reader = LineReader()
        self._offset = 0
        self._process: DetachedProcess | None = None
        self._last: RunResult | None = None
        self._stopping = False
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._update)

    @property
    def active(self) -> bool:
        """Whether the run is followed and has not ended."""
        return self.result is None and self._timer.isActive()

    @property
    def pid(self) -> int:
        """Process id; 0 if unknown."""
        return 0 if self._process is None else self._process.pid

    def start(self) -> None:
        """Starts the process; a run that was killed continues from its checkpoint.

        Raises:
            OutputError: The run's folder cannot be written to, or the process cannot start.
        """
        with output_errors(
            tr("The run cannot be written to {folder}: {reason}."),
            tr("Make room on the disk, and start again."),
            folder=self.folder,
        ):
            write_request(self.folder, self.request)
            (self.folder / EVENTS).unlink(missing_ok=True)
        try:
            self._process = DetachedProcess.start(
                self.command(), self.folder / EVENTS, self.folder / LOG
            )
        except (OSError, psutil.Error) as error:
            raise OutputError(
                tr("The training cannot be started: {reason}.").format(reason=error),
                tr("Make room on the disk, and start again."),
            ) from error
        self._timer.start(_INTERVAL_MS)

    def command(self) -> list[str]:
        """The command line of the process."""
        request = self.request
        options = ["--out", str(self.folder), "--events", "jsonl", "--install"]
        options += ["--background"] if request.background else []
        return [*own_command(), *request.command(), *options]

    def follow(self) -> None:
        """Follows a run of an earlier session; reads its events from the first one."""
        pid = holder(self.folder)
        if pid is not None:
            with contextlib.suppress(psutil.Error):
                self._process = DetachedProcess(pid)
        self._timer.start(_INTERVAL_MS)

    def send(self, command: RunCommand) -> None:
        """Sends a command to the process."""
        if command == "stop":
            self._stopping = True
        else:
            self.paused = command == "pause"
        try:
            send_order(self.folder, command, self.pid or holder(self.folder) or 0)
        except OSError as error:
            # The command cannot be written, for example to a full disk. SIGTERM also stops a run.
            _log.warning("a command cannot be written to %s: %s", self.folder, error)
            if command == "stop" and self._process is not None:
                self._process.terminate()

    def detach(self) -> None:
        """Stops following the run; its process continues."""
        self._timer.stop()

    def log_text(self) -> str:
        """Returns the end of the standard error of the process."""
        try:
            with (self.folder / LOG).open("rb") as file:
                file.seek(max(0, file.seek(0, 2) - _LOG_TAIL))
                data = file.read(_LOG_TAIL)
        except OSError:
            return ""
        return data.decode(errors="replace").replace("\r", "\n").strip()

    def _update(self) -> None:
        # Checked before reading: the events of an ended process are complete.
        alive = self._process is not None and self._process.alive
        more = self._read_chunk()
        self._timer.setInterval(0 if more else _INTERVAL_MS)
        if not alive and not more and self.result is None:
            self._timer.stop()
            self.result = self._last or self._unexpected_end()
            self.ended.emit(self.result)

    def _read_chunk(self) -> bool:
        """Reads a part of the events; returns whether there may be more."""
        try:
            with (self.folder / EVENTS).open("rb") as file:
                file.seek(self._offset)
                data = file.read(_CHUNK)
        except OSError:
            return False
        self._offset += len(data)
        for event in self._reader.feed(data):
            self._on_event(event)
        return len(data) == _CHUNK

    def _on_event(self, event: Event) -> None:
        if isinstance(event, StepEvent):
            self.step = event
        if isinstance(event, LogEvent) and event.paused is not None:
            # Another window may have paused it.
            self.paused = event.paused
        self.progressed.emit(event)
        self._last = result_of(event) or self._last

    def _unexpected_end(self) -> RunResult:
        if self._stopping and not self._offset:
            return RunResult("stopped")  # SIGTERM came before the process could follow orders
        lines = [line for line in self.log_text().splitlines() if line.strip()]
        reason = lines[-1].removeprefix("uvanet: ").rstrip(".") if lines else ""
        return RunResult(
            "failed",
            message=tr("The training ended unexpectedly.") + (f" {reason}." if reason else ""),
            hint=tr("Resume it: Models, Unfinished training.")
            if is_resumable(self.folder, self.request, None)
            else tr("Look at its log."),
        )
