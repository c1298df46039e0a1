"""Runs an export as a child process of the command line, which reports JSON lines.

The child process does not block the interpreter of the window, has a lower priority, and frees its
memory when it ends.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.runtime.child_process import ChildProcess, own_command
from app.ui.i18n import tr
from uvanet.atomic_io import remove_stale_parts
from uvanet.video.events import (
    ExportCancelled,
    ExportDone,
    ExportEnd,
    ExportFailed,
    ExportProgress,
    decode_export_event,
)

_log = logging.getLogger(__name__)


class ExportProcess(QObject):
    """One running export.

    Args:
        arguments: Arguments of `uvanet predict`.
        outputs: The files that it writes. Partial files of a failed process are removed.

    Signals:
        progress: An ExportProgress.
        ended: An ExportDone, ExportCancelled or ExportFailed. Emitted exactly once, even if the
            process is killed.
    """

    progress = Signal(object)
    ended = Signal(object)

    def __init__(
        self, arguments: Sequence[str], outputs: Sequence[Path], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._outputs = outputs
        self._cancelled = False
        self._end: ExportEnd | None = None
        self._last_line = ""  # last line of output that is not an event
        command = [*own_command(), "predict", *arguments, "--events"]
        self._child = ChildProcess(command, self, background=True)
        self._child.line.connect(self._on_line)
        self._child.ended.connect(self._on_ended)

    @property
    def pid(self) -> int:
        """Process id; 0 if no process runs."""
        return self._child.pid

    def start(self) -> None:
        """Starts the process."""
        self._child.start()

    def cancel(self) -> None:
        """Cancels the export; no file is kept. Returns at once."""
        self._cancelled = True
        self._child.close_input()

    def close(self, timeout: float) -> bool:
        """Cancels the export; no file is kept. A process that does not end in time is killed.

        Args:
            timeout: Seconds to wait before the kill.

        Returns:
            Whether the process has ended.
        """
        self._cancelled = True
        return self._child.close(timeout)

    def _on_line(self, line: bytes) -> None:
        event = decode_export_event(line)
        if isinstance(event, ExportProgress):
            self.progress.emit(event)
        elif isinstance(event, ExportDone | ExportCancelled | ExportFailed):
            self._end = event
        elif event is None:
            # A library may print to the same output.
            self._last_line = line.decode(errors="replace").strip()[:2000] or self._last_line
            _log.info("an export wrote: %s", self._last_line)

    def _on_ended(self, code: int | None) -> None:
        end = self._end
        if self._cancelled and not isinstance(end, ExportDone):
            end = ExportCancelled()
        elif end is None:
            end = self._failure(code)
        if not isinstance(end, ExportDone):
            for path in self._outputs:
                remove_stale_parts(path)
        self.ended.emit(end)

    def _failure(self, code: int | None) -> ExportFailed:
        """Returns the error of a process that ended without a final event."""
        if reason := self._child.start_error:
            return ExportFailed(tr("The export cannot be started: {0}.").format(reason))
        errors = [line for line in self._child.error_text.splitlines() if line.strip()]
        if errors:
            _log.info("an export ended with: %s", "\n".join(errors)[-2000:])
        if reason := errors[-1].strip().removeprefix("uvanet: ") if errors else self._last_line:
            return ExportFailed(reason)
        return ExportFailed(
            tr("The export ended without a result (exit code {0}).").format(code),
            tr("Try it again; the program's log may say more."),
        )
