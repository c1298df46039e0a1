"""Lists the connected cameras repeatedly while a camera is awaited."""

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

INTERVAL_SECONDS = 2.0


class CameraMonitor(QObject):
    """Lists the cameras at once and every two seconds on a thread, from `start` to `stop`.

    No camera is opened; on Linux a few small files are read.

    Args:
        cameras: Lists the cameras.

    Signals:
        seen: The list of CameraDevice, after each search.
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
        self._lock = threading.Lock()
        self._closed = False

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self._thread is not None

    def start(self) -> None:
        """Starts the thread; nothing happens after `close`."""
        if self._thread is None and not self._closed:
            self._stop = threading.Event()
            self._thread = threading.Thread(
                target=self._run, args=(self._stop,), name="uvanet-cameras", daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """Stops the thread without waiting for it; it emits nothing from now on."""
        with self._lock:
            self._stop.set()
        self._thread = None

    def close(self, timeout: float) -> bool:
        """Stops for good and waits for the thread; returns False where it hangs in a driver.

        States of a camera that the session reports while it closes must not start it again.
        """
        self._closed = True
        thread = self._thread
        self.stop()
        if thread is not None:
            thread.join(timeout)
        return thread is None or not thread.is_alive()

    def _run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            self._search(stop)
            stop.wait(INTERVAL_SECONDS)

    def _search(self, stop: threading.Event) -> None:
        try:
            found = list(self._cameras())
        except (UvanetError, OSError, RuntimeError) as error:
            _log.debug("cameras cannot be listed: %s", error)
            return
        with self._lock:
            if not stop.is_set():
                self.seen.emit(found)
