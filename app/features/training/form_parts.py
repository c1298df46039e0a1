"""Widgets of the training forms: folder field, choice of a model, help text."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QLineEdit, QSizePolicy, QWidget

from app.ui.build import button, label, row
from app.ui.file_dialogs import ask_folder, ask_model
from app.ui.i18n import tr
from uvanet.model_card import Card
from uvanet.paths import expand_user

_CHOOSE_FILE = "\0file"  # value of the entry that opens a file dialog


def help_text(text: str = "") -> QLabel:
    """Builds a label for secondary text that wraps."""
    result = label(text, "quiet", wrap=True)
    result.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    return result


def align(*forms: QFormLayout) -> None:
    """Gives the labels of several forms the same width."""
    labels = [
        widget
        for form in forms
        for index in range(form.rowCount())
        if (item := form.itemAt(index, QFormLayout.ItemRole.LabelRole)) is not None
        and (widget := item.widget()) is not None
    ]
    width = max(widget.sizeHint().width() for widget in labels)
    for widget in labels:
        widget.setMinimumWidth(width)


class FolderField(QWidget):
    """Asks for a folder: typed, dropped, or chosen in a dialog.

    Args:
        name: Accessible name.
        tip: Tooltip.

    Signals:
        changed: The new path; empty for none.
    """

    changed = Signal(str)

    def __init__(self, name: str, tip: str) -> None:
        super().__init__()
        self._name = name
        self.line = QLineEdit()
        self.line.setAccessibleName(name)
        self.line.setToolTip(tip)
        self.line.editingFinished.connect(self._emit_changed)
        self._emitted = ""
        self.line.setAcceptDrops(False)  # it would enter a dropped file as a URL
        self.setAcceptDrops(True)
        self.button = button(tr("Choose…"), tip, self._ask)
        self.button.setAccessibleName(tr("Choose: {name}").format(name=name))
        row((self.line, 1), self.button, parent=self)

    @property
    def path(self) -> str:
        """The path that was entered."""
        return self.line.text().strip()

    @property
    def pending(self) -> bool:
        """Whether `changed` has not carried the path yet, as it is still being typed."""
        return self.path != self._emitted

    @property
    def problem(self) -> str:
        """Why the folder cannot be used; empty if it can, or if none is entered."""
        if not self.path or expand_user(self.path).is_dir():
            return ""
        return tr("There is no folder {path}.").format(path=self.path)

    def set_path(self, path: str) -> None:
        """Enters a path."""
        self.line.setText(path)
        self._emit_changed()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accepts a file or folder."""
        if _dropped(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Enters the path of the dropped file or folder."""
        self.set_path(_dropped(event))
        event.acceptProposedAction()

    def _emit_changed(self) -> None:
        # Qt also emits `editingFinished` when the field loses the focus.
        if self.pending:
            self._emitted = self.path
            self.changed.emit(self.path)

    def _ask(self) -> None:
        ask_folder(self, self.path, self.set_path, self._name)


def _dropped(event: QDropEvent) -> str:
    """Path of the first dropped file or folder; empty for none."""
    paths = (url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile())
    return next(paths, "")


class ModelChoice(QComboBox):
    """Asks for a model: one of a list, or an ONNX file.

    Args:
        name: Accessible name.
        tip: Tooltip.
        files: Whether an .onnx file may be chosen.
        none: Text of a first entry for "no model"; empty for no such entry.
    """

    def __init__(self, name: str, tip: str, *, files: bool = False, none: str = "") -> None:
        super().__init__()
        self._files, self._none = files, none
        self._before = 0  # index to return to while the file dialog is open
        self.setAccessibleName(name)
        self.setToolTip(tip)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.activated.connect(self._on_activated)

    def fill(self, cards: list[Card], role: str) -> None:
        """Lists the models of a role.

        Args:
            cards: All models.
            role: "student" or "teacher".
        """
        chosen = self.currentData()
        self.clear()
        if self._none:
            self.addItem(self._none, "")
        for card in cards:
            if card.trainable if role == "student" else card.role == role:
                self.addItem(card.name, card.name)
        if self._files:
            if chosen and str(chosen).endswith(".onnx"):
                self.addItem(Path(chosen).name, chosen)
            self.addItem(tr("A file…"), _CHOOSE_FILE)
        self._before = max(0, self.currentIndex())
        self.choose(chosen)

    def choose(self, value: str | None) -> None:
        """Selects an entry by its value; the path of an ONNX file is added to the list."""
        index = self.findData(value) if value else -1
        if index < 0 and value and self._files and value.endswith(".onnx"):
            index = max(0, self.count() - 1)
            self.insertItem(index, Path(value).name, value)
        if index >= 0:
            self.setCurrentIndex(index)
            self._before = index

    @property
    def value(self) -> str:
        """Name or path of the chosen model; empty for none."""
        data = self.currentData()
        return "" if data in (None, _CHOOSE_FILE) else str(data)

    def _on_activated(self, index: int) -> None:
        if self.itemData(index) == _CHOOSE_FILE:
            self.setCurrentIndex(self._before)
            ask_model(self, "", self.choose)
        else:
            self._before = index
