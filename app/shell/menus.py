"""Menus made from the action registry."""

from __future__ import annotations

from PySide6.QtWidgets import QMenu, QWidget

from app.shell.actions import ActionRegistry, Menu
from app.ui.i18n import tr


def fill_menu(menu: QMenu, actions: ActionRegistry, which: Menu, submenu: str = "") -> None:
    """Adds the actions of a menu, with a separator between groups.

    Args:
        menu: Gets the actions.
        actions: All actions.
        which: The menu whose actions are added.
        submenu: Title of a submenu of `which`, to add its actions alone; empty to add all actions
            and submenus.
    """
    groups: dict[QMenu, int] = {}
    inner: dict[str, QMenu] = {}

    def separate(target: QMenu, group: int) -> None:
        if groups.setdefault(target, group) != group:
            target.addSeparator()
            groups[target] = group

    for spec in sorted(actions, key=lambda spec: spec.group):
        if spec.menu is not which or spec.hidden or (submenu and spec.submenu != submenu):
            continue
        target = menu
        if spec.submenu != submenu:
            if spec.submenu not in inner:
                separate(menu, spec.group)
                inner[spec.submenu] = menu.addMenu(tr(spec.submenu))
            target = inner[spec.submenu]
        separate(target, spec.group)
        target.addAction(actions[spec.name])


def submenus(actions: ActionRegistry, parent: QWidget) -> list[QMenu]:
    """Makes a menu for each member of `Menu` that has actions."""
    used = {spec.menu for spec in actions if not spec.hidden}
    result = []
    for which in Menu:
        if which in used:
            menu = QMenu(tr(which.value), parent)
            fill_menu(menu, actions, which)
            result.append(menu)
    return result
