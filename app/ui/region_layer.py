"""Interactive layer of the regions: draws, selects, moves and resizes them by mouse or key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, Qt, Signal

from app.ui.layers import Layer
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

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from PySide6.QtGui import QFont, QKeyEvent, QPainter

    from app.ui.layers import Press, ToWidget

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
        start: The regions when the mouse was pressed.
        current: The regions as they were emitted last.
        pressed: Where the mouse was pressed.
        handle: Index of the dragged handle of the only region; None if they are moved.
        single: The region to select if the mouse is released without a drag; None for no change.
    """

    start: list[Region]
    current: list[Region]
    pressed: QPointF
    handle: int | None
    single: Region | None


@dataclass(slots=True)
class _Band:
    """A rectangle that selects what it touches, and what was selected before it."""

    first: QPointF
    second: QPointF
    before: tuple[Region, ...]


class RegionLayer(Layer):
    """Shows the regions, edits them, and draws new ones with a tool.

    A region is identified by the object, not by its index: an edit ends as soon as an edited
    region is no longer among the regions shown. Locked regions can be selected only.

    Signals:
        drawn: A new Region without a name.
        edited: Pairs of a Region of those shown and the Region that replaces it, a list; emitted
            during a drag.
        edit_finished: The mouse was released, or a key has changed regions.
        selected: The regions that the user selected, a tuple; the last one is the main one.
        menu_requested: Where to show the menu of the selected regions, a QPoint of the screen.
        tool_dropped: The tool is no longer selected.

    Attributes:
        picture_size: Width and height of the picture in pixels, by which keys move regions.
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
        """Shape that is drawn next; None where the mouse selects and edits."""
        return None if self._draft is None else self._draft.tool

    def show_regions(
        self, regions: Sequence[Region], shares: Sequence[float], selection: Sequence[Region]
    ) -> None:
        """Shows regions.

        Args:
            regions: The regions.
            shares: Their shares of the attention, 0..1; empty where unknown.
            selection: The selected ones of them.
        """
        self._regions, self._shares, self._selection = regions, shares, selection
        if self._edit is not None and not all(_among(regions, one) for one in self._edit.current):
            self._edit = None
        self.changed.emit()

    def select_tool(self, tool: Shape | None) -> None:
        """Selects the drawing tool, or none; ends an edit and discards an unfinished shape."""
        self._draft = None if tool is None else RegionDraft(tool)
        self._edit = self._band = None
        self.changed.emit()

    # -- mouse

    def press(self, press: Press) -> bool:
        """Draws with a tool; otherwise starts to resize, to move or a band, or selects."""
        if self._draft is not None:
            self._end_draft(self._draft.press(clamped(press.point), press.tolerance))
            return True
        handle = self._handle_at(press.point, press.tolerance)
        region = smallest_region_at(self._regions, press.point) if handle is None else self._main
        if region is None:
            return self._press_ground(press)
        single = None
        if press.extends and handle is None:
            rest = [one for one in self._selection if one is not region]
            chosen = rest if _among(self._selection, region) else [*rest, region]
            self.selected.emit(tuple(chosen))
            return True
        if _among(self._selection, region):
            single = region if len(self._selection) > 1 and handle is None else None
        else:
            self.selected.emit((region,))
        moving = [one for one in self._selection if not one.locked] if handle is None else [region]
        if region.locked:
            moving = []
        self._edit = _Edit(moving, list(moving), press.point, handle, single)
        return True

    def _press_ground(self, press: Press) -> bool:
        """Starts a band, unless a drag moves the picture; clears the selection."""
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
            added = [one for one in touched if not _among(band.before, one)]
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
        """Closes a polygon; uses a double click on a region, which must not open full screen."""
        if self._draft is None:
            return smallest_region_at(self._regions, point) is not None
        if self.tool is Shape.POLYGON:
            self._end_draft(self._draft.finish())
        return True

    def hover(self, point: QPointF, tolerance: QPointF) -> Qt.CursorShape | None:
        """Returns the cursor for what a press would do."""
        if self._draft is not None:
            self._draft.move(clamped(point))
            self.changed.emit()
            return Qt.CursorShape.CrossCursor
        resizing = self._edit is not None and self._edit.handle is not None
        if resizing or self._handle_at(point, tolerance) is not None:
            return Qt.CursorShape.PointingHandCursor
        under = smallest_region_at(self._regions, point)
        return None if under is None or under.locked else Qt.CursorShape.SizeAllCursor

    def context_menu(self, point: QPointF | None, place: QPoint) -> bool:
        """Selects the region under the mouse and asks for its menu."""
        region = self._main if point is None else smallest_region_at(self._regions, point)
        if region is None or self._draft is not None:
            return False
        if not _among(self._selection, region):
            self.selected.emit((region,))
        self.menu_requested.emit(place)
        return True

    # -- keyboard

    def claims(self, event: QKeyEvent) -> bool:
        """Claims the keys of a tool; without one, arrows and Escape while a region is selected."""
        key = event.key()
        if self._draft is not None:
            return key in {Qt.Key.Key_Escape, Qt.Key.Key_Backspace} | _ENTER
        if key in _ARROWS and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            return any(not one.locked for one in self._selection)
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
        before = [one for one in self._selection if not one.locked]
        if modifiers & Qt.KeyboardModifier.AltModifier:
            after = [grown(one, dx, dy) for one in before]
        else:
            after = moved_together(before, dx, dy)
        self.edited.emit(list(zip(before, after, strict=True)))
        self.edit_finished.emit()

    # -- helpers

    @property
    def _main(self) -> Region | None:
        return self._selection[-1] if self._selection else None

    def _end_draft(self, region: Region | None) -> None:
        """Drops the tool and emits what was drawn, if it is complete."""
        if region is None:
            self.changed.emit()
        else:
            self._drop_tool()
            self.drawn.emit(region)

    def _drop_tool(self) -> None:
        self.select_tool(None)
        self.tool_dropped.emit()

    def _handle_at(self, point: QPointF, tolerance: QPointF) -> int | None:
        """The handle under the mouse of the only selected region."""
        if self._main is None or len(self._selection) > 1 or self._main.locked:
            return None
        found = enumerate(handles(self._main))
        position = point.x(), point.y()
        return next((index for index, one in found if near(position, one, tolerance)), None)

    # -- painting

    def paint(self, painter: QPainter, to_widget: ToWidget) -> None:
        """Paints outlines, then labels, then what is being drawn."""
        paint = RegionPainter(painter, to_widget, self._font)
        only = len(self._selection) == 1
        for index, region in enumerate(self._regions):
            chosen = _among(self._selection, region)
            paint.paint_outline(region, index, selected=chosen, handles_shown=chosen and only)
        for index, region in enumerate(self._regions):
            share = self._shares[index] if index < len(self._shares) else None
            paint.paint_label(region, index, share)
        if self._draft is not None:
            paint.paint_draft(self._draft.tool, self._draft.outline, len(self._regions))
        elif self._band is not None:
            paint.paint_band(clamped(self._band.first), clamped(self._band.second))


def _among(regions: Iterable[Region], region: Region) -> bool:
    return any(one is region for one in regions)
