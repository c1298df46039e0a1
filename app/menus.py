"""Qt's actions and menus, made from the table in `app.actions`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from app.actions import ACTIONS, Menu
from app.i18n import tr
from app.icons import icon

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.actions import Situation
    from app.theme import Tokens


class ActionSet:
    """The window's actions by name.

    Args:
        window: Gets the actions, so that their shortcuts work wherever the focus is.
        commands: Has a method for each action's name; a checkable action's method gets the
            new state.
    """

    def __init__(self, window: QWidget, commands: object) -> None:
        self.by_name: dict[str, QAction] = {}
        groups: dict[str, QActionGroup] = {}
        for spec in ACTIONS:
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
            run = getattr(commands, spec.name)
            action.triggered.connect(_with_state(run) if spec.checkable else _without_state(run))
            window.addAction(action)
            self.by_name[spec.name] = action

    def __getitem__(self, name: str) -> QAction:
        return self.by_name[name]

    @staticmethod
    def tip(text: str, *names: str) -> str:
        """A tooltip with the shortcuts of the actions it stands for."""
        by_name = {spec.name: spec for spec in ACTIONS}
        keys = [
            QKeySequence(by_name[name].keys[0]).toString(QKeySequence.SequenceFormat.NativeText)
            for name in names
            if by_name[name].keys
        ]
        return f"{text} ({', '.join(keys)})" if keys else text

    def update(self, situation: Situation) -> None:
        """Allows what makes sense now."""
        for spec in ACTIONS:
            self.by_name[spec.name].setEnabled(spec.available(situation))

    def set_checked(self, name: str, checked: bool) -> None:
        """Shows a state without acting on it."""
        self.by_name[name].setChecked(checked)

    def set_tokens(self, tokens: Tokens, *, playing: bool) -> None:
        """Draws the icons in the colours of a theme."""
        for spec in ACTIONS:
            if spec.icon:
                on = tokens.accent if spec.checkable else None
                self.by_name[spec.name].setIcon(icon(spec.icon, tokens.text, tokens.faint, on))
        self._play = icon("play", tokens.text, tokens.faint)
        self._pause = icon("pause", tokens.text, tokens.faint)
        self.set_playing(playing)

    def set_playing(self, playing: bool) -> None:
        """Shows what the play button would do."""
        self.by_name["play_pause"].setIcon(self._pause if playing else self._play)

    def fill(self, menu: QMenu, which: Menu) -> None:
        """Puts the actions of a menu into `menu`, a line between groups."""
        group = None
        for spec in ACTIONS:
            if spec.menu is not which or spec.hidden:
                continue
            if group is not None and spec.group != group:
                menu.addSeparator()
            group = spec.group
            menu.addAction(self.by_name[spec.name])

    def submenus(self, parent: QWidget) -> list[QMenu]:
        """Makes one menu for each of `Menu`."""
        result = []
        for which in Menu:
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
