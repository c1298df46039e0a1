"""Lists the connected cameras repeatedly while a camera is missing."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from uvanet.errors import UvanetError
from uvanet.sources import CameraDevice

_log = logging.getLogger(__name__)

INTERVAL_SECONDS = 2.0


class CameraMonitor(QObject):
    """Lists the cameras every two seconds on a thread, from `start` to `stop`.

    No camera is opened; on Linux a few small files are read.

    Args:
        cameras: Returns the connected cameras.

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
        """Whether the cameras are being listed."""
        return self._thread is not None

    def start(self) -> None:
        """Starts the thread; does nothing after `close`."""
        if self._thread is None and not self._closed:
            self._stop = threading.Event()
            self._thread = threading.Thread(
                target=self._run, args=(self._stop,), name="uvanet-cameras", daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """Stops the thread without waiting for its end; `seen` is no longer emitted."""
        with self._lock:
            self._stop.set()
        self._thread = None

    def close(self, timeout: float) -> bool:
        """Stops for good and waits for the thread; returns False where it hangs in a driver."""
        # While the session closes, it may still report states that would call `start`.
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
            devices = list(self._cameras())
        except (UvanetError, OSError, RuntimeError) as error:
            _log.debug("cameras cannot be listed: %s", error)
            return
        with self._lock:
            if not stop.is_set():
                self.seen.emit(devices)
