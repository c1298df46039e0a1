"""The button that shows the current view and opens the list of views."""

from __future__ import annotations

from PySide6.QtWidgets import QMenu, QWidget

from app.shell.actions import ActionRegistry, Menu
from app.shell.menus import fill_menu
from app.ui.controls import IconButton
from app.ui.i18n import tr


class CompareButton(IconButton):
    """Lists the actions of the submenu Compare.

    Args:
        actions: All actions.
    """

    def __init__(self, actions: ActionRegistry, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._actions = actions
        self.setAccessibleName(tr("Compare"))
        self.setToolTip(tr("Compare two models"))
        menu = QMenu(self)
        menu.aboutToShow.connect(self._fill)
        self.setMenu(menu)
        self.setPopupMode(IconButton.ToolButtonPopupMode.InstantPopup)

    def _fill(self) -> None:
        self.menu().clear()
        fill_menu(self.menu(), self._actions, Menu.VIEW, "Compare")
