"""Watches which cameras are there, while somebody waits for one."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from uvanet.errors import UvanetError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from uvanet.sources import CameraDevice

_log = logging.getLogger(__name__)

EVERY_SECONDS = 2.0


class CameraMonitor(QObject):
    """Lists the cameras every two seconds, on a thread, from `start` to `stop`.

    The system is asked, no camera is opened; on Linux that reads a few small files.

    Args:
        cameras: Lists the cameras.

    Signals:
        seen: The list of CameraDevice, after each look.
    """

    seen = Signal(list)

    def __init__(
        self,
        cameras: Callable[[], Sequence[CameraDevice]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._cameras = cameras
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

    @property
    def running(self) -> bool:
        """Whether it watches."""
        return self._thread is not None

    def start(self) -> None:
        """Watches from now on."""
        if self._thread is None:
            self._stop = threading.Event()
            self._thread = threading.Thread(
                target=self._run, args=(self._stop,), name="uvanet-cameras", daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """Watches no more; returns at once."""
        self._stop.set()
        self._thread = None

    def join(self, timeout: float) -> bool:
        """Stops and waits for the thread; False where it hangs in a driver."""
        thread = self._thread
        self.stop()
        if thread is not None:
            thread.join(timeout)
        return thread is None or not thread.is_alive()

    def _run(self, stop: threading.Event) -> None:
        while not stop.wait(EVERY_SECONDS):
            try:
                found = list(self._cameras())
            except (UvanetError, OSError, RuntimeError) as error:
                _log.debug("cameras cannot be listed: %s", error)
                continue
            if not stop.is_set():
                self.seen.emit(found)
