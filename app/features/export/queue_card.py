"""The list of exports in the side panel."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QWidget

from app.ui.build import STEPS, column, label, plain_tip, progress_bar, row
from app.ui.controls import ElidedLabel, IconButton
from app.ui.i18n import tr
from app.ui.icons import icon
from app.ui.theme import set_level


@dataclass(frozen=True, slots=True)
class QueueRow:
    """Content of a row in the list of exports.

    Attributes:
        number: Number of the export.
        title: Name of its file.
        text: State or progress of the export.
        share: Share that is done, 0..1; None if unknown.
        level: Empty while the export waits or runs, then "done", "warning" or "error".
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
        self.bar = progress_bar(tr("Progress"))
        self.bar.setFixedHeight(4)
        self.show_button = IconButton(16)
        self.show_button.setIcon(icon("folder", "quiet"))
        self.show_button.setAccessibleName(tr("Show in folder"))
        self.show_button.setToolTip(tr("Show in folder"))
        self.show_button.clicked.connect(lambda: card.folder_requested.emit(number))
        self.cross = IconButton(14)
        self.cross.setIcon(icon("close", "quiet"))
        self.cross.clicked.connect(lambda: card.dismissed.emit(number))
        head = row((self.title, 1), self.show_button, self.cross, spacing=0)
        column(head, self.bar, self.text, spacing=3, parent=self)

    def show_content(self, content: QueueRow) -> None:
        self.title.set_full_text(content.title)
        self.text.set_full_text(content.text)
        ended = bool(content.level)
        self.bar.setVisible(not ended)
        self.bar.setRange(0, 0 if content.share is None else STEPS)
        self.bar.setValue(round((content.share or 0) * STEPS))
        self.show_button.setVisible(content.level in ("done", "warning"))
        name = tr("Remove from the list") if ended else tr("Cancel export")
        self.cross.setAccessibleName(name)
        self.cross.setToolTip(name)
        if content.tip:
            self.text.setToolTip(plain_tip(content.tip))
        set_level(self.text, content.level)


class ExportQueueCard(QFrame):
    """Shows a row for each export.

    Signals:
        dismissed: Number of the export to cancel, or to remove from the list if it has ended.
        folder_requested: Number of the export whose folder the user wants to open.
        resized: The size of the card has changed.
    """

    dismissed = Signal(int)
    folder_requested = Signal(int)
    resized = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.rows: dict[int, _Row] = {}
        self.empty = label(tr("There are no exports."), "quiet")
        self._list = column(spacing=12)
        heading = label(tr("Exports"), "section")
        column(heading, self.empty, self._list, spacing=10, margins=(14, 12, 14, 12), parent=self)

    def show_row(self, content: QueueRow) -> None:
        """Adds or changes a row."""
        if content.number not in self.rows:
            self.rows[content.number] = _Row(self, content.number)
            self._list.addWidget(self.rows[content.number])
            self.empty.hide()
        self.rows[content.number].show_content(content)

    def remove_row(self, number: int) -> None:
        """Removes a row."""
        removed = self.rows.pop(number, None)
        if removed is not None:
            self._list.removeWidget(removed)
            removed.hide()
            removed.deleteLater()
        self.empty.setVisible(not self.rows)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Emits `resized`."""
        super().resizeEvent(event)
        self.resized.emit()
