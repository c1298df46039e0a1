"""One-shot work beside the window."""

from __future__ import annotations

import logging
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)
T = TypeVar("T")


class Jobs(QObject):
    """Runs functions on threads of their own and brings the outcome back to the window's.

    The threads are daemons: a device driver that never answers must not keep the program from
    ending. After `close` no outcome is delivered any more.
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
        done: Callable[[T], None],
        failed: Callable[[Exception], None],
        name: str = "job",
    ) -> None:
        """Calls `work` on a new thread, then `done` or `failed` on this object's thread."""
        self._threads = [thread for thread in self._threads if thread.is_alive()]

        def target() -> None:
            try:
                result = work()
            except Exception as error:  # noqa: BLE001 - whatever it is, the window shows it
                _log.info("%s failed", name, exc_info=True)
                self._post(partial(failed, error))
            else:
                self._post(partial(done, result))

        thread = threading.Thread(target=target, name=f"uvanet-{name}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def busy(self) -> bool:
        """Whether any job still runs."""
        return any(thread.is_alive() for thread in self._threads)

    def close(self, timeout: float) -> bool:
        """Waits for running jobs, `timeout` seconds in all.

        Returns:
            False where a job had to be left behind.
        """
        self._closed = True
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not self.busy()

    def _post(self, outcome: Callable[[], None]) -> None:
        if not self._closed:
            self._ended.emit(outcome)

    def _deliver(self, outcome: Callable[[], None]) -> None:
        if not self._closed:
            outcome()
