"""Edits the shortcuts of all actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QHeaderView, QKeySequenceEdit, QTreeWidget, QTreeWidgetItem, QWidget

from app.shell.actions import ActionRegistry, ActionSpec
from app.shell.shortcuts import key_text
from app.shell.undo import UndoStack
from app.ui.build import button, column, label
from app.ui.flow_layout import FlowLayout
from app.ui.i18n import tr

_NAME = Qt.ItemDataRole.UserRole
_PORTABLE = QKeySequence.SequenceFormat.PortableText


class KeyEditor(QWidget):
    """A list of all actions with their shortcuts, and a field for a new one.

    Args:
        actions: All actions; a new shortcut takes effect at once.
        undo: Records the changes.
        parent: The dialog.
    """

    def __init__(
        self, actions: ActionRegistry, undo: UndoStack, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._actions, self._undo = actions, undo
        self.list = QTreeWidget()
        self.list.setHeaderLabels([tr("Command"), tr("Menu"), tr("Keys")])
        self.list.setRootIsDecorated(False)
        self.list.setAccessibleName(tr("Commands"))
        self.list.setMinimumHeight(200)
        header = self.list.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for spec in actions:
            item = QTreeWidgetItem([spec.title, spec.path, ""])
            item.setData(0, _NAME, spec.name)
            self.list.addTopLevelItem(item)
        self.field = QKeySequenceEdit()
        self.field.setMaximumSequenceLength(1)
        self.field.setClearButtonEnabled(True)
        self.field.setAccessibleName(tr("New key"))
        self.note = label("", "quiet", wrap=True)
        self.set_button = button(tr("Set"), tr("Uses the key for the selected command"), self._set)
        self.reset_button = button(
            tr("Reset"), tr("Restores the keys of the selected command"), self._reset
        )
        all_button = button(
            tr("Reset all"), tr("Restores the keys of all commands"), self._reset_all
        )
        buttons = FlowLayout(self.set_button, self.reset_button, all_button)
        column(self.list, self.field, buttons, self.note, spacing=8, parent=self)
        self.list.currentItemChanged.connect(lambda *_: self._on_selected())
        self.field.keySequenceChanged.connect(lambda _: self._show_conflict())
        undo.changed.connect(self._refresh)
        self._refresh()

    def filter(self, text: str) -> bool:
        """Shows the commands that contain all words of a text, and selects the only one.

        A key that was typed before is dropped.

        Returns:
            Whether there are any.
        """
        words, found = text.casefold().split(), []
        for item in self._items():
            line = " ".join(item.text(n) for n in range(3)).casefold()
            item.setHidden(not all(word in line for word in words))
            found += [] if item.isHidden() else [item]
        current = self.list.currentItem()
        if len(found) == 1:
            self.list.setCurrentItem(found[0])
        elif current is not None and current.isHidden():
            self.list.setCurrentIndex(QModelIndex())
        self._on_selected()
        return bool(found)

    def select(self, name: str) -> None:
        """Selects the line of an action."""
        for item in self._items():
            if item.data(0, _NAME) == name:
                self.list.setCurrentItem(item)

    def _items(self) -> list[QTreeWidgetItem]:
        items = (self.list.topLevelItem(n) for n in range(self.list.topLevelItemCount()))
        return [item for item in items if item is not None]

    @property
    def _specs(self) -> dict[str, ActionSpec]:
        return {spec.name: spec for spec in self._actions}

    @property
    def _selected(self) -> str:
        item = self.list.currentItem()
        return "" if item is None else str(item.data(0, _NAME))

    def _show_keys(self) -> None:
        specs = self._specs
        for item in self._items():
            keys = self._actions.keys(specs[str(item.data(0, _NAME))])
            item.setText(2, ", ".join(map(key_text, keys)))

    def _on_selected(self) -> None:
        spec = self._specs.get(self._selected)
        keys = [] if spec is None else self._actions.keys(spec)
        self.field.setEnabled(spec is not None)
        self.field.setKeySequence(QKeySequence(keys[0] if keys else ""))
        self.reset_button.setEnabled(spec is not None and tuple(keys) != spec.keys)
        self._show_conflict()

    def _show_conflict(self) -> None:
        other = self._conflict
        self.set_button.setEnabled(bool(self._selected))
        self.note.setText(
            tr("{key} belongs to “{command}”, which loses it.").format(
                key=key_text(self._key), command=self._specs[other].title
            )
            if other
            else ""
        )

    @property
    def _key(self) -> str:
        return self.field.keySequence().toString(_PORTABLE)

    @property
    def _conflict(self) -> str:
        other = self._actions.user_of(self._key) if self._key else ""
        return other if other != self._selected else ""

    def _set(self) -> None:
        name, key, other = self._selected, self._key, self._conflict
        changed = {name: [key] if key else []}
        if other:
            kept = [used for used in self._actions.keys(self._specs[other]) if used != key]
            changed[other] = kept
        self._change(tr("change keys"), changed)

    def _reset(self) -> None:
        self._change(tr("reset keys"), {self._selected: None})

    def _reset_all(self) -> None:
        self._change(tr("reset keys"), dict.fromkeys(self._specs), tr("All keys were reset."))

    def _change(
        self, text: str, changed: Mapping[str, Sequence[str] | None], toast: str = ""
    ) -> None:
        before = {spec.name: self._actions.keys(spec) for spec in self._actions}
        self._set_keys(changed)
        after = {spec.name: self._actions.keys(spec) for spec in self._actions}
        self._undo.record(text, self._set_keys, before, after, toast=toast)

    def _set_keys(self, changed: Mapping[str, Sequence[str] | None]) -> None:
        for name, keys in changed.items():
            self._actions.set_keys(name, keys)

    def _refresh(self) -> None:
        self._show_keys()
        self._on_selected()
