"""The list of exports in the side panel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QWidget

from app.ui.build import STEPS, column, label, plain_tip, progress_bar, row
from app.ui.controls import ElidedLabel, IconButton
from app.ui.i18n import tr
from app.ui.icons import icon
from app.ui.theme import set_level

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent


@dataclass(frozen=True, slots=True)
class QueueRow:
    """What the list shows of an export.

    Attributes:
        number: Number of the export.
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

    def show_row(self, shown: QueueRow) -> None:
        self.title.set_full_text(shown.title)
        self.text.set_full_text(shown.text)
        ended = bool(shown.level)
        self.bar.setVisible(not ended)
        self.bar.setRange(0, 0 if shown.share is None else STEPS)
        self.bar.setValue(round((shown.share or 0) * STEPS))
        self.show_button.setVisible(shown.level in ("done", "warning"))
        name = tr("Remove from the list") if ended else tr("Cancel export")
        self.cross.setAccessibleName(name)
        self.cross.setToolTip(name)
        if shown.tip:
            self.text.setToolTip(plain_tip(shown.tip))
        set_level(self.text, shown.level)


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
        self.empty = label(tr("There are no exports."), "quiet")
        self._list = column(spacing=12)
        heading = label(tr("Exports"), "section")
        column(heading, self.empty, self._list, spacing=10, margins=(14, 12, 14, 12), parent=self)

    def show_row(self, shown: QueueRow) -> None:
        """Adds or changes a row."""
        if shown.number not in self.rows:
            self.rows[shown.number] = _Row(self, shown.number)
            self._list.addWidget(self.rows[shown.number])
            self.empty.hide()
        self.rows[shown.number].show_row(shown)

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
