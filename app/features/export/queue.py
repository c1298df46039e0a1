"""The queue of exports, which runs one process at a time."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.features.export.process import ExportProcess
from uvanet.video.events import (
    ExportCancelled,
    ExportDone,
    ExportEnd,
    ExportFailed,
    ExportProgress,
    kept_text,
)

MAX_ENDED = 20
"""Number of ended exports that stay in the list; older ones are removed."""

_numbers = itertools.count(1)


class ExportState(StrEnum):
    """The state of an export."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(eq=False)
class ExportTask:
    """One export and its progress.

    Attributes:
        title: Shown to the user.
        arguments: Arguments of `uvanet predict`.
        outputs: The files that it writes.
        temporary: Files that are deleted when the export has ended.
        folder: Folder that was made for the outputs; removed if it is empty at the end.
        recording: The recording to export. It is deleted after a successful export only.
        state: Current state.
        done: Number of frames written.
        total: Number of frames expected; None if unknown.
        fps: Frames written per second.
        left: Seconds left; None if unknown.
        message: An error or a warning; may be empty.
        hint: The next step for the user; may be empty.
        number: Number that is unique in the program.
    """

    title: str
    arguments: list[str]
    outputs: tuple[Path, ...]
    temporary: tuple[Path, ...] = ()
    folder: Path | None = None
    recording: Path | None = None
    state: ExportState = ExportState.WAITING
    done: int = 0
    total: int | None = None
    fps: float = 0.0
    left: float | None = None
    message: str = ""
    hint: str = ""
    number: int = field(default_factory=lambda: next(_numbers))

    @property
    def ended(self) -> bool:
        """Whether the export is done, failed or cancelled."""
        return self.state not in (ExportState.WAITING, ExportState.RUNNING)

    @property
    def kept(self) -> Path | None:
        """The recording that is kept after a failed or cancelled export; None without one."""
        return self.recording if self.ended and self.state != ExportState.DONE else None


class ExportQueue(QObject):
    """Runs exports one after the other, since two would share the processor cores.

    Signals:
        changed: The ExportTask that was added, made progress or ended.
        ended: The ExportTask that is done, failed or cancelled.
        removed: The ExportTask that was removed from the list.
    """

    changed = Signal(object)
    ended = Signal(object)
    removed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.tasks: list[ExportTask] = []
        self.process: ExportProcess | None = None
        self._closed = False

    @property
    def running(self) -> ExportTask | None:
        """The export that runs now."""
        return next((task for task in self.tasks if task.state == ExportState.RUNNING), None)

    @property
    def active(self) -> bool:
        """Whether an export waits or runs."""
        return any(not task.ended for task in self.tasks)

    def task(self, number: int) -> ExportTask | None:
        """Returns the task with a number; None if it is not in the list."""
        return next((task for task in self.tasks if task.number == number), None)

    def add(self, task: ExportTask) -> None:
        """Adds an export at the end of the queue."""
        self.tasks.append(task)
        self.changed.emit(task)
        self._start_next()

    def cancel(self, task: ExportTask) -> None:
        """Cancels an export; no file of it is kept."""
        if task.state == ExportState.WAITING:
            self._end(task, ExportState.CANCELLED)
        elif task.state == ExportState.RUNNING and self.process is not None:
            self.process.cancel()

    def remove(self, task: ExportTask) -> None:
        """Removes an export that has ended from the list."""
        if task.ended and task in self.tasks:
            self.tasks.remove(task)
            self.removed.emit(task)

    def close(self, timeout: float) -> bool:
        """Cancels all exports. Incomplete files are removed; recordings are kept.

        Args:
            timeout: Seconds to wait before the process is killed.

        Returns:
            Whether the process has ended.
        """
        self._closed = True
        ended = self.process is None or self.process.close(timeout)
        for task in self.tasks:
            if not task.ended:
                _clear(task)
        return ended

    def _start_next(self) -> None:
        if self._closed or self.running is not None:
            return
        task = next((task for task in self.tasks if task.state == ExportState.WAITING), None)
        if task is None:
            return
        task.state = ExportState.RUNNING
        self.changed.emit(task)
        self.process = process = ExportProcess(task.arguments, task.outputs, self)
        process.progress.connect(lambda event: self._on_progress(task, event))
        process.ended.connect(lambda event: self._on_ended(task, event))
        process.start()

    def _on_progress(self, task: ExportTask, event: ExportProgress) -> None:
        task.done, task.total, task.fps = event.done, event.total, event.fps
        task.left = None if event.left is None else max(0.0, event.left)
        self.changed.emit(task)

    def _on_ended(self, task: ExportTask, event: ExportEnd) -> None:
        if self.process is not None:
            self.process.deleteLater()
            self.process = None
        if self._closed:
            return
        match event:
            case ExportDone():
                task.done, task.fps = event.frames, event.fps
                task.message = event.stopped or event.note or ""
                if event.stopped:
                    task.hint = kept_text(task.done)
                self._end(task, ExportState.DONE)
            case ExportFailed():
                task.message, task.hint = event.message, event.hint
                self._end(task, ExportState.FAILED)
            case ExportCancelled():
                self._end(task, ExportState.CANCELLED)

    def _end(self, task: ExportTask, state: ExportState) -> None:
        task.state, task.left = state, None
        _clear(task)
        if state == ExportState.DONE and task.recording is not None:
            # On a thread, as deleting gigabytes on a network drive would block the window.
            threading.Thread(
                target=_delete, args=((task.recording,),), name="uvanet-delete", daemon=True
            ).start()
        self.changed.emit(task)
        self.ended.emit(task)
        for old in [task for task in self.tasks if task.ended][:-MAX_ENDED]:
            self.remove(old)
        self._start_next()


def _clear(task: ExportTask) -> None:
    """Removes the temporary files of an export, and its folder if that is empty."""
    _delete(task.temporary)
    if task.folder is not None:
        with contextlib.suppress(OSError):  # the folder has exported files
            task.folder.rmdir()


def _delete(paths: Iterable[Path]) -> None:
    for path in paths:
        with contextlib.suppress(OSError):
            path.unlink()
