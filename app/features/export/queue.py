"""The queue of exports."""

from __future__ import annotations

import contextlib
import itertools
import logging
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal

from app.features.export.options import exports_folder
from app.features.export.process import ExportProcess
from app.ui.i18n import tr

if TYPE_CHECKING:
    from collections.abc import Sequence

_log = logging.getLogger(__name__)

_numbers = itertools.count(1)

WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"
ENDED = (DONE, FAILED, CANCELLED)


@dataclass(eq=False)
class ExportTask:
    """One export and how it goes.

    Attributes:
        title: What is exported, for people.
        arguments: Of `uvanet predict`.
        outs: The files.
        temporary: Files that nobody needs when it has ended.
        take: The recording that is exported, where it is one: it goes once it is exported, and is
            kept beside the files where it is not.
        kept: Where it was kept.
        state: One of the names above.
        done: Frames written.
        total: Frames there will be, about; None where nobody knows.
        fps: Frames a second.
        left: Seconds to go; None where nobody knows.
        message: What went wrong, or what is missing; may be empty.
        hint: The next step; may be empty.
        number: Tells it from others.
    """

    title: str
    arguments: list[str]
    outs: tuple[Path, ...]
    temporary: tuple[Path, ...] = ()
    take: Path | None = None
    kept: Path | None = None
    state: str = WAITING
    done: int = 0
    total: int | None = None
    fps: float = 0.0
    left: float | None = None
    message: str = ""
    hint: str = ""
    number: int = field(default_factory=lambda: next(_numbers))


class Exports(QObject):
    """Runs exports one after the other: two would only share the same cores.

    Signals:
        changed: The ExportTask that was added, went on or ended.
        ended: The ExportTask that ended, whatever the way.
    """

    changed = Signal(object)
    ended = Signal(object)
    _told = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.tasks: list[ExportTask] = []
        self._process: ExportProcess | None = None
        self._closed = False
        self._told.connect(self._on_told, Qt.ConnectionType.QueuedConnection)

    @property
    def running(self) -> ExportTask | None:
        """The export that is being done now."""
        return next((task for task in self.tasks if task.state == RUNNING), None)

    def add(self, tasks: Sequence[ExportTask]) -> None:
        """Puts exports at the end of the queue."""
        for task in tasks:
            self.tasks.append(task)
            self.changed.emit(task)
        self._next()

    def cancel(self, task: ExportTask) -> None:
        """Ends an export without a file; takes it out where it has not begun."""
        if task.state == WAITING:
            self._end(task, CANCELLED)
        elif task.state == RUNNING and self._process is not None:
            self._process.cancel()

    def forget(self, task: ExportTask) -> None:
        """Takes one that has ended out of the list."""
        if task.state in ENDED and task in self.tasks:
            self.tasks.remove(task)

    def close(self, timeout: float) -> bool:
        """Cancels everything; nothing broken is left, and recordings are kept.

        Returns:
            Whether the process ended in time.
        """
        self._closed = True
        ended = self._process is None or self._process.close(timeout)
        for task in self.tasks:
            if task.state not in ENDED:
                _clear_up(task)
        return ended

    def _next(self) -> None:
        if self._closed or self.running is not None:
            return
        task = next((task for task in self.tasks if task.state == WAITING), None)
        if task is None:
            return
        task.state = RUNNING
        self.changed.emit(task)
        self._process = ExportProcess(task.arguments, task.outs, self._teller(task))

    def _teller(self, task: ExportTask) -> Any:
        def tell(event: dict[str, Any]) -> None:
            # Where the program is going down, nobody is there to hear it.
            if not self._closed:
                with contextlib.suppress(RuntimeError):
                    self._told.emit(task, event)

        return tell

    def _on_told(self, task: ExportTask, event: dict[str, Any]) -> None:
        match event["event"]:
            case "progress":
                task.done, task.total = event["done"], event["total"]
                task.fps, task.left = event["fps"], event["left"]
                self.changed.emit(task)
            case "done":
                task.done, task.fps = event["frames"], event["fps"]
                if event["stopped"]:
                    task.message = event["stopped"]
                    task.hint = tr("The {frames} frames before are kept.").format(frames=task.done)
                elif event["note"]:
                    task.message = event["note"]
                self._end(task, DONE)
            case "cancelled":
                self._end(task, CANCELLED)
            case "error":
                task.message, task.hint = event["message"], event.get("hint", "")
                self._end(task, FAILED)

    def _end(self, task: ExportTask, state: str) -> None:
        task.state, task.left = state, None
        _clear_up(task)
        self.changed.emit(task)
        self.ended.emit(task)
        self._next()


def _clear_up(task: ExportTask) -> None:
    done = list(task.temporary)
    if task.take is not None:
        if task.state == DONE:
            done.append(task.take)
        else:
            task.kept = _keep(task.take, task.outs[0])
    for path in done:
        with contextlib.suppress(OSError):
            path.unlink()


def _keep(take: Path, out: Path) -> Path:
    """Moves a recording to where its export was to be, or to where exports go by default."""
    for folder in (out.parent, exports_folder("")):
        path, number = folder / f"{out.stem}.mkv", 2
        while path.exists():
            path, number = folder / f"{out.stem}-{number}.mkv", number + 1
        try:
            return Path(shutil.move(take, path))
        except OSError as error:
            _log.warning("%s was not moved to %s: %s", take, folder, error)
    return take
