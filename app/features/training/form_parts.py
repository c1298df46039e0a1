"""Widgets that the forms of training share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.ui.i18n import tr

if TYPE_CHECKING:
    from uvanet.model_card import Card

OWN_FILE = "\0file"


def help_text(text: str) -> QLabel:
    """A sentence of help, wrapped."""
    label = QLabel(text)
    label.setObjectName("quiet")
    label.setWordWrap(True)
    label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    return label


def hint(text: str) -> QLabel:
    """A short sentence of help below a field."""
    label = QLabel(text)
    label.setObjectName("quiet")
    return label


def align(*forms: QFormLayout) -> None:
    """Gives the labels of several forms the same width."""
    labels = [
        item.widget()
        for form in forms
        for row in range(form.rowCount())
        if (item := form.itemAt(row, QFormLayout.ItemRole.LabelRole)) is not None
    ]
    width = max(label.sizeHint().width() for label in labels if label is not None)
    for label in labels:
        if label is not None:
            label.setMinimumWidth(width)


class FolderField(QWidget):
    """Asks for a folder, typed or chosen in a dialog.

    Args:
        name: Accessible name.
        tip: Tooltip.

    Signals:
        changed: The path; empty for none.
    """

    changed = Signal(str)

    def __init__(self, name: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self.line = QLineEdit()
        self.line.setAccessibleName(name)
        self.line.setToolTip(tip)
        self.line.editingFinished.connect(self._emit_changed)
        self._emitted = ""
        self.button = QPushButton(tr("Choose…"))
        self.button.setToolTip(tip)
        self.button.setAccessibleName(tr("Choose: {name}").format(name=name))
        self.button.setAutoDefault(False)
        self.button.clicked.connect(self._ask)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.line, 1)
        layout.addWidget(self.button)

    @property
    def path(self) -> str:
        """The path that was entered."""
        return self.line.text().strip()

    def set_path(self, path: str) -> None:
        """Enters a path."""
        self.line.setText(path)
        self._emit_changed()

    def _emit_changed(self) -> None:
        # `editingFinished` comes when the field loses the focus, too.
        if self.path != self._emitted:
            self._emitted = self.path
            self.changed.emit(self.path)

    def _ask(self) -> None:
        dialog = QFileDialog(self, self._name, self.path or str(Path.home()))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self.set_path)
        dialog.open()


class ModelChoice(QComboBox):
    """Asks for a model: one of a list, or an ONNX file.

    Args:
        name: Accessible name.
        tip: Tooltip.
        files: Whether an .onnx file may be chosen.
    """

    def __init__(
        self, name: str, tip: str, *, files: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._name, self._files, self._before = name, files, 0
        self.setAccessibleName(name)
        self.setToolTip(tip)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.activated.connect(self._on_activated)

    def fill(self, cards: list[Card], role: str, first: tuple[str, str] | None = None) -> None:
        """Lists the models of a role.

        Args:
            cards: All models.
            role: "student" or "teacher".
            first: Text and value of an entry before the models.
        """
        chosen = self.currentData()
        self.clear()
        if first is not None:
            self.addItem(*first)
        for card in cards:
            if card.trainable if role == "student" else card.role == role:
                self.addItem(card.name, card.name)
        if self._files:
            if chosen and str(chosen).endswith(".onnx"):
                self.addItem(Path(chosen).name, chosen)
            self.addItem(tr("A file…"), OWN_FILE)
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
        """The name or path; empty for none."""
        data = self.currentData()
        return "" if data in (None, OWN_FILE) else str(data)

    def _on_activated(self, index: int) -> None:
        if self.itemData(index) != OWN_FILE:
            self._before = index
            return
        self.setCurrentIndex(self._before)
        dialog = QFileDialog(self, self._name, "", "ONNX (*.onnx)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.choose)
        dialog.open()


class AdvancedOptions(QWidget):
    """Options that are hidden behind a button."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.button = QPushButton(tr("Advanced"))
        self.button.setCheckable(True)
        self.button.setAutoDefault(False)
        self.button.setToolTip(tr("Shows more options"))
        self.inner = QWidget()
        self.form = QFormLayout(self.inner)
        self.form.setContentsMargins(0, 4, 0, 0)
        self.form.setHorizontalSpacing(18)
        self.form.setVerticalSpacing(8)
        self.form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        self.background = QCheckBox(tr("Lower priority"))
        self.background.setToolTip(tr("Other programs and the live view come first"))
        self.inner.hide()
        self.button.toggled.connect(self._show)
        line = QHBoxLayout()
        line.addWidget(self.button)
        line.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(line)
        layout.addWidget(self.inner)

    def finish(self) -> None:
        """Adds the options that all runs have, below the others."""
        self.form.addRow("", self.background)
        self.form.addRow("", hint(tr("Slower; other programs and the live view come first.")))

    def _show(self, on: bool) -> None:
        self.inner.setVisible(on)
        window = self.window()
        # The window grows as needed, and never shrinks below the size that the user chose.
        window.resize(window.size().expandedTo(window.sizeHint()))
