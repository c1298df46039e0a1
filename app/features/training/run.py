"""A training run: a child process that outlives the window.

The child writes its events to a file in the folder of the run and reads its commands from another
one. A later start of the program can follow the run, and a crash of the window does not end it.
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import psutil
from PySide6.QtCore import QObject, QTimer, Signal

from app.features.training.run_folders import EVENTS, LOG, write_request
from app.runtime.child_process import DetachedProcess, own_command
from app.ui.i18n import tr
from uvanet.errors import OutputError
from uvanet.training.control import CONTROL, send_order
from uvanet.training.progress import DoneEvent, ErrorEvent, LineReader, LogEvent, StepEvent
from uvanet.training.run_lock import holder

if TYPE_CHECKING:
    from pathlib import Path

    from app.features.training.run_folders import RunRequest
    from uvanet.training.progress import Event

_log = logging.getLogger(__name__)

_INTERVAL_MS = 200
_CHUNK = 1 << 17  # bytes of events read at once, so that the window stays responsive
_LOG_TAIL = 20_000  # bytes

RunCommand = Literal["pause", "resume", "stop"]


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended.

    Attributes:
        state: Whether it completed, was stopped, or failed.
        model: The path of the ONNX file that was made; empty where none was kept.
        report: As `uvanet.evaluation.compare.Report`; empty where nothing was measured.
        message: The error; empty without one.
        hint: The next step.
    """

    state: Literal["done", "stopped", "failed"]
    model: str = ""
    report: dict[str, Any] = field(default_factory=dict)
    message: str = ""
    hint: str = ""


def result_of(event: Event) -> RunResult | None:
    """The result that a last event reports; None for other events."""
    if isinstance(event, DoneEvent):
        return RunResult("stopped" if event.stopped else "done", event.model, event.report)
    if isinstance(event, ErrorEvent):
        return RunResult("failed", message=event.message, hint=event.hint)
    return None


def read_events(folder: Path) -> tuple[int, RunResult | None]:
    """Counts a run's events, and reads its result; None where it has none.

    For a job's thread: the file may be large.
    """
    reader, count, result = LineReader(), 0, None
    with contextlib.suppress(OSError), (folder / EVENTS).open("rb") as file:
        while data := file.read(_CHUNK):
            for event in reader.feed(data):
                count += 1
                result = result_of(event) or result
    return count, result


def is_resumable(request: RunRequest, result: RunResult | None) -> bool:
    """Whether a run that is not active can be resumed; otherwise its folder is of no use."""
    if result is None or result.state == "failed":
        return True
    # Hours of both steps can be resumed after a stop; a fine-tuning ends with it.
    return result.state == "stopped" and not request.fine_tuning


class TrainingRun(QObject):
    """A run that was started here, or that is followed.

    Args:
        folder: Folder of the run.
        request: What the run does.
        parent: Parent object.

    Attributes:
        step: The last StepEvent; None before the first.
        paused: Whether it waits.
        result: Result of the run; None before its end.

    Signals:
        progressed: An Event.
        ended: The RunResult. Nothing follows.
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
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._update)

    @property
    def active(self) -> bool:
        """Whether it is followed and has not ended."""
        return self.result is None and self._timer.isActive()

    @property
    def pid(self) -> int:
        """The number of its process; 0 where none is known."""
        return 0 if self._process is None else self._process.pid

    def start(self) -> None:
        """Starts the process; a run that was killed continues from its checkpoint.

        Raises:
            OutputError: The run's folder cannot be written to, or the process cannot start.
        """
        try:
            write_request(self.folder, self.request)
            for name in (EVENTS, CONTROL):
                (self.folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(
                tr("The run cannot be written to {folder}: {reason}.").format(
                    folder=self.folder, reason=error.strerror or error
                ),
                tr("Make room on the disk, and start again."),
            ) from error
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
        """Follows a run that another start of the program left, from its first event on."""
        pid = holder(self.folder)
        if pid is not None:
            with contextlib.suppress(psutil.Error):
                self._process = DetachedProcess(pid)
        self._timer.start(_INTERVAL_MS)

    def send(self, command: RunCommand) -> None:
        """Sends a command to the process."""
        if command != "stop":
            self.paused = command == "pause"
        try:
            send_order(self.folder, command)
        except OSError as error:
            # A full disk takes no command; SIGTERM means the same as "stop".
            _log.warning("a command cannot be written to %s: %s", self.folder, error)
            if command == "stop" and self._process is not None:
                self._process.terminate()

    def detach(self) -> None:
        """Stops following the run; its process continues."""
        self._timer.stop()

    def log_text(self) -> str:
        """The end of what the process wrote on standard error."""
        try:
            with (self.folder / LOG).open("rb") as file:
                file.seek(max(0, file.seek(0, 2) - _LOG_TAIL))
                data = file.read(_LOG_TAIL)
        except OSError:
            return ""
        return data.decode(errors="replace").replace("\r", "\n").strip()

    def _update(self) -> None:
        # Before reading: what an ended process wrote is complete.
        alive = self._process is not None and self._process.alive
        more = self._read_chunk()
        self._timer.setInterval(0 if more else _INTERVAL_MS)
        if not alive and not more and self.result is None:
            self._timer.stop()
            self.result = self._last or self._unexpected_end()
            self.ended.emit(self.result)

    def _read_chunk(self) -> bool:
        """Reads some events; whether there may be more."""
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
        lines = [line for line in self.log_text().splitlines() if line.strip()]
        reason = lines[-1].removeprefix("uvanet: ").rstrip(".") if lines else ""
        return RunResult(
            "failed",
            message=tr("The training ended unexpectedly.") + (f" {reason}." if reason else ""),
            hint=tr("Resume it from its last checkpoint: Models, Unfinished training."),
        )
