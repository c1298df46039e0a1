"""The log file, and what becomes of exceptions nobody expected."""

from __future__ import annotations

import faulthandler
import logging
import logging.handlers
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from types import TracebackType
    from typing import TextIO

_log = logging.getLogger(__name__)


def log_folder() -> Path:
    """Where the log file lies."""
    return Path(platformdirs.user_log_dir("uvanet", appauthor=False))


class Logs:
    """The log file, open from construction to `close`.

    A home that cannot be written to is no reason not to start: then nothing is logged.

    Attributes:
        path: The file; None where there is none.
    """

    def __init__(self, folder: Path) -> None:
        self.path: Path | None = None
        self._handler: logging.Handler | None = None
        self._crashes: TextIO | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._handler = logging.handlers.RotatingFileHandler(
                folder / "uvanet.log", maxBytes=500_000, backupCount=2, encoding="utf-8", delay=True
            )
            self._crashes = (folder / "crash.log").open("a", encoding="utf-8")
        except OSError:
            self.close()
            return
        self.path = folder / "uvanet.log"
        self._handler.setFormatter(
            logging.Formatter("%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s")
        )
        root = logging.getLogger()
        root.addHandler(self._handler)
        if root.level > logging.INFO:
            root.setLevel(logging.INFO)
        if faulthandler.is_enabled():  # someone else, such as a test runner, listens already
            self._crashes.close()
            self._crashes = None
        else:
            # A crash inside a driver or codec leaves its stack here; there is no other trace.
            faulthandler.enable(self._crashes)

    def close(self) -> None:
        """Closes the file."""
        if self._crashes is not None:
            faulthandler.disable()
            self._crashes.close()
            self._crashes = None
        if self._handler is not None:
            logging.getLogger().removeHandler(self._handler)
            self._handler.close()
            self._handler = None


class UncaughtExceptionHook(QObject):
    """Catches what nobody caught, on any thread: logs it and says so.

    Signals:
        happened: One line for the user.
    """

    happened = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._before = (sys.excepthook, threading.excepthook)
        self._hooks = (self._on_exception, self._on_thread_exception)
        sys.excepthook, threading.excepthook = self._hooks

    def close(self) -> None:
        """Puts the hooks of before back, unless someone else took over since."""
        if sys.excepthook == self._hooks[0]:
            sys.excepthook = self._before[0]
        if threading.excepthook == self._hooks[1]:
            threading.excepthook = self._before[1]

    def _on_exception(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._before[0](kind, error, trace)
            return
        _log.critical("unexpected", exc_info=(kind, error, trace))
        self.happened.emit(f"{kind.__name__}: {error}".strip(": "))

    def _on_thread_exception(self, details: threading.ExceptHookArgs) -> None:
        error = details.exc_value
        if error is None:
            error = details.exc_type()
        self._on_exception(details.exc_type, error, details.exc_traceback)
