"""Choice of a window of another program from a list that is updated once a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QListWidget, QListWidgetItem

from app.ui.build import column, label
from app.ui.i18n import tr
from uvanet.redaction import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtWidgets import QWidget

    from uvanet.sources.window import WindowDevice

_INTERVAL_MS = 1000


class WindowPicker(QDialog):
    """Lists windows; a double click or Enter chooses one.

    Args:
        refresh: Called once a second; finds the windows and calls `show_windows`.
        parent: Parent window.

    Signals:
        chosen: The string that opens the window.
    """

    chosen = Signal(str)

    def __init__(self, refresh: Callable[[], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Watch a window"))
        self.resize(460, 320)
        self._windows: Sequence[WindowDevice] | None = None
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Windows of other programs"))
        self.list.itemActivated.connect(self._choose)
        self.list.itemSelectionChanged.connect(self._enable)
        self.hint = label(tr("Windows of other programs; their content is seen also when covered."))
        self.hint.setObjectName("quiet")
        self.hint.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.watch = buttons.addButton(tr("Watch"), QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self._choose)
        buttons.rejected.connect(self.reject)
        column(
            self.hint, (self.list, 1), buttons, spacing=10, margins=(14, 12, 14, 12), parent=self
        )
        self._timer = QTimer(self, interval=_INTERVAL_MS)
        self._timer.timeout.connect(refresh)
        self._timer.start()
        self._show_note(tr("Searching for windows …"))
        self._enable()

    def show_windows(self, windows: Sequence[WindowDevice]) -> None:
        """Shows the windows that are open now and keeps the selection."""
        if windows == self._windows:
            return
        item = self.list.currentItem()
        selected = None if item is None else item.data(Qt.ItemDataRole.UserRole)
        self._windows = windows
        self.list.clear()
        for window in windows:
            title = printable(window.title)
            entry = QListWidgetItem(
                tr("{title}  ({width} x {height})").format(
                    title=title, width=window.width, height=window.height
                )
            )
            entry.setData(Qt.ItemDataRole.UserRole, window.spec)
            self.list.addItem(entry)
            if window.spec == selected or (selected is None and self.list.count() == 1):
                self.list.setCurrentItem(entry)
        if not windows:
            self._show_note(tr("No other program shows a window."))

    def _show_note(self, text: str) -> None:
        entry = QListWidgetItem(text)
        entry.setFlags(Qt.ItemFlag.NoItemFlags)
        self.list.addItem(entry)

    def _enable(self) -> None:
        self.watch.setEnabled(bool(self.list.selectedItems()))

    def _choose(self) -> None:
        if selected := self.list.selectedItems():
            self.accept()
            self.chosen.emit(selected[0].data(Qt.ItemDataRole.UserRole))
