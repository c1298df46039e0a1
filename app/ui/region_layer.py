"""The interactive layer of regions: draws, selects, moves and resizes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QPainter

from app.ui.layers import Layer, Press, ToWidget
from app.ui.region_draft import RegionDraft
from app.ui.region_geometry import (
    clamped,
    grown,
    handles,
    moved_together,
    near,
    regions_in,
    resized,
    smallest_region_at,
)
from app.ui.region_painter import RegionPainter
from uvanet.analysis.regions import Region, Shape

_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_LONG_STEP = 10  # pixels of the picture, with Shift
_ENTER = {Qt.Key.Key_Return, Qt.Key.Key_Enter}


@dataclass(slots=True)
class _Edit:
    """Regions that are being dragged.

    Attributes:
        start: The regions at the press of the mouse.
        current: The regions that were emitted last.
        pressed: Position of the press.
        handle: Index of the handle that resizes the only region; None to move the regions.
        single: The region to select on a release without a drag; None for no change.
    """

    start: list[Region]
    current: list[Region]
    pressed: QPointF
    handle: int | None
    single: Region | None


@dataclass(slots=True)
class _Band:
    """A rectangle that adds the regions that it touches to the previous selection."""

    first: QPointF
    second: QPointF
    before: tuple[Region, ...]


class RegionLayer(Layer):
    """Shows the regions, edits them, and draws new ones with a tool.

    Regions are compared by identity. An edit ends when an edited region is not among the shown
    regions any more. Locked regions can only be selected.

    Signals:
        drawn: A new Region without a name.
        edited: A list of pairs: a shown Region, and the Region that replaces it. Emitted during a
            drag, too.
        edit_finished: The mouse was released, or a key has changed regions.
        selected: A tuple of the selected Regions; the last one is the main one.
        menu_requested: A QPoint of the screen at which to show the menu of the selected regions.
        tool_dropped: The layer has deselected the tool.

    Attributes:
        picture_size: Width and height of the picture, pixels; keys move regions by pixels.
    """

    drawn = Signal(object)
    edited = Signal(object)
    edit_finished = Signal()
    selected = Signal(object)
    menu_requested = Signal(QPoint)
    tool_dropped = Signal()

    def __init__(self, font: QFont) -> None:
        super().__init__()
        self._font = font
        self._regions: Sequence[Region] = ()
        self._shares: Sequence[float] = ()
        self._selection: Sequence[Region] = ()
        self.picture_size = (1000, 1000)
        self._draft: RegionDraft | None = None
        self._edit: _Edit | None = None
        self._band: _Band | None = None

    @property
    def tool(self) -> Shape | None:
        """Shape of the drawing tool; None if the mouse selects and edits."""
        return None if self._draft is None else self._draft.tool

    def show_regions(
        self, regions: Sequence[Region], shares: Sequence[float], selection: Sequence[Region]
    ) -> None:
        """Shows regions.

        Args:
            regions: The regions.
            shares: Share of the attention in each region, 0..1; empty if unknown.
            selection: The selected regions.
        """
        self._regions, self._shares, self._selection = regions, shares, selection
        if self._edit is not None and not all(
            _among(regions, edited) for edited in self._edit.current
        ):
            self._edit = None
        self.changed.emit()

    def select_tool(self, tool: Shape | None) -> None:
        """Selects the drawing tool, or none; ends an edit and discards an unfinished shape."""
        self._draft = None if tool is None else RegionDraft(tool)
        self._edit = self._band = None
        self.changed.emit()

    # -- mouse

    def press(self, press: Press) -> bool:
        """Draws with a tool. Without one, selects, and starts to move, to resize or a band."""
        if self._draft is not None:
            self._end_draft(self._draft.press(clamped(press.point), press.tolerance))
            return True
        handle = self._handle_at(press.point, press.tolerance)
        region = smallest_region_at(self._regions, press.point) if handle is None else self._main
        if region is None:
            return self._press_background(press)
        single = None
        if press.extends and handle is None:
            rest = [other for other in self._selection if other is not region]
            chosen = rest if _among(self._selection, region) else [*rest, region]
            self.selected.emit(tuple(chosen))
            return True
        if _among(self._selection, region):
            single = region if len(self._selection) > 1 and handle is None else None
        else:
            self.selected.emit((region,))
        moving = (
            [region for region in self._selection if not region.locked]
            if handle is None
            else [region]
        )
        if region.locked:
            moving = []
        self._edit = _Edit(moving, list(moving), press.point, handle, single)
        return True

    def _press_background(self, press: Press) -> bool:
        """Clears the selection, and starts a band unless a drag moves the picture."""
        before = tuple(self._selection) if press.extends else ()
        if before != tuple(self._selection):
            self.selected.emit(before)
        if press.pans and not press.extends:
            return False
        self._band = _Band(press.point, press.point, before)
        return True

    def drag(self, point: QPointF) -> None:
        """Continues a rectangle or an ellipse, an edit, or a band."""
        edit, band = self._edit, self._band
        if self._draft is not None:
            self._draft.drag(clamped(point))
            self.changed.emit()
        elif edit is not None and edit.current:
            before = edit.current
            if edit.handle is None:
                delta = point - edit.pressed
                edit.current = moved_together(edit.start, delta.x(), delta.y())
            else:
                edit.current = [resized(edit.start[0], edit.handle, *clamped(point))]
            edit.single = None
            self.edited.emit(list(zip(before, edit.current, strict=True)))
        elif band is not None:
            band.second = point
            touched = regions_in(self._regions, clamped(band.first), clamped(point))
            added = [region for region in touched if not _among(band.before, region)]
            self.selected.emit((*band.before, *added))

    def release(self, point: QPointF) -> None:
        """Ends the drag."""
        edit, self._edit, self._band = self._edit, None, None
        if self._draft is not None:
            self._end_draft(self._draft.release(clamped(point)))
        elif edit is not None and edit.single is not None:
            self.selected.emit((edit.single,))
        elif edit is not None:
            self.edit_finished.emit()
        self.changed.emit()

    def double_click(self, point: QPointF) -> bool:
        """Closes a polygon. Uses a double click on a region, so that it opens no full screen."""
        if self._draft is None:
            return smallest_region_at(self._regions, point) is not None
        if self.tool is Shape.POLYGON:
            self._end_draft(self._draft.finish())
        return True

    def hover(self, point: QPointF, tolerance: QPointF) -> Qt.CursorShape | None:
        """Returns the cursor of the action that a press would start."""
        if self._draft is not None:
            self._draft.move(clamped(point))
            self.changed.emit()
            return Qt.CursorShape.CrossCursor
        resizing = self._edit is not None and self._edit.handle is not None
        if resizing or self._handle_at(point, tolerance) is not None:
            return Qt.CursorShape.PointingHandCursor
        under = smallest_region_at(self._regions, point)
        return None if under is None or under.locked else Qt.CursorShape.SizeAllCursor

    def context_menu(self, point: QPointF | None, position: QPoint) -> bool:
        """Selects the region under the mouse and requests its menu."""
        region = self._main if point is None else smallest_region_at(self._regions, point)
        if region is None or self._draft is not None:
            return False
        if not _among(self._selection, region):
            self.selected.emit((region,))
        self.menu_requested.emit(position)
        return True

    # -- keyboard

    def claims(self, event: QKeyEvent) -> bool:
        """Claims the keys of a tool; without one, arrows and Escape while a region is selected."""
        key = event.key()
        if self._draft is not None:
            return key in {Qt.Key.Key_Escape, Qt.Key.Key_Backspace} | _ENTER
        if key in _ARROWS and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            return any(not region.locked for region in self._selection)
        return key == Qt.Key.Key_Escape and bool(self._selection)

    def key(self, event: QKeyEvent) -> bool:
        """Handles the keys of `claims`."""
        if not self.claims(event):
            return False
        key = Qt.Key(event.key())
        if self._draft is None:
            if key in _ARROWS:
                self._change_by_key(key, event.modifiers())
            else:
                self.selected.emit(())
        elif key == Qt.Key.Key_Escape:
            self._drop_tool()
        elif key == Qt.Key.Key_Backspace:
            self._draft.remove_corner()
            self.changed.emit()
        else:
            self._end_draft(self._draft.finish(by_key=True))
        return True

    def _change_by_key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> None:
        """Moves the selected regions by pixels of the picture, or resizes them with Alt."""
        step = _LONG_STEP if modifiers & Qt.KeyboardModifier.ShiftModifier else 1
        right, down = _ARROWS[key]
        dx, dy = right * step / self.picture_size[0], down * step / self.picture_size[1]
        before = [region for region in self._selection if not region.locked]
        if modifiers & Qt.KeyboardModifier.AltModifier:
            after = [grown(region, dx, dy) for region in before]
        else:
            after = moved_together(before, dx, dy)
        self.edited.emit(list(zip(before, after, strict=True)))
        self.edit_finished.emit()

    # -- helpers

    @property
    def _main(self) -> Region | None:
        return self._selection[-1] if self._selection else None

    def _end_draft(self, region: Region | None) -> None:
        """Deselects the tool and emits the region, if it is complete."""
        if region is None:
            self.changed.emit()
        else:
            self._drop_tool()
            self.drawn.emit(region)

    def _drop_tool(self) -> None:
        self.select_tool(None)
        self.tool_dropped.emit()

    def _handle_at(self, point: QPointF, tolerance: QPointF) -> int | None:
        """Returns the index of the handle under the mouse; None without one."""
        if self._main is None or len(self._selection) > 1 or self._main.locked:
            return None
        position = point.x(), point.y()
        hits = (near(position, handle, tolerance) for handle in handles(self._main))
        return next((index for index, hit in enumerate(hits) if hit), None)

    # -- painting

    def paint(self, painter: QPainter, to_widget: ToWidget) -> None:
        """Paints outlines, then labels, then an unfinished shape or band."""
        paint = RegionPainter(painter, to_widget, self._font)
        only = len(self._selection) == 1
        for index, region in enumerate(self._regions):
            chosen = _among(self._selection, region)
            paint.paint_outline(region, index, selected=chosen, handles_shown=chosen and only)
        paint.paint_labels(self._regions, self._shares)
        if self._draft is not None:
            paint.paint_draft(self._draft.tool, self._draft.outline, len(self._regions))
        elif self._band is not None:
            paint.paint_band(clamped(self._band.first), clamped(self._band.second))


def _among(regions: Iterable[Region], region: Region) -> bool:
    return any(other is region for other in regions)
