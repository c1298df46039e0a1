"""Saves changed settings every few seconds, so that a crash loses few changes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.runtime.shutdown import run_bounded

if TYPE_CHECKING:
    from app.runtime.jobs import Jobs
    from app.runtime.settings import SettingsStore

INTERVAL_MS = 5000


class SettingsAutosave(QObject):
    """Compares the settings with those written last; writes changed ones on a worker thread.

    Args:
        store: The settings.
        jobs: Runs the write, which waits for the disk.
        parent: Parent object.

    Signals:
        failed: The settings could not be written; the write before could.
    """

    failed = Signal()

    def __init__(self, store: SettingsStore, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store, self._jobs = store, jobs
        self._last = store.text()
        self._lock = threading.Lock()
        self._requested = self._written = 0
        self._failing = False
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self.check)
        self._timer.start()

    def check(self) -> None:
        """Writes the settings in the background if they have changed."""
        text = self._store.text()
        if text != self._last:
            self._last = text
            number = self._next()
            self._jobs.run(lambda: self._write(text, number), self._on_written, name="settings")

    def close(self, timeout: float) -> bool:
        """Writes the settings a last time.

        Args:
            timeout: Seconds to wait for the disk.

        Returns:
            Whether the write ended in time.
        """
        self._timer.stop()
        text, number = self._store.text(), self._next()
        return run_bounded(lambda: self._write(text, number), timeout, name="settings")

    def _next(self) -> int:
        self._requested += 1
        return self._requested

    def _write(self, text: str, number: int) -> bool:
        with self._lock:
            # Two jobs may run in either order; the older text must not replace the newer one.
            if number < self._written:
                return True
            self._written = number
            return self._store.write(text)

    def _on_written(self, done: bool) -> None:
        if not done and not self._failing:
            self.failed.emit()
        self._failing = not done
