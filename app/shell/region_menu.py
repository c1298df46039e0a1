"""The context menu of the selected regions, and the dialog for their color."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QPoint
from PySide6.QtGui import QAction, QColor, QIcon, QPixmap
from PySide6.QtWidgets import QColorDialog, QMenu, QWidget

from app.shell.actions import ActionRegistry
from app.shell.region_editor import RegionEditor
from app.ui.i18n import tr, tr_noop
from uvanet.video.layers import REGION_COLORS, color_of

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
_COLORS = ("color_region",)
_BELOW = ("lock_region", "delete_region")


def show_region_menu(
    parent: QWidget,
    regions: RegionEditor,
    actions: Mapping[str, QAction] | ActionRegistry,
    place: QPoint,
) -> None:
    """Shows the menu of the selected regions.

    Args:
        parent: Window of the menu.
        regions: The regions.
        actions: The actions of regions by name; missing ones are left out of the menu.
        place: Position of the menu in global pixels.
    """
    menu = QMenu(parent)
    menu.aboutToHide.connect(menu.deleteLater)
    menu.addActions([actions[name] for name in _ABOVE if name in actions])
    colors = menu.addMenu(tr("Color"))
    for name, color in zip(_COLOR_NAMES, REGION_COLORS, strict=True):
        _add_color(colors, regions, _swatch(color), tr(name), color)
    _add_color(colors, regions, QIcon(), tr("Color by place in the list"), None)
    colors.addSeparator()
    colors.addActions([actions[name] for name in _COLORS if name in actions])
    menu.addActions([actions[name] for name in _BELOW if name in actions])
    menu.popup(place)


def ask_color(parent: QWidget, regions: RegionEditor) -> None:
    """Asks for the color of the selected regions."""
    selection = regions.chosen()
    if not selection:
        return
    main = selection[-1]
    dialog = QColorDialog(QColor(color_of(main, regions.all.index(main))))
    dialog.setParent(parent, dialog.windowFlags())
    dialog.setWindowTitle(tr("Color of the region"))
    dialog.colorSelected.connect(lambda color: regions.set_color(regions.selection, color.name()))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()


def _add_color(
    menu: QMenu, regions: RegionEditor, icon: QIcon, text: str, color: str | None
) -> None:
    entry = menu.addAction(icon, text)
    entry.setIconVisibleInMenu(True)
    entry.triggered.connect(lambda: regions.set_color(regions.selection, color))


def _swatch(color: str) -> QIcon:
    pixmap = QPixmap(_SWATCH, _SWATCH)
    pixmap.fill(QColor(color))
    return QIcon(pixmap)
