"""A training run as the window sees it: a process of its own that outlives the window.

The child writes its events into a file of the run's folder and reads its orders from another, so
that the window may go, come back and find it again, and a window that crashes ends nothing.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from PySide6.QtCore import QObject, QTimer, Signal

import uvanet
from app.ui.i18n import tr
from uvanet.errors import OutputError, UvanetError
from uvanet.training.control import CONTROL, send_order
from uvanet.training.progress import (
    DoneEvent,
    ErrorEvent,
    EvalEvent,
    Event,
    LineReader,
    LogEvent,
    StartEvent,
    StepEvent,
)
from uvanet.training.run_lock import holder
from uvanet.user_models import private, runs_folder

if TYPE_CHECKING:
    from collections.abc import Iterable

_log = logging.getLogger(__name__)

EVENTS, LOG, REQUEST = "events.jsonl", "log.txt", "run.json"
_LOOK_EVERY_MS = 200
_NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)
_STALE_S = 600.0
_AT_ONCE = 1 << 20  # bytes of events read in one look


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a run is to do.

    Attributes:
        kind: "adapt" or "distill", the command.
        title: For people.
        arguments: Of the command, without `--out` and `--events`.
        background: Whether it runs at a lower priority than the live view.
    """

    kind: str
    title: str
    arguments: list[str] = field(default_factory=list)
    background: bool = True


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended.

    Attributes:
        state: "done", "stopped" or "failed".
        model: The ONNX file that came out; empty where none was kept.
        report: As `uvanet.evaluation.compare.Report`; empty where nothing was measured.
        message: What went wrong.
        hint: The next step.
    """

    state: str
    model: str = ""
    report: dict[str, Any] = field(default_factory=dict)
    message: str = ""
    hint: str = ""


def new_folder() -> Path:
    """Makes the folder of a new run, for the user alone.

    Raises:
        OutputError: It cannot be made.
    """
    private(runs_folder())
    base = runs_folder() / time.strftime("%Y%m%d-%H%M%S")
    folder, count = base, 2
    while folder.exists():
        folder, count = base.with_name(f"{base.name}-{count}"), count + 1
    return private(folder)


class TrainingRun(QObject):
    """A run, started here or found.

    Args:
        folder: The run's.
        request: What it does.

    Attributes:
        step: The last event of the kind "step"; None before the first.

    Signals:
        told: An Event.
        ended: The Outcome; nothing comes after it.
    """

    told = Signal(object)
    ended = Signal(object)

    def __init__(self, folder: Path, request: RunRequest, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder = folder
        self.request = request
        self.step: StepEvent | None = None
        self.paused = False
        self.outcome: RunResult | None = None
        self.history: list[Event] = []
        self._reader = LineReader()
        self._offset = 0
        self._child: subprocess.Popen[bytes] | None = None
        self._process: psutil.Process | None = None  # of a run that was found
        self._last: RunResult | None = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)

    @property
    def active(self) -> bool:
        """Whether it goes on."""
        return self.outcome is None and self._timer.isActive()

    def start(self) -> None:
        """Starts the child; also goes on with a run that was killed.

        Raises:
            OutputError: The run's folder cannot be written to, or the child cannot start.
        """
        words = json.dumps(asdict(self.request), ensure_ascii=False, indent=1)
        try:
            (self.folder / REQUEST).write_text(words, encoding="utf-8")
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
            with (
                (self.folder / EVENTS).open("ab") as events,
                (self.folder / LOG).open("ab") as log,
            ):
                self._child = subprocess.Popen(
                    [sys.executable, *self.command()],
                    stdin=subprocess.DEVNULL,
                    stdout=events,
                    stderr=log,
                    env=_environment(),
                    # Neither Ctrl-C in our terminal nor our end is the child's.
                    start_new_session=True,
                    creationflags=_NO_WINDOW,
                )
        except OSError as error:
            raise OutputError(
                tr("The training cannot be started: {reason}.").format(
                    reason=error.strerror or error
                ),
                tr("Make room on the disk, and start again."),
            ) from error
        self._timer.start(_LOOK_EVERY_MS)

    def command(self) -> list[str]:
        """The arguments of the Python that runs the child."""
        own = [*self.request.arguments, "--out", str(self.folder), "--events", "jsonl"]
        own += ["--install", *(["--background"] if self.request.background else [])]
        kind = self.request.kind
        if kind == "adapt" or "--quick" in own:  # as requests of 0.1.0 name them, too
            kind, own = "finetune", [word for word in own if word != "--quick"]
        return ["-m", "uvanet", kind, *own]

    def attach(self) -> bool:
        """Follows a run that goes on, or reads how it ended.

        Returns:
            Whether it goes on, or told of its end.
        """
        pid = holder(self.folder)
        if pid is not None:
            with contextlib.suppress(psutil.Error):
                self._process = psutil.Process(pid)
        self._read()
        if pid is not None:
            self._timer.start(_LOOK_EVERY_MS)
        elif self._last is not None:
            self._end(self._last)
        return self.outcome is not None or pid is not None

    def order(self, word: str) -> None:
        """Tells the child to `stop`, `pause` or `resume`."""
        if word in ("pause", "resume"):
            self.paused = word == "pause"
        try:
            send_order(self.folder, word)
        except OSError as error:
            # No disk to write the order to: the signal says the same.
            _log.warning("an order cannot be left in %s: %s", self.folder, error)
            process = self._child or self._process
            if word == "stop" and process is not None:
                with contextlib.suppress(psutil.Error, OSError):
                    process.terminate()

    def detach(self) -> None:
        """Looks no more; the child goes on."""
        self._timer.stop()
        if self._child is not None and self._child.poll() is None:
            # Not ours to wait for any more; it would be warned of as forgotten.
            self._child.returncode = 0

    def log_text(self) -> str:
        """The end of what the child wrote on stderr."""
        try:
            data = (self.folder / LOG).read_bytes()[-20_000:]
        except OSError:
            return ""
        return data.decode(errors="replace").replace("\r", "\n").strip()

    def _look(self) -> None:
        alive = self._alive()
        self._read()
        if not alive and self.outcome is None:
            # It has left the folder, and what it wrote last was read just now.
            self._end(self._last or self._unexpected())

    def _alive(self) -> bool:
        if self._child is not None:
            return self._child.poll() is None
        if self._process is None:
            return False
        try:
            status: str = self._process.status()
            return bool(self._process.is_running()) and status != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    def _read(self) -> None:
        try:
            with (self.folder / EVENTS).open("rb") as file:
                file.seek(self._offset)
                data = file.read(_AT_ONCE)
        except OSError:
            return
        self._offset += len(data)
        for event in self._reader.feed(data):
            self._take(event)
        if len(data) == _AT_ONCE:
            self._read()

    def _take(self, event: Event) -> None:
        if isinstance(event, StepEvent):
            self.step = event
        if isinstance(event, LogEvent) and event.paused is not None:
            # Another window may have paused it before this one found it.
            self.paused = event.paused
        if isinstance(event, (StepEvent, EvalEvent, LogEvent, StartEvent)):
            self.history.append(event)
            del self.history[:-4000]
        self.told.emit(event)
        if isinstance(event, DoneEvent):
            state = "stopped" if event.stopped else "done"
            self._last = RunResult(state, event.model, event.report)
        elif isinstance(event, ErrorEvent):
            self._last = RunResult("failed", message=event.message, hint=event.hint)

    def _unexpected(self) -> RunResult:
        lines = [line for line in self.log_text().splitlines() if line.strip()]
        words = lines[-1].removeprefix("uvanet: ").rstrip(".") if lines else ""
        return RunResult(
            "failed",
            message=tr("The training ended unexpectedly.") + (f" {words}." if words else ""),
            hint=tr("It can go on from its last checkpoint: Train, Models and runs."),
        )

    def _end(self, outcome: RunResult) -> None:
        self._timer.stop()
        self.outcome = outcome
        self.ended.emit(outcome)


def _environment() -> dict[str, str]:
    """The child's: it finds our library, wherever we were started, and opens no window."""
    root = str(Path(uvanet.__file__).resolve().parents[1])
    paths = [root, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONUNBUFFERED": "1"}


def read_request(folder: Path) -> RunRequest | None:
    """What the run in a folder does; None where there is no such run."""
    try:
        raw = json.loads((folder / REQUEST).read_text(encoding="utf-8"))
        kind, title, words = raw["kind"], raw["title"], raw["arguments"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if kind not in ("adapt", "distill") or not isinstance(words, list):
        return None
    words = [str(word) for word in words]
    return RunRequest(kind, str(title), words, raw.get("background") is not False)


def found_runs() -> Iterable[tuple[Path, RunRequest]]:
    """The runs that left a folder, oldest first."""
    for folder in sorted(runs_folder().glob("*")) if runs_folder().is_dir() else []:
        request = read_request(folder)
        if request is not None:
            yield folder, request


def sweep_runs() -> None:
    """Deletes what was watched for a run that never began, by a window that is gone."""
    for folder in runs_folder().glob("*") if runs_folder().is_dir() else []:
        frames = folder / "frames"
        if not frames.is_dir() or read_request(folder) is not None:
            continue
        # A window that still watches writes several times a second.
        if time.time() - frames.stat().st_mtime > _STALE_S:
            shutil.rmtree(folder, ignore_errors=True)


def discard(folder: Path) -> None:
    """Deletes a run's folder with everything that was seen and learned.

    Raises:
        UvanetError: It still goes on.
    """
    if holder(folder) is not None:
        raise UvanetError(tr("This run still goes on."), tr("Stop it first."))
    shutil.rmtree(folder, ignore_errors=True)


def discard_quietly(folder: Path) -> None:
    """Deletes a run's folder unless something still works in it."""
    with contextlib.suppress(UvanetError):
        discard(folder)
