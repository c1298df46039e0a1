"""Reports exports that were cancelled when the program ended, at its next start."""

from __future__ import annotations

import contextlib
import shutil
import threading
import uuid

import msgspec
from filelock import FileLock
from PySide6.QtCore import QObject, QTimer

from app.features.export.queue import ExportQueue
from app.runtime.shutdown import run_bounded
from app.shell.context import FeatureContext
from app.ui.i18n import tr
from uvanet.atomic_io import write_bytes
from uvanet.bounded_io import read_bounded
from uvanet.paths import cache_folder
from uvanet.video.replay_recovery import LOCK_NAME, stale_folders

_TITLES = "titles.json"
_MAX_BYTES = 1 << 20


class CancelledExports(QObject):
    """Reports at the start which exports an earlier session did not finish.

    The titles of unfinished exports are stored in a folder that the program locks. The system
    releases the lock when the process ends, even if it is killed.

    Args:
        context: The parts of the program.
        queue: The queue of exports.
        delay: Time of the report after the start, milliseconds, so that the start is not slower.
        parent: Parent object.
    """

    def __init__(
        self, context: FeatureContext, queue: ExportQueue, delay: int, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._queue = queue
        self._accepted = self._closed = False
        self._stored: list[str] = []
        self._root = cache_folder() / "exports"
        self._folder = self._root / str(uuid.uuid4())
        self._lock = FileLock(self._folder / LOCK_NAME, thread_local=False)
        self._writing = threading.Lock()
        queue.changed.connect(self._store)
        self._timer = QTimer(self, singleShot=True, interval=delay)
        self._timer.timeout.connect(
            lambda: context.jobs.run(self._take, self._report, name="cancelled-exports")
        )
        self._timer.start()

    def accept(self) -> None:
        """The user has agreed to cancel the exports; they are not reported later."""
        self._accepted = True

    def close(self, timeout: float) -> bool:
        """Stores the titles of unfinished exports before they are cancelled.

        Args:
            timeout: Seconds to wait for the disk.

        Returns:
            Whether the titles are stored, or there is nothing to store.
        """
        self._timer.stop()
        titles = [] if self._accepted else self._titles()
        if not titles and not self._stored:
            return True
        return run_bounded(lambda: self._write(titles, last=True), timeout, "cancelled-exports")

    def _titles(self) -> list[str]:
        return [task.title for task in self._queue.tasks if not task.ended]

    def _store(self) -> None:
        titles = self._titles()
        if titles != self._stored:
            self._stored = titles
            self._context.jobs.run(lambda: self._write(self._stored), name="cancelled-exports")

    def _write(self, titles: list[str], *, last: bool = False) -> None:
        """Writes the titles, or removes the folder without any; `last` releases the lock."""
        with self._writing, contextlib.suppress(OSError):
            if self._closed:
                return
            self._closed = last
            if titles and not self._lock.is_locked:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._lock.acquire(timeout=0)
            if titles:
                write_bytes(self._folder / _TITLES, msgspec.json.encode(titles), private=True)
            else:
                shutil.rmtree(self._folder, ignore_errors=True)
            if last or not titles:
                self._lock.release()

    def _take(self) -> list[str]:
        """Reads the titles that ended processes left, and removes their folders."""
        titles: list[str] = []
        for folder in stale_folders(self._root):
            with contextlib.suppress(OSError, ValueError, RecursionError):
                data = read_bounded(folder / _TITLES, _MAX_BYTES)
                titles += msgspec.json.decode(data, type=list[str])
            shutil.rmtree(folder, ignore_errors=True)
        return titles

    def _report(self, titles: list[str]) -> None:
        if titles:
            self._context.messages.notify(
                "warning",
                tr("An export was cancelled when the program ended.")
                if len(titles) == 1
                else tr("{count} exports were cancelled when the program ended.").format(
                    count=len(titles)
                ),
                tr("Export again: {names}.").format(names=", ".join(titles)),
            )
