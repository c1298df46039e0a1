"""Menus made from the action registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMenu, QWidget

from app.shell.actions import Menu
from app.ui.i18n import tr

if TYPE_CHECKING:
    from app.shell.actions import ActionRegistry


def fill_menu(menu: QMenu, actions: ActionRegistry, which: Menu) -> None:
    """Adds the actions of one of `Menu`, with a separator between groups."""
    group = None
    for spec in sorted(actions, key=lambda spec: spec.group):
        if spec.menu is not which or spec.hidden:
            continue
        if group is not None and spec.group != group:
            menu.addSeparator()
        group = spec.group
        menu.addAction(actions[spec.name])


def submenus(actions: ActionRegistry, parent: QWidget) -> list[QMenu]:
    """Makes a menu for each of `Menu` that has actions."""
    used = {spec.menu for spec in actions if not spec.hidden}
    result = []
    for which in Menu:
        if which in used:
            menu = QMenu(tr(which.value), parent)
            menu.setToolTipsVisible(False)
            fill_menu(menu, actions, which)
            result.append(menu)
    return result
