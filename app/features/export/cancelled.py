"""Exports that a signal cancelled: written down at the end, told at the next start."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, QTimer

from app.runtime.shutdown import run_bounded
from app.ui.i18n import tr
from uvanet.atomic_io import exclusive, write_bytes
from uvanet.bounded_io import read_bounded
from uvanet.paths import cache_folder

if TYPE_CHECKING:
    from app.features.export.queue import ExportQueue
    from app.shell.context import FeatureContext

_MAX_BYTES = 1 << 20


class CancelledExports(QObject):
    """Tells at the start which exports the end of the program cancelled.

    Args:
        context: The parts of the program.
        queue: The exports.
        delay: Milliseconds after the start, which must not be slowed down.
        parent: Parent object.
    """

    def __init__(
        self, context: FeatureContext, queue: ExportQueue, delay: int, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._queue = queue
        self._known = False
        self._path = cache_folder() / "cancelled-exports.json"
        self._timer = QTimer(self, singleShot=True, interval=delay)
        self._timer.timeout.connect(
            lambda: context.jobs.run(self._take, self._tell, name="cancelled-exports")
        )
        self._timer.start()

    def accept(self) -> None:
        """The user has answered that exports may be cancelled; nothing is told."""
        self._known = True

    def close(self, timeout: float) -> bool:
        """Writes down which exports have not ended, before they are cancelled.

        Returns:
            Whether they are written down, or need not be.
        """
        self._timer.stop()
        titles = [task.title for task in self._queue.tasks if not task.ended]
        if self._known or not titles:
            return True
        return run_bounded(lambda: self._write(titles), timeout, "cancelled-exports")

    def _write(self, titles: list[str]) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with exclusive(self._path):  # two programs may end at once
            write_bytes(self._path, msgspec.json.encode(self._read() + titles), private=True)

    def _take(self) -> list[str]:
        """Reads the titles and removes the file."""
        titles: list[str] = []
        if self._path.exists():
            with contextlib.suppress(OSError), exclusive(self._path):
                titles = self._read()
                self._path.unlink(missing_ok=True)
        return titles

    def _read(self) -> list[str]:
        """The titles; none where the file is missing or damaged."""
        with contextlib.suppress(OSError, ValueError, RecursionError):
            return msgspec.json.decode(read_bounded(self._path, _MAX_BYTES), type=list[str])
        return []

    def _tell(self, titles: list[str]) -> None:
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
