"""One-shot background work with results on the GUI thread."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from uvanet.errors import UvanetError

_log = logging.getLogger(__name__)
T = TypeVar("T")


class Jobs(QObject):
    """Runs functions on threads of their own and delivers the results on the GUI thread.

    The threads are daemons, so that a device driver that never returns does not keep the program
    from ending. After `close` no result is delivered.
    """

    _ended = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._threads: list[threading.Thread] = []
        self._closed = False
        self._ended.connect(self._deliver)

    def run(
        self,
        work: Callable[[], T],
        done: Callable[[T], object] | None = None,
        failed: Callable[[Exception], object] | None = None,
        name: str = "job",
    ) -> None:
        """Calls `work` on a new thread, then `done` or `failed` on this object's thread.

        Args:
            work: Returns the result; must not touch Qt objects.
            done: Gets the result; None to ignore it.
            failed: Gets the exception that `work` raised; None to raise it again, so that the
                hook for uncaught exceptions reports it.
            name: Name of the thread, for the log.
        """
        self._threads = [thread for thread in self._threads if thread.is_alive()]

        def target() -> None:
            try:
                result = work()
            except Exception as error:  # noqa: BLE001 - `failed` decides
                # A UvanetError is a message to the user, not a fault of the program: no traceback.
                fault = not isinstance(error, UvanetError)
                _log.info("%s failed: %s", name, error, exc_info=fault)
                self._post(partial(failed or _raise, error))
            else:
                if done is not None:
                    self._post(partial(done, result))

        thread = threading.Thread(target=target, name=f"uvanet-{name}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def busy(self) -> bool:
        """Whether a job is running."""
        return any(thread.is_alive() for thread in self._threads)

    def close(self, timeout: float) -> bool:
        """Waits for running jobs, `timeout` seconds in total.

        Returns:
            Whether all of them ended.
        """
        self._closed = True
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not self.busy()

    def _post(self, callback: Callable[[], object]) -> None:
        if not self._closed:
            self._ended.emit(callback)

    def _deliver(self, callback: Callable[[], object]) -> None:
        if not self._closed:
            callback()


def _raise(error: Exception) -> None:
    raise error
