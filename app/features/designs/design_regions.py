"""The regions of a comparison: their list, and their actions with the keys of the main window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction

from app.shell.region_editor import RegionEditor
from app.shell.region_menu import ask_color
from uvanet.analysis import Shape

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtWidgets import QWidget

    from app.shell.actions import ActionRegistry
    from app.shell.undo import UndoStack
    from app.ui.banner import Banner
    from app.ui.region_layer import RegionLayer
    from uvanet.analysis import Region


class DesignRegions(RegionEditor):
    """The regions of both designs.

    Args:
        regions: The first ones.
        messages: See `RegionEditor`.
        undo: See there.
        layers: See there.
        parent: See there.

    Signals:
        changed: The regions have changed.
    """

    changed = Signal()

    def __init__(
        self,
        regions: Sequence[Region],
        messages: Banner,
        undo: UndoStack,
        layers: Sequence[RegionLayer],
        parent: QObject,
    ) -> None:
        super().__init__(messages, undo, layers, parent)
        self._all = tuple(regions)

    @property
    def all(self) -> tuple[Region, ...]:
        """The regions."""
        return self._all

    def put(self, regions: Sequence[Region], *, finished: bool = True) -> None:
        """Sets the regions."""
        del finished
        self._all = tuple(regions)
        self.changed.emit()


def region_actions(
    window: QWidget,
    regions: DesignRegions,
    undo: UndoStack,
    registry: ActionRegistry,
    *,
    draw: Callable[[Shape], None],
    rename: Callable[[], None],
) -> dict[str, QAction]:
    """Makes the actions of regions in a window, with texts, icons and keys of the main window.

    Args:
        window: Gets the actions.
        regions: What they change.
        undo: The undo stack of the window.
        registry: The actions of the main window; what it lacks is left out.
        draw: Selects the drawing tool, or none where it is selected.
        rename: Starts editing the name of the selected region.

    Returns:
        The actions by their names.
    """
    does: dict[str, Callable[[], object]] = {
        "region_rectangle": lambda: draw(Shape.RECTANGLE),
        "region_ellipse": lambda: draw(Shape.ELLIPSE),
        "region_polygon": lambda: draw(Shape.POLYGON),
        "select_regions": lambda: regions.select(regions.all),
        "rename_region": rename,
        "duplicate_region": lambda: regions.duplicate(regions.chosen()),
        "color_region": lambda: ask_color(window, regions),
        "lock_region": lambda: regions.toggle_lock(regions.chosen()),
        "delete_region": lambda: regions.remove(regions.chosen()),
        "clear_regions": regions.clear,
        "undo": undo.undo,
        "redo": undo.redo,
    }
    made = {}
    for name, act in does.items():
        if name in registry:
            like = registry[name]
            made[name] = QAction(like.icon(), like.text(), window)
            made[name].setShortcuts(like.shortcuts())
            made[name].setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            made[name].triggered.connect(lambda _=False, act=act: act())
    window.addActions(list(made.values()))
    return made
