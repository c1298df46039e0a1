"""The button that shows the view of now and opens the list of views."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMenu, QWidget

from app.ui.controls import IconButton
from app.ui.i18n import tr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QAction


class CompareButton(IconButton):
    """Chooses the view.

    Args:
        views: One action a view.
        more: What belongs to them.
    """

    def __init__(
        self, views: Sequence[QAction], more: Sequence[QAction], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent=parent)
        self.setAccessibleName(tr("Compare"))
        self.setToolTip(tr("Compare: views and models"))
        menu = QMenu(self)
        menu.addActions(list(views))
        menu.addSeparator()
        menu.addActions(list(more))
        self.setMenu(menu)
        self.setPopupMode(IconButton.ToolButtonPopupMode.InstantPopup)
