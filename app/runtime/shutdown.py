"""Shutdown in stages with a time limit, and the signals that ask for it."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import NoReturn

from PySide6.QtCore import QObject, QSocketNotifier, Signal

_log = logging.getLogger(__name__)

SHUTDOWN_SECONDS = 1.6
"""Time limit of all shutdown stages together."""

_MIN_STAGE_SECONDS = 0.05  # reserved for each stage, however long those before it took


def shut_down(stages: Sequence[tuple[str, Callable[[float], bool]]], seconds: float) -> bool:
    """Runs the stages in order, on the calling thread.

    A stage that raises or exceeds its time does not keep the next one from running. Stages are not
    interrupted: work that may block (on a disk, a device, a child process) has to use
    `run_bounded`. Then all stages together end within `seconds`, or within 0.05 s for each stage
    where that is longer.

    Args:
        stages: Name, and a function that gets the seconds it may take and returns whether it left
            nothing running.
        seconds: Time limit of all stages together.

    Returns:
        Whether nothing was left running. Otherwise a thread hangs, and only the end of the process
        ends it.
    """
    deadline = time.monotonic() + seconds
    clean = True
    for index, (name, stage) in enumerate(stages):
        reserved = _MIN_STAGE_SECONDS * (len(stages) - index - 1)
        started = time.monotonic()
        limit = max(_MIN_STAGE_SECONDS, deadline - started - reserved)
        try:
            done = stage(limit)
        except Exception:  # noqa: BLE001 - the next stage must run in any case
            _log.exception("shutdown: %s failed", name)
            done = False
        taken = time.monotonic() - started
        if not done or taken > limit + _MIN_STAGE_SECONDS:
            _log.warning("shutdown: %s took %.2f s of %.2f s, done: %s", name, taken, limit, done)
        clean = clean and done
    return clean


def run_bounded(work: Callable[[], object], seconds: float, name: str = "close") -> bool:
    """Runs `work` on a daemon thread and waits for it, but not longer than `seconds`.

    For shutdown stages that move files, wait for a disk or for a child process. `work` must not
    touch Qt objects. Where it takes longer, it continues until the process ends.

    Returns:
        Whether `work` ended in time without an exception; an exception is logged.
    """
    succeeded = threading.Event()

    def target() -> None:
        try:
            work()
        except Exception:  # noqa: BLE001 - reported by the return value
            _log.exception("%s failed", name)
        else:
            succeeded.set()

    thread = threading.Thread(target=target, name=f"uvanet-{name}", daemon=True)
    thread.start()
    thread.join(seconds)
    return succeeded.is_set()


def leave_at_once(code: int) -> NoReturn:
    """Ends the process at once; does not wait for threads or for the end of the interpreter."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    logging.shutdown()
    os._exit(code)


class SignalHandler(QObject):
    """Turns SIGINT, SIGTERM and SIGHUP into a Qt signal; a second Ctrl-C ends the process.

    Python runs its signal handlers between two bytecode instructions, and an idle event loop
    executes none. Python therefore writes to a wake-up socket, which wakes the event loop.

    Signals:
        interrupted: The program is asked to quit; emitted once, from within the signal handler.
    """

    interrupted = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._interrupted = False
        self._near, self._far = socket.socketpair()
        self._near.setblocking(False)
        self._far.setblocking(False)
        self._notifier = QSocketNotifier(self._near.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._drain)
        self._fd_before = signal.set_wakeup_fd(self._far.fileno(), warn_on_full_buffer=False)
        self._before = {
            number: signal.signal(number, self._on_signal)
            for name in ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP
            if (number := getattr(signal, name, None)) is not None
        }

    def close(self) -> None:
        """Restores the previous handlers."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._fd_before)
        self._notifier.setEnabled(False)
        self._near.close()
        self._far.close()

    def _on_signal(self, number: int, _: object) -> None:
        if not self._interrupted:
            self._interrupted = True
            self.interrupted.emit()
        elif number == signal.SIGINT:
            # A second Ctrl-C ends the process at once. A desktop session that ends may send both
            # SIGHUP and SIGTERM, and must not cut the shutdown short.
            os._exit(128 + number)

    def _drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._near.recv(64):
                pass
