"""The regions of a comparison of designs: their list, and the actions that change them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from app.shell.actions import ActionRegistry
from app.shell.region_editor import RegionEditor
from app.shell.region_menu import ask_color
from app.shell.undo import UndoStack
from app.ui.banner import Banner
from app.ui.region_layer import RegionLayer
from uvanet.analysis import Region, Shape


class DesignRegions(RegionEditor):
    """The regions of both designs.

    Args:
        regions: The regions at the start.
        messages: See `RegionEditor`.
        undo: See `RegionEditor`.
        layers: See `RegionEditor`.
        parent: See `RegionEditor`.

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
    """Makes the region actions of a window, with the texts, icons and keys of the main window.

    Args:
        window: Gets the actions.
        regions: The regions that the actions change.
        undo: The undo stack of the window.
        registry: The actions of the main window; actions that it lacks are not made.
        draw: Selects a drawing tool; deselects the selected one.
        rename: Starts editing the name of the selected region.

    Returns:
        The actions by name.
    """
    callbacks: dict[str, Callable[[], object]] = {
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
    actions = {}
    for name, callback in callbacks.items():
        if name in registry:
            original = registry[name]
            action = actions[name] = QAction(original.icon(), original.text(), window)
            action.setShortcuts(original.shortcuts())
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            action.triggered.connect(lambda _=False, callback=callback: callback())
    window.addActions(list(actions.values()))
    return actions
