"""The list of exports in the side panel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from app.ui.controls import ElidedLabel, IconButton
from app.ui.i18n import tr
from app.ui.icons import icon
from app.ui.theme import set_level

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

_STEPS = 1000


@dataclass(frozen=True, slots=True)
class QueueRow:
    """What the list shows of an export.

    Attributes:
        number: Of the export.
        title: Name of its file.
        text: Its state or progress.
        share: Part that is done, 0..1; None where unknown.
        level: "" while it waits or runs, then "done", "warning" or "error".
        tip: Tooltip; may be empty.
    """

    number: int
    title: str
    text: str
    share: float | None = None
    level: str = ""
    tip: str = ""


class _Row(QWidget):
    """One export: name, progress bar, text and two buttons."""

    def __init__(self, card: ExportQueueCard, number: int) -> None:
        super().__init__()
        self.title = ElidedLabel()
        self.text = ElidedLabel()
        self.text.setObjectName("quiet")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(4)
        self.bar.setAccessibleName(tr("Progress"))
        self.show_button = IconButton(16)
        self.show_button.setIcon(icon("folder", "quiet"))
        self.show_button.setAccessibleName(tr("Show in folder"))
        self.show_button.setToolTip(tr("Show in folder"))
        self.show_button.clicked.connect(lambda: card.folder_requested.emit(number))
        self.cross = IconButton(14)
        self.cross.setIcon(icon("close", "quiet"))
        self.cross.clicked.connect(lambda: card.dismissed.emit(number))
        buttons = QHBoxLayout()
        buttons.setSpacing(0)
        buttons.addWidget(self.show_button)
        buttons.addWidget(self.cross)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setVerticalSpacing(3)
        layout.addWidget(self.title, 0, 0)
        layout.addLayout(buttons, 0, 1)
        layout.addWidget(self.bar, 1, 0, 1, 2)
        layout.addWidget(self.text, 2, 0, 1, 2)
        layout.setColumnStretch(0, 1)

    def show_row(self, row: QueueRow) -> None:
        self.title.set_full_text(row.title)
        self.text.set_full_text(row.text)
        ended = bool(row.level)
        self.bar.setVisible(not ended)
        self.bar.setRange(0, 0 if row.share is None else _STEPS)
        self.bar.setValue(round((row.share or 0) * _STEPS))
        self.show_button.setVisible(row.level in ("done", "warning"))
        name = tr("Remove from the list") if ended else tr("Cancel export")
        self.cross.setAccessibleName(name)
        self.cross.setToolTip(name)
        if row.tip:
            self.text.setToolTip(row.tip)
        set_level(self.text, row.level)


class ExportQueueCard(QFrame):
    """Shows a row for each export.

    Signals:
        dismissed: The number of an export to cancel, or to remove where it has ended.
        folder_requested: The number of an export whose folder is to be opened.
        resized: The card has another size.
    """

    dismissed = Signal(int)
    folder_requested = Signal(int)
    resized = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.rows: dict[int, _Row] = {}
        title = QLabel(tr("Exports"))
        title.setObjectName("section")
        self.empty = QLabel(tr("There are no exports."))
        self.empty.setObjectName("quiet")
        self._list = QVBoxLayout()
        self._list.setSpacing(12)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setSpacing(10)
        layout.addWidget(title)
        layout.addWidget(self.empty)
        layout.addLayout(self._list)

    def show_row(self, row: QueueRow) -> None:
        """Adds or changes a row."""
        if row.number not in self.rows:
            self.rows[row.number] = _Row(self, row.number)
            self._list.addWidget(self.rows[row.number])
            self.empty.hide()
        self.rows[row.number].show_row(row)

    def remove_row(self, number: int) -> None:
        """Removes a row."""
        row = self.rows.pop(number, None)
        if row is not None:
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.empty.setVisible(not self.rows)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Emits `resized`."""
        super().resizeEvent(event)
        self.resized.emit()
