"""The command palette: finds an action by typed words and triggers it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QHeaderView, QLineEdit, QTreeWidget, QTreeWidgetItem, QWidget

from app.shell.actions import ActionRegistry, ActionSpec, without_dots
from app.shell.shortcuts import key_text
from app.ui.build import column, label
from app.ui.i18n import tr

_NAME = Qt.ItemDataRole.UserRole
_MOVES = {Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown}
_WIDTH, _HEIGHT, _MARGIN = 620, 420, 16
_PART = 4  # letters from which on a part of a word counts


class CommandPalette(QDialog):
    """Lists the actions that match the typed text, with their menu and key.

    Args:
        actions: All actions.
        window: The window; the palette opens at its top.

    Attributes:
        field: The field for the text.
        list: The actions that match, the best first.
        none: The sentence in place of actions where none matches.
    """

    def __init__(self, actions: ActionRegistry, window: QWidget) -> None:
        super().__init__(window)
        self._actions, self._window = actions, window
        self._recent: list[str] = []  # names of the actions run from here, the newest first
        self.setWindowTitle(tr("Find command"))
        self.field = QLineEdit()
        self.field.setPlaceholderText(tr("Type what the command does"))
        self.field.setAccessibleName(tr("Command"))
        self.field.setClearButtonEnabled(True)
        self.list = QTreeWidget()
        self.list.setColumnCount(3)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setAccessibleName(tr("Commands"))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.none = label(tr("No command matches. Try another word for it."), "quiet", wrap=True)
        header = self.list.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Fixed)
        column(
            self.field, self.none, (self.list, 1), spacing=8, margins=(12, 12, 12, 12), parent=self
        )
        self.field.textChanged.connect(self._fill)
        self.field.returnPressed.connect(self._run)
        self.field.installEventFilter(self)
        self.list.itemClicked.connect(lambda _: self._run())

    def open_over(self) -> None:
        """Opens the palette with an empty field."""
        window = self._window
        self.field.clear()
        self._fill("")
        width = min(_WIDTH, window.width() - 2 * _MARGIN)
        self.list.setColumnHidden(1, width < _WIDTH)  # names and keys need the room
        self.list.setColumnWidth(1, width // 4)
        self.resize(width, min(_HEIGHT, window.height() - 4 * _MARGIN))
        self.move(window.x() + (window.width() - width) // 2, window.y() + 3 * _MARGIN)
        self.open()
        self.field.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Passes the keys that choose a line on to the list."""
        is_press = event.type() == QEvent.Type.KeyPress
        if is_press and isinstance(event, QKeyEvent) and event.key() in _MOVES:
            self.list.keyPressEvent(event)
            return True
        return super().eventFilter(watched, event)

    def _fill(self, text: str) -> None:
        found = matching(text, self._actions)
        if not text.strip():
            # Recent actions come first, then the enabled ones, then the disabled ones.
            order = {name: index - len(self._recent) for index, name in enumerate(self._recent)}
            found.sort(
                key=lambda spec: order.get(spec.name, int(bool(self._actions.missing(spec.name))))
            )
        self.list.clear()
        for spec in found:
            self.list.addTopLevelItem(self._item(spec))
        first = self.list.topLevelItem(0)
        self.none.setVisible(first is None)
        if first is not None:
            self.list.setCurrentItem(first)

    def _item(self, spec: ActionSpec) -> QTreeWidgetItem:
        action, reason = self._actions[spec.name], self._actions.missing(spec.name)
        keys = [key_text(key.toString()) for key in action.shortcuts()[:1]]
        item = QTreeWidgetItem([without_dots(action.text()), reason or spec.path, *keys])
        item.setData(0, _NAME, spec.name)
        item.setIcon(0, action.icon())
        for cell in range(item.columnCount()):
            item.setToolTip(cell, tr(spec.help))
        item.setTextAlignment(2, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        item.setDisabled(bool(reason))
        faint = self.palette().placeholderText()
        item.setForeground(1, faint)
        item.setForeground(2, faint)
        return item

    def _run(self) -> None:
        item = self.list.currentItem()
        if item is None or item.isDisabled():
            return
        name = str(item.data(0, _NAME))
        self._recent = [name, *(other for other in self._recent if other != name)]
        self.accept()
        self._actions.trigger(name)


def matching(text: str, specs: Iterable[ActionSpec]) -> list[ActionSpec]:
    """The actions that match a typed text, the best first; leniently where none matches.

    Among equals, an action that loses something comes last.
    """
    for lenient in (False, True):
        ranks = ((match(text, spec, lenient=lenient), spec) for spec in specs)
        found = [(rank, spec.loses, spec) for rank, spec in ranks if rank is not None]
        if found:
            return [spec for *_, spec in sorted(found, key=lambda entry: entry[:2])]
    return []


def match(text: str, spec: ActionSpec, *, lenient: bool = False) -> int | None:
    """Ranks an action by how well it matches a typed text.

    A typed word matches where it is the beginning of a word of the action's text, search words,
    menu or description, in English too, a part of a word of the text or search words, or a row of
    letters that the text contains in this order; or where a word of the action is its beginning.
    For an action that loses something, all typed words are beginnings of its text and search words.

    Args:
        text: The typed text.
        spec: The action.
        lenient: Whether half of the typed words may match nothing, as in a whole sentence, or all
            but one word of four letters or more.

    Returns:
        The rank, 0 for the best; None where a word does not match.
    """
    name, more = _words(tr(spec.text)), _words(tr(spec.words))
    around = "" if spec.loses else f"{spec.path} {tr(spec.help)} {spec.help}"
    rest = _words(f"{around} {spec.text} {spec.words}")
    typed_words, rank, unknown, known = _words(text), 0, 0, False
    for index, typed in enumerate(typed_words):
        in_place = name[index : index + 1]
        if begun := [word for word in (*in_place, *name) if word.startswith(typed)]:
            rank += 0 if begun[:1] == in_place else 1
            # Less than half of a word says less than a whole search word, as "ab" of "about".
            rank += 0 if 2 * len(typed) >= len(begun[0]) else 3
        elif typed in more:
            rank += 2
        elif any(word.startswith(typed) for word in more):
            rank += 3
        elif any(word.startswith(typed) for word in rest):
            rank += 10
        elif spec.loses:
            return None
        elif len(typed) >= _PART and any(typed in word for word in (*name, *more)):
            rank += 15  # of a compound word, as German has them
        elif any(len(word) >= _PART and typed.startswith(word) for word in (*name, *more, *rest)):
            rank += 20  # the first part of one, or a word with another ending
        elif len(typed) > 1 and len(typed_words) == 1 and _spelled(typed, name):
            rank += 30
        else:
            rank += 100
            unknown += 1
            continue
        known = known or len(typed) >= _PART
    enough = known or 2 * unknown <= len(typed_words)
    return rank if unknown == 0 or (lenient and enough) else None


def _words(text: str) -> list[str]:
    """The words in small letters; a pair such as A/B is one word."""
    return re.findall(r"\w+", re.sub(r"\b(\w)/(\w)\b", r"\1\2", text.casefold()))


def _spelled(typed: str, name: Sequence[str]) -> bool:
    """Whether the words contain the typed letters in order, the first at the start of a word."""
    for index in range(len(name)):
        letters = iter("".join(name[index:]))
        if name[index][0] == typed[0] and all(letter in letters for letter in typed):
            return True
    return False
