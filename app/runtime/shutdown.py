"""Leaving: in stages, each with a bound, and by Ctrl-C too."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import sys
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSocketNotifier, Signal

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)

WHOLE_SECONDS = 1.6
"""How long all stages together may take."""

FORCED = 130
"""Exit code of a program that was interrupted twice: 128 and the signal's number."""


def shut_down(stages: list[tuple[str, Callable[[float], bool]]], seconds: float) -> bool:
    """Runs the stages in order; a stage that fails or hangs does not keep the next from running.

    Args:
        stages: Name, and a function that gets the seconds it may take and tells whether it
            left nothing behind.
        seconds: For all stages together.

    Returns:
        Whether nothing was left behind. Otherwise a thread hangs in a driver, and only the end
        of the process ends it.
    """
    deadline = time.monotonic() + seconds
    clean = True
    for name, stage in stages:
        try:
            done = stage(max(0.1, deadline - time.monotonic()))
        except Exception:  # noqa: BLE001 - the next stage must run, whatever it is
            _log.exception("leaving: %s failed", name)
            done = False
        if not done:
            _log.warning("leaving: %s did not end in time", name)
        clean = clean and done
    return clean


def leave_at_once(code: int) -> None:
    """Ends the process without waiting for threads that hang."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    logging.shutdown()
    os._exit(code)


class SignalHandler(QObject):
    """Turns Ctrl-C and SIGTERM into a signal of Qt; the second one ends the process.

    Python runs its handlers only between two of its own instructions, which an idle event loop
    never gives; the wake-up socket makes it.

    Signals:
        interrupted: The user wants to leave.
    """

    interrupted = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._count = 0
        self._near, self._far = socket.socketpair()
        self._near.setblocking(False)
        self._far.setblocking(False)
        self._notifier = QSocketNotifier(self._near.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._drain)
        self._fd_before = signal.set_wakeup_fd(self._far.fileno(), warn_on_full_buffer=False)
        self._before = {
            number: signal.signal(number, self._on_signal)
            for number in (signal.SIGINT, signal.SIGTERM)
        }

    def close(self) -> None:
        """Gives the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._fd_before)
        self._notifier.setEnabled(False)
        self._near.close()
        self._far.close()

    def _on_signal(self, number: int, _: object) -> None:
        self._count += 1
        if self._count > 1:
            os._exit(128 + number)
        self.interrupted.emit()

    def _drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._near.recv(64):
                pass
