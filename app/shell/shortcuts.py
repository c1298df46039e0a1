"""The sheet of keyboard shortcuts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.shell.actions import Menu
from app.ui.i18n import tr

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.shell.actions import ActionSpec

_COLUMNS = (
    (Menu.SOURCE, Menu.VIEW),
    (Menu.PLAYBACK, Menu.EXPORT, Menu.TRAIN),
    (Menu.OVERLAY,),
    (Menu.COMPARE, Menu.ANALYSE),
)


class ShortcutSheet(QDialog):
    """Lists the shortcuts of all actions by menu.

    Args:
        specs: The actions.
        parent: The window.
    """

    def __init__(self, specs: Iterable[ActionSpec], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._specs = [spec for spec in specs if spec.keys]
        self.setWindowTitle(tr("Keyboard shortcuts"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(28, 22, 28, 24)
        layout.setSpacing(40)
        used = {spec.menu for spec in self._specs}
        for menus in _COLUMNS:
            if used.isdisjoint(menus):
                continue
            column = QVBoxLayout()
            column.setSpacing(18)
            for menu in menus:
                if menu in used:
                    column.addLayout(self._section(menu))
            column.addStretch()
            layout.addLayout(column)
        for keys in ("?", "F1"):
            QShortcut(QKeySequence(keys), self, self.close)

    def _section(self, menu: Menu) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(22)
        grid.setVerticalSpacing(5)
        title = QLabel(tr(menu.value))
        title.setObjectName("section")
        grid.addWidget(title, 0, 0, 1, 2)
        specs = [spec for spec in self._specs if spec.menu is menu]
        for row, spec in enumerate(specs, start=1):
            grid.addWidget(QLabel(tr(spec.text).removesuffix("…")), row, 0)
            grid.addLayout(self._keys(spec), row, 1)
        grid.setColumnStretch(0, 1)
        return grid

    def _keys(self, spec: ActionSpec) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(4)
        line.addStretch()
        for keys in spec.keys:
            cap = QLabel(key_text(keys))
            cap.setObjectName("key")
            cap.setAlignment(Qt.AlignmentFlag.AlignCenter)
            line.addWidget(cap)
        return line


def key_text(keys: str) -> str:
    """Formats a shortcut in the notation of the system, with arrow signs for arrow keys."""
    text = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
    for name, arrow in {"Left": "←", "Right": "→", "Up": "↑", "Down": "↓"}.items():
        if text == name or text.endswith(("+" + name, " " + name)):
            text = text.removesuffix(name) + arrow
    return text
