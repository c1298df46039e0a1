"""Writes a store soon after each change of it."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from app.runtime.shutdown import run_bounded
from app.runtime.source_store import SourceStore
from app.shell.context import FeatureContext
from app.ui.i18n import tr

_AFTER_MS = 1000


class StoreWriter(QObject):
    """Writes a store on a worker thread, and warns where that fails.

    Args:
        context: The context of the calling feature.
        store: The store.
        name: Name of the job.
        warning: What to say where the store cannot be written.
        parent: Parent object.
    """

    def __init__(
        self, context: FeatureContext, store: SourceStore, name: str, warning: str, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._context, self._store, self._name, self._warning = context, store, name, warning
        self._timer = QTimer(self, singleShot=True, interval=_AFTER_MS)
        self._timer.timeout.connect(self._write)

    def write_soon(self) -> None:
        """Writes the store after a second without further changes."""
        self._timer.start()

    def close(self, timeout: float) -> bool:
        """Writes pending changes; returns whether they are written within `timeout` seconds."""
        self._timer.stop()
        return run_bounded(self._store.write, timeout, name=self._name)

    def _write(self) -> None:
        self._context.jobs.run(self._store.write, self._on_written, name=self._name)

    def _on_written(self, stored: bool) -> None:
        if not stored:
            self._context.messages.notify(
                "warning",
                self._warning,
                tr("Check that the disk has space and your home folder can be written."),
            )
