"""The log window: the newest log records, filtered by level."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QFontDatabase, QGuiApplication, QHideEvent, QShowEvent, QTextCursor
from PySide6.QtWidgets import QDialog, QWidget

from app.runtime.logs import LogBuffer
from app.ui.build import button, column, combo_box, log_view, row
from app.ui.file_dialogs import ask_save_log
from app.ui.i18n import tr
from uvanet.atomic_io import write_text

_POLL_MS = 500
_MAX_LINES = 5000


class LogWindow(QDialog):
    """Shows log records as they are written; copies and saves them.

    Args:
        buffer: The records.
        save: Called with a function that writes a file, and its path; runs it in the background.
        parent: The window.

    Attributes:
        view: The text of the records.
        level: Chooses the lowest level that is shown.
    """

    def __init__(
        self,
        buffer: LogBuffer,
        save: Callable[[Callable[[], None], Path], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._buffer, self._save = buffer, save
        self._seen = 0
        self.setWindowTitle(tr("Log"))
        self.view = log_view(tr("Log"), _MAX_LINES)
        self.view.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.view.setLineWrapMode(self.view.LineWrapMode.NoWrap)
        self.view.setPlaceholderText(tr("There are no records of this level yet."))
        self.view.show()
        self.level = combo_box(
            tr("Level"),
            tr("Lowest level that is shown"),
            [
                (logging.INFO, tr("Everything")),
                (logging.WARNING, tr("Warnings and errors")),
                (logging.ERROR, tr("Errors")),
            ],
        )
        self.level.setMaximumWidth(240)
        self.level.currentIndexChanged.connect(lambda _: self._start_again())
        copy = button(tr("Copy"), tr("Copies the lines that are shown"), self._copy)
        save_button = button(tr("Save…"), tr("Saves the lines that are shown"), self._ask_save)
        close = button(tr("Close"), "", self.close, default=True)
        bar = row((self.level, 1), None, copy, save_button, close)
        column((self.view, 1), bar, spacing=12, margins=(16, 16, 16, 14), parent=self)
        self.resize(820, 460)
        self._timer = QTimer(self, interval=_POLL_MS)
        self._timer.timeout.connect(self.update_lines)

    def showEvent(self, event: QShowEvent) -> None:
        """Follows the log while the window is shown."""
        super().showEvent(event)
        self.update_lines()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Stops following the log."""
        super().hideEvent(event)
        self._timer.stop()

    def update_lines(self) -> None:
        """Adds the records that came since the last call."""
        lines = self._buffer.since(self._seen)
        if not lines:
            return
        self._seen = lines[-1].number
        level = self.level.currentData()
        text = "\n".join(line.text for line in lines if line.level >= level)
        if text:
            bar = self.view.verticalScrollBar()
            at_end = bar.value() == bar.maximum()
            self.view.appendPlainText(text)
            if at_end:
                self.view.moveCursor(QTextCursor.MoveOperation.End)
                self.view.moveCursor(QTextCursor.MoveOperation.StartOfLine)

    def _start_again(self) -> None:
        self._seen = 0
        self.view.clear()
        self.update_lines()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.view.toPlainText())

    def _ask_save(self) -> None:
        text = self.view.toPlainText() + "\n"

        def save(chosen: str) -> None:
            path = Path(chosen)
            # Private, since a log may contain names of the user's files.
            self._save(lambda: write_text(path, text, private=True), path)

        ask_save_log(self, "uvanet.log", save)
