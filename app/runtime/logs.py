"""The log file, and the hook for uncaught exceptions."""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import logging.handlers
import os
import sys
import threading
from collections import deque
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, TextIO

from PySide6.QtCore import QMetaMethod, QObject, Signal

from uvanet.cli.problem_report import CRASH_LOG, LAST_CRASH, LOG
from uvanet.redaction import SafeFormatter, safe

_log = logging.getLogger(__name__)

_MAX_LINES = 5000  # kept for the log window
_FORMAT = "%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s"


class LogLine(NamedTuple):
    """One log record as text.

    Attributes:
        number: Counts up from 1.
        level: A level of `logging`, such as `logging.INFO`.
        text: The text, which may have several lines.
    """

    number: int
    level: int
    text: str


class LogBuffer(logging.Handler):
    """Keeps the newest records for the log window. Any thread may log."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: deque[LogLine] = deque(maxlen=_MAX_LINES)
        self._count = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps a record."""
        self._count += 1
        self._lines.append(LogLine(self._count, record.levelno, self.format(record)))

    def since(self, number: int) -> list[LogLine]:
        """Returns the kept records after a number, the oldest first."""
        with self.lock or contextlib.nullcontext():
            return [line for line in self._lines if line.number > number]


class _LogFile(logging.handlers.RotatingFileHandler):
    """A log file that only its owner can read (mode 0600).

    Records are dropped while the file cannot be written, as on a full disk. Several processes may
    write to the file: where another one has renamed it, a new file is opened.
    """

    def shouldRollover(self, record: logging.LogRecord) -> int:
        """Whether the file would grow too long."""
        if self.stream is not None and not _is_open_at(self.stream, self.baseFilename):
            self.stream.close()
            self.stream = self._open()
        return super().shouldRollover(record)

    def doRollover(self) -> None:
        """Renames the file and begins a new one; where that fails, its records give way."""
        try:
            super().doRollover()
        except OSError:
            self.stream = self._open()
            self.stream.truncate(0)

    def _open(self) -> TextIOWrapper:
        return _open_private(self.baseFilename)

    def handleError(self, record: logging.LogRecord) -> None:
        """Drops the record; the default would print a traceback for each one."""


class Logs:
    """Writes log records to a file from construction to `close`.

    Meanwhile nothing is logged to stderr: a terminal gets one line per error, see
    `UncaughtExceptionHook`, and the tracebacks are in the file. Where the folder is not writable,
    records go to stderr.

    Args:
        folder: Where the log file is; created if missing.

    Attributes:
        path: The log file; None if it cannot be written.
        last_crash: File with the tracebacks of the last run, where native code crashed; else None.
        buffer: The newest records.
    """

    def __init__(self, folder: Path) -> None:
        self.path: Path | None = None
        self.last_crash: Path | None = None
        self.buffer = LogBuffer()
        self.buffer.setFormatter(SafeFormatter(_FORMAT))
        root = logging.getLogger()
        root.addHandler(self.buffer)
        if root.level > logging.INFO:
            root.setLevel(logging.INFO)
        self._handler: logging.Handler | None = None
        self._crashes: TextIO | None = None
        self._terminal: list[logging.Handler] = []
        try:
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
            self.last_crash = _keep_last_crash(folder)
            self._crashes = _open_private(folder / CRASH_LOG)
            self._handler = _LogFile(
                folder / LOG, maxBytes=500_000, backupCount=2, encoding="utf-8"
            )
        except OSError:
            self._close_files()
            return
        self.path = folder / LOG
        self._handler.setFormatter(SafeFormatter(_FORMAT))
        self._terminal = [
            handler for handler in root.handlers if type(handler) is logging.StreamHandler
        ]
        for handler in self._terminal:
            root.removeHandler(handler)
        root.addHandler(self._handler)
        if faulthandler.is_enabled():  # by a test runner
            self._crashes.close()
            self._crashes = None
        else:
            # The only trace of a crash inside a driver or a codec.
            faulthandler.enable(self._crashes)

    def close(self) -> None:
        """Closes the file and logs to stderr again."""
        logging.getLogger().removeHandler(self.buffer)
        self._close_files()

    def _close_files(self) -> None:
        root = logging.getLogger()
        if self._crashes is not None:
            faulthandler.disable()
            self._crashes.close()
            self._crashes = None
        if self._handler is not None:
            root.removeHandler(self._handler)
            with contextlib.suppress(OSError):  # of a full disk
                self._handler.close()
            self._handler = None
        for handler in self._terminal:
            root.addHandler(handler)
        self._terminal = []


