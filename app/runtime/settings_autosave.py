"""Writes the settings while the program runs, so that a crash loses seconds and not a session."""

from __future__ import annotations

import copy
import threading
from dataclasses import asdict
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from app.runtime import settings as store

if TYPE_CHECKING:
    from pathlib import Path

    from app.runtime.jobs import Jobs

EVERY_MS = 5000


class SettingsAutosave(QObject):
    """Looks every few seconds whether a setting has changed, and writes them all if one has.

    Args:
        settings: They change in place.
        path: Of their file.
        jobs: Writing waits for the disk, which the window must not.
        parent: Of this object.
    """

    def __init__(
        self, settings: store.Settings, path: Path, jobs: Jobs, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._settings, self._path, self._jobs = settings, path, jobs
        self._known = asdict(settings)
        self._lock = threading.Lock()
        self._asked = self._written = 0
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> None:
        """Writes in the background what has changed since the last look."""
        now = asdict(self._settings)
        if now == self._known:
            return
        self._known = now
        settings, number = copy.deepcopy(self._settings), self._next()
        self._jobs.run(
            lambda: self._write(settings, number), lambda _: None, _raise, name="settings"
        )

    def close(self) -> None:
        """Writes them a last time, and nothing afterwards."""
        self._timer.stop()
        self._write(self._settings, self._next())

    def _next(self) -> int:
        self._asked += 1
        return self._asked

    def _write(self, settings: store.Settings, number: int) -> None:
        with self._lock:
            # A slow disk may turn the order of two writings round.
            if number > self._written:
                store.save(settings, self._path)
                self._written = number


def _raise(error: Exception) -> None:
    raise error
