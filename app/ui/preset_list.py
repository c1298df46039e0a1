"""A list of named presets, which can be saved, applied, renamed and deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtWidgets import QComboBox, QInputDialog, QWidget

from app.ui.build import button, column, combo_box, plain_tip
from app.ui.flow_layout import FlowLayout
from app.ui.i18n import tr
from app.ui.questions import ask

T = TypeVar("T")
_MAX_NAME = 60


class PresetList(QWidget, Generic[T]):
    """A list of presets with buttons.

    Args:
        name: Kind of the presets, as accessible name.
        presets: The presets by name; changed in place.
        current: Returns the current state.
        apply: Applies a preset.
        record: Records a change of the presets for undo, as `UndoStack.record`.
        parent: The dialog.
    """

    def __init__(
        self,
        name: str,
        presets: dict[str, T],
        current: Callable[[], T],
        apply: Callable[[T], None],
        record: Callable[..., object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._presets, self._current, self._apply = presets, current, apply
        self._record = record
        self.names: QComboBox = combo_box(name, name)
        self.names.setPlaceholderText(tr("None saved yet"))
        save = button(tr("Save as…"), tr("Saves the current state as a preset"), self._ask_save)
        self._buttons = [  # for the chosen preset
            button(tr("Apply"), tr("Applies the preset"), self._use),
            button(tr("Rename…"), tr("Renames the preset"), self._ask_rename),
            button(tr("Delete"), tr("Deletes the preset"), self._delete),
        ]
        self.setToolTip(plain_tip(name))
        column(self.names, FlowLayout(save, *self._buttons, spacing=6), spacing=6, parent=self)
        self._show("")

    def save(self, name: str) -> None:
        """Saves the current state under a name; replaces a preset of the same name."""
        name = name.strip()[:_MAX_NAME]
        if name:
            self._change(tr("save preset"), {**self._presets, name: self._current()}, name)

    def rename(self, name: str) -> None:
        """Renames the chosen preset; replaces a preset of the same name."""
        name, before = name.strip()[:_MAX_NAME], self.names.currentText()
        if name and before in self._presets and name != before:
            presets = dict(self._presets)
            presets[name] = presets.pop(before)
            self._change(tr("rename preset"), presets, name)

    def _use(self) -> None:
        if (name := self.names.currentText()) in self._presets:
            self._apply(self._presets[name])

    def _delete(self) -> None:
        deleted = self.names.currentText()
        presets = {name: preset for name, preset in self._presets.items() if name != deleted}
        toast = tr("The preset {name} was deleted.").format(name=deleted)
        self._change(tr("delete preset"), presets, "", toast)

    def _change(self, text: str, presets: dict[str, T], chosen: str, toast: str = "") -> None:
        before = dict(self._presets)
        self._replace(presets)
        self._record(text, self._replace, before, presets, toast=toast)
        self._show(chosen)

    def refresh(self) -> None:
        """Shows the presets as they are now, as after an undo."""
        shown = {self.names.itemText(index) for index in range(self.names.count())}
        new = next((name for name in self._presets if name not in shown), "")
        self._show(new or self.names.currentText())

    def _replace(self, presets: dict[str, T]) -> None:
        self._presets.clear()
        self._presets.update(presets)

    def _ask_save(self) -> None:
        self._ask(tr("Save preset"), "", self.save)

    def _ask_rename(self) -> None:
        self._ask(tr("Rename preset"), self.names.currentText(), self.rename)

    def _ask(self, title: str, text: str, done: Callable[[str], None]) -> None:
        dialog = QInputDialog(self)
        dialog.setWindowTitle(title)
        dialog.setLabelText(tr("Name"))
        dialog.setTextValue(text)
        dialog.textValueSelected.connect(lambda name: self._confirm(title, text, name, done))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _confirm(self, title: str, old: str, name: str, done: Callable[[str], None]) -> None:
        """Calls `done`; asks first if another preset has the name."""
        name = name.strip()[:_MAX_NAME]
        if name not in self._presets or name == old:
            done(name)
            return
        text = tr("Replace the preset {name}?").format(name=name)
        ask(self, title, text, "", tr("Replace"), lambda: done(name), destructive=True)

    def _show(self, chosen: str) -> None:
        self.names.clear()
        self.names.addItems(sorted(self._presets, key=str.casefold))
        self.names.setCurrentIndex(max(0, self.names.findText(chosen)))
        for preset_button in self._buttons:
            preset_button.setEnabled(bool(self._presets))
