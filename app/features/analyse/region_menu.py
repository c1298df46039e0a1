"""The menu of the selected regions, which a right click on one of them opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QMenu

from app.ui.i18n import tr, tr_noop
from uvanet.video.layers import REGION_COLORS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtCore import QPoint

    from app.features.analyse.regions import Regions
    from app.shell.context import FeatureContext

_SWATCH = 14  # pixels
_COLOR_NAMES = (
    tr_noop("Blue"),
    tr_noop("Orange"),
    tr_noop("Green"),
    tr_noop("Pink"),
    tr_noop("Yellow"),
    tr_noop("Red"),
)
_ABOVE = ("rename_region", "duplicate_region")
_BELOW = ("lock_region", "delete_region")


def show_region_menu(
    context: FeatureContext, regions: Regions, other_color: str, place: QPoint
) -> None:
    """Shows the menu of the selected regions.

    Args:
        context: The parts of the program.
        regions: The regions.
        other_color: Name of the action that asks for a color.
        place: Where, in pixels of the screen.
    """
    menu = QMenu(context.slots.window)
    menu.aboutToHide.connect(menu.deleteLater)
    _add(menu, context, _ABOVE)
    colors = menu.addMenu(tr("Color"))
    for name, color in zip(_COLOR_NAMES, REGION_COLORS, strict=True):
        _add_color(colors, regions, _swatch(color), tr(name), color)
    _add_color(colors, regions, QIcon(), tr("Color by place in the list"), None)
    colors.addSeparator()
    _add(colors, context, (other_color,))
    _add(menu, context, _BELOW)
    menu.popup(place)


def _add(menu: QMenu, context: FeatureContext, names: Sequence[str]) -> None:
    menu.addActions([context.actions[name] for name in names])


def _add_color(menu: QMenu, regions: Regions, icon: QIcon, text: str, color: str | None) -> None:
    entry = menu.addAction(icon, text)
    entry.setIconVisibleInMenu(True)
    entry.triggered.connect(lambda: regions.set_color(regions.selection, color))


def _swatch(color: str) -> QIcon:
    pixmap = QPixmap(_SWATCH, _SWATCH)
    pixmap.fill(QColor(color))
    return QIcon(pixmap)