def _open_private(path: str | Path) -> TextIOWrapper:
    """Opens a text file for appending that only its owner can read; 0.1.0 made others.

    Raises:
        OSError: It cannot be opened; also for a pipe without a reader, which is not waited for.
    """
    flags = os.O_CREAT | os.O_WRONLY | os.O_APPEND | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(path, flags, 0o600)
    with contextlib.suppress(OSError):  # a device, or another user's
        os.chmod(handle if os.chmod in os.supports_fd else path, 0o600)
    return open(handle, "a", encoding="utf-8", errors="backslashreplace")


def _is_open_at(stream: TextIO, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(stream.fileno()), os.stat(path))
    except FileNotFoundError:
        return False


def _keep_last_crash(folder: Path) -> Path | None:
    """Renames the file that a crash of the last run wrote and returns it; None without a crash."""
    written, kept = folder / CRASH_LOG, folder / LAST_CRASH
    if not written.is_file() or not written.stat().st_size:
        return None
    written.replace(kept)
    return kept


class UncaughtExceptionHook(QObject):
    """Logs uncaught exceptions of all threads and finalizers, and reports each in one line.

    The line goes to `happened`, or to stderr while nothing is connected to it, that is before
    there is a window. An exception that is raised while another one is being reported is logged
    only: a slot of `happened` that fails must not call the hook again and again.

    Signals:
        happened: Type and text of the exception. Emitted on the thread of the exception.
    """

    happened = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reporting = threading.local()
        self._before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        self._hooks = (self._on_exception, self._on_thread_exception, self._on_unraisable)
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._hooks

    def close(self) -> None:
        """Restores the previous hooks, unless they were replaced in the meantime."""
        if sys.excepthook == self._hooks[0]:
            sys.excepthook = self._before[0]
        if threading.excepthook == self._hooks[1]:
            threading.excepthook = self._before[1]
        if sys.unraisablehook == self._hooks[2]:
            sys.unraisablehook = self._before[2]

    def _on_exception(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._before[0](kind, error, trace)
            return
        nested = getattr(self._reporting, "active", False)
        self._reporting.active = True
        try:
            # An error while an error is reported cannot be reported.
            with contextlib.suppress(Exception):
                _log.critical("uncaught exception", exc_info=(kind, error, trace))
            if not nested:
                with contextlib.suppress(Exception):
                    self._report(safe(f"{kind.__name__}: {error}".strip(": ")))
        finally:
            self._reporting.active = nested

    def _report(self, text: str) -> None:
        if self.isSignalConnected(QMetaMethod.fromSignal(self.happened)):
            self.happened.emit(text)
        elif sys.stderr is not None:
            sys.stderr.write(f"uvanet: unexpected error, {text}\n")
            sys.stderr.flush()

    def _on_thread_exception(self, details: threading.ExceptHookArgs) -> None:
        if not issubclass(details.exc_type, SystemExit):
            self._on_lost(details)

    def _on_unraisable(self, details: sys.UnraisableHookArgs) -> None:
        """Reports an exception of a finalizer or a callback of a weak reference."""
        if issubclass(details.exc_type, KeyboardInterrupt):
            self._before[2](details)
        else:
            self._on_lost(details)

    def _on_lost(self, details: sys.UnraisableHookArgs | threading.ExceptHookArgs) -> None:
        error = details.exc_value
        if error is None:  # Python could not create it
            error = RuntimeError(details.exc_type.__name__)
        self._on_exception(details.exc_type, error, details.exc_traceback)
