"""The sheet of keyboard shortcuts."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QGridLayout, QLabel, QScrollArea, QWidget

from app.shell.actions import ActionRegistry, Menu
from app.ui.build import column, label, row
from app.ui.i18n import tr

_SCREEN_SHARE = 0.9
_NAME = "command"  # object name of the labels with the names of commands
_ARRANGEMENTS: tuple[tuple[tuple[Menu, ...], ...], ...] = (
    (
        (Menu.FILE, Menu.EDIT, Menu.HELP),
        (Menu.PLAYBACK, Menu.MODELS),
        (Menu.VIEW,),
        (Menu.ANALYSE,),
    ),
    ((Menu.FILE, Menu.EDIT, Menu.VIEW), (Menu.PLAYBACK, Menu.ANALYSE, Menu.MODELS, Menu.HELP)),
    (tuple(Menu),),
)
"""Columns of menus; the first that the screen has room for is taken."""


class ShortcutSheet(QDialog):
    """Lists the shortcuts of all actions by menu.

    Args:
        actions: The actions.
        parent: The window.
    """

    def __init__(self, actions: ActionRegistry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self._specs = [spec for spec in actions if actions.keys(spec)]
        self.setWindowTitle(tr("Keyboard shortcuts"))
        area = QScrollArea()
        scroll_bar = QSize(area.verticalScrollBar().sizeHint().width(), 0)
        room = self.screen().availableSize() * _SCREEN_SHARE
        for columns in _ARRANGEMENTS:
            inner = self._sheet(columns)
            wanted = inner.sizeHint() + scroll_bar
            if wanted.width() <= room.width():
                break
        else:  # even a single column is too wide: its names wrap
            for name in inner.findChildren(QLabel, _NAME):
                name.setWordWrap(True)
        area.setWidget(inner)
        area.setWidgetResizable(True)
        column(area, parent=self)
        self.resize(wanted.boundedTo(room))
        for keys in ("?", "F1"):
            QShortcut(QKeySequence(keys), self, self.close)

    def _sheet(self, columns: Sequence[Sequence[Menu]]) -> QWidget:
        used, sheet = {spec.menu for spec in self._specs}, QWidget()
        parts = (
            column(*(self._section(menu) for menu in menus if menu in used), None, spacing=18)
            for menus in columns
            if not used.isdisjoint(menus)
        )
        row(*parts, spacing=40, margins=(28, 22, 28, 24), parent=sheet)
        return sheet

    def _section(self, menu: Menu) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(22)
        grid.setVerticalSpacing(5)
        grid.addWidget(label(tr(menu.value), "section"), 0, 0, 1, 2)
        specs = [spec for spec in self._specs if spec.menu is menu]
        for line, spec in enumerate(specs, start=1):
            grid.addWidget(label(spec.title, _NAME), line, 0)
            caps = (_key_cap(keys) for keys in self._actions.keys(spec))
            grid.addLayout(row(None, *caps, spacing=4), line, 1)
        grid.setColumnStretch(0, 1)
        return grid


def _key_cap(keys: str) -> QLabel:
    cap = label(key_text(keys), "key")
    cap.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return cap


def key_text(keys: str) -> str:
    """Formats a shortcut in the notation of the system, with arrow signs for arrow keys."""
    text = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
    for name, arrow in {"Left": "←", "Right": "→", "Up": "↑", "Down": "↓"}.items():
        if text == name or text.endswith(("+" + name, " " + name)):
            text = text.removesuffix(name) + arrow
    return text
