"""Qt's actions and menus, made from the declarations in `app.shell.actions`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from app.shell.actions import Menu
from app.ui.i18n import tr
from app.ui.icons import icon

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from app.shell.actions import ActionContext, ActionSpec


class ActionSet:
    """The window's actions by name.

    Args:
        window: Gets the actions, so that their shortcuts work wherever the focus is.
        specs: The actions.
    """

    def __init__(self, window: QWidget, specs: Iterable[ActionSpec]) -> None:
        self.specs = {spec.name: spec for spec in specs}
        self.by_name: dict[str, QAction] = {}
        groups: dict[str, QActionGroup] = {}
        for spec in self.specs.values():
            action = QAction(tr(spec.text), window)
            action.setObjectName(spec.name)
            action.setShortcuts([QKeySequence(keys) for keys in spec.keys])
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            action.setCheckable(spec.checkable)
            action.setMenuRole(
                QAction.MenuRole.QuitRole if spec.name == "quit" else QAction.MenuRole.NoRole
            )
            action.setToolTip(self.tip(tr(spec.text).removesuffix("…"), spec.name))
            if spec.choice:
                if spec.choice not in groups:
                    groups[spec.choice] = QActionGroup(window)
                groups[spec.choice].addAction(action)
            if spec.icon:
                action.setIcon(icon(spec.icon, on="accent" if spec.checkable else None))
            window.addAction(action)
            self.by_name[spec.name] = action

    def __getitem__(self, name: str) -> QAction:
        return self.by_name[name]

    def bind(self, specs: Iterable[ActionSpec], owner: object) -> None:
        """Lets methods of `owner` do actions.

        Args:
            specs: Which actions.
            owner: Has a method for each action's name; a checkable action's method gets the new
                state.
        """
        for spec in specs:
            run = getattr(owner, spec.name)
            slot = _with_state(run) if spec.checkable else _without_state(run)
            self.by_name[spec.name].triggered.connect(slot)

    def tip(self, text: str, *names: str) -> str:
        """A tooltip with the shortcuts of the actions it stands for."""
        keys = [
            QKeySequence(self.specs[name].keys[0]).toString(QKeySequence.SequenceFormat.NativeText)
            for name in names
            if self.specs[name].keys
        ]
        return f"{text} ({', '.join(keys)})" if keys else text

    def update(self, situation: ActionContext) -> None:
        """Allows what makes sense now."""
        for spec in self.specs.values():
            self.by_name[spec.name].setEnabled(spec.available(situation))

    def set_checked(self, name: str, checked: bool) -> None:
        """Shows a state without acting on it."""
        self.by_name[name].setChecked(checked)

    def set_playing(self, playing: bool) -> None:
        """Shows what the play button would do."""
        self.by_name["play_pause"].setIcon(icon("pause" if playing else "play"))

    def fill(self, menu: QMenu, which: Menu) -> None:
        """Puts the actions of a menu into `menu`, a line between groups."""
        group = None
        # Those of features come after the window's own, and may belong to a group above.
        for spec in sorted(self.specs.values(), key=lambda spec: spec.group):
            if spec.menu is not which or spec.hidden:
                continue
            if group is not None and spec.group != group:
                menu.addSeparator()
            group = spec.group
            menu.addAction(self.by_name[spec.name])

    def menus(self) -> list[Menu]:
        """The menus that have actions."""
        used = {spec.menu for spec in self.specs.values() if not spec.hidden}
        return [which for which in Menu if which in used]

    def submenus(self, parent: QWidget) -> list[QMenu]:
        """Makes one menu for each of `Menu` that has actions."""
        result = []
        for which in self.menus():
            menu = QMenu(tr(which.value), parent)
            menu.setToolTipsVisible(False)
            self.fill(menu, which)
            result.append(menu)
        return result


def _with_state(run: Callable[[bool], None]) -> Callable[[bool], None]:
    def act(checked: bool = False) -> None:
        run(checked)

    return act


def _without_state(run: Callable[[], None]) -> Callable[[bool], None]:
    def act(_: bool = False) -> None:
        run()

    return act
