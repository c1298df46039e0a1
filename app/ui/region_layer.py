"""Interactive layer of the regions: draws, selects, moves and resizes them by mouse or key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt, Signal

from app.ui.layers import Layer
from app.ui.region_geometry import (
    clamped,
    grown,
    handles,
    near,
    resized,
    smallest_region_at,
)
from app.ui.region_painter import RegionPainter
from uvanet.analysis.regions import Region, Shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QFont, QKeyEvent, QPainter

    from app.ui.layers import ToWidget
    from app.ui.region_geometry import Point

_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_STEP = 0.01  # by which an arrow key moves or resizes
_ENTER = {Qt.Key.Key_Return, Qt.Key.Key_Enter}
_DEFAULT_BOX = ((0.35, 0.35), (0.65, 0.65))
_DEFAULT_POLYGON = ((0.5, 0.35), (0.65, 0.5), (0.5, 0.65), (0.35, 0.5))


@dataclass(slots=True)
class _Edit:
    """A region that is being dragged.

    Attributes:
        start: The region when the mouse was pressed.
        region: The region as it was emitted last.
        pressed: Where the mouse was pressed.
        handle: Index of the dragged handle; None if the whole region is moved.
    """

    start: Region
    region: Region
    pressed: QPointF
    handle: int | None


class RegionLayer(Layer):
    """Shows the regions, edits them, and draws new ones with a tool.

    A region is identified by the object, not by its index: an edit ends as soon as the edited
    region is no longer among the regions shown.

    Signals:
        drawn: A new Region without a name.
        edited: A Region of those shown, and the Region that replaces it; emitted during a drag.
        edit_finished: The mouse was released, or a key has changed a region.
        region_clicked: The Region under the mouse; None where there is none.
        tool_dropped: The tool is no longer selected.

    Attributes:
        tool: Shape that is drawn next; None where the mouse selects and edits.
    """

    drawn = Signal(object)
    edited = Signal(object, object)
    edit_finished = Signal()
    region_clicked = Signal(object)
    tool_dropped = Signal()

    def __init__(self, font: QFont) -> None:
        super().__init__()
        self._font = font
        self._regions: Sequence[Region] = ()
        self._shares: Sequence[float] = ()
        self._selected: Region | None = None
        self.tool: Shape | None = None
        self._draft: list[Point] = []  # corners of the shape that is being drawn
        self._pointer: Point | None = None
        self._edit: _Edit | None = None

    def show_regions(
        self, regions: Sequence[Region], shares: Sequence[float], selected: Region | None
    ) -> None:
        """Shows regions.

        Args:
            regions: The regions.
            shares: Their shares of the attention, 0..1; empty where unknown.
            selected: The selected region, one of `regions`; None for none.
        """
        self._regions, self._shares, self._selected = regions, shares, selected
        edit = self._edit
        if edit is not None and not any(region is edit.region for region in regions):
            self._edit = None
        self.changed.emit()

    def select_tool(self, tool: Shape | None) -> None:
        """Selects the drawing tool, or none; ends an edit and discards an unfinished shape."""
        self.tool = tool
        self._draft, self._pointer, self._edit = [], None, None
        self.changed.emit()

    # -- mouse

    def press(self, point: QPointF, tolerance: QPointF) -> bool:
        """Draws with a tool; otherwise starts to resize or to move, or selects."""
        corner = clamped(point)
        if self.tool is Shape.POLYGON:
            self._add_corner(corner, tolerance)
            return True
        if self.tool is not None:
            self._draft = [corner, corner]
            return True
        handle = self._handle_at(point, tolerance)
        region = smallest_region_at(self._regions, point) if handle is None else self._selected
        if region is not self._selected:
            self.region_clicked.emit(region)
        self._edit = None if region is None else _Edit(region, region, point, handle)
        return region is not None

    def drag(self, point: QPointF) -> None:
        """Continues a rectangle or an ellipse, or an edit."""
        corner, edit = clamped(point), self._edit
        if self._drawing_box:
            self._draft[1] = corner
            self.changed.emit()
        elif edit is not None:
            before = edit.region
            if edit.handle is None:
                delta = point - edit.pressed
                edit.region = edit.start.moved(delta.x(), delta.y())
            else:
                edit.region = resized(edit.start, edit.handle, *corner)
            self.edited.emit(before, edit.region)

    def release(self, point: QPointF) -> None:
        """Ends the drag."""
        edit, self._edit = self._edit, None
        if self._drawing_box:
            self._draft[1] = clamped(point)
            self._finish_draft()
        elif edit is not None:
            self.edit_finished.emit()

    def double_click(self, point: QPointF) -> bool:
        """Closes a polygon; uses a double click on a region, which must not open full screen."""
        if self.tool is None:
            return smallest_region_at(self._regions, point) is not None
        if self.tool is Shape.POLYGON:
            self._finish_draft()
        return True

    def hover(self, point: QPointF, tolerance: QPointF) -> Qt.CursorShape | None:
        """Returns the cursor for what a press would do."""
        if self.tool is not None:
            self._pointer = clamped(point)
            if self.tool is Shape.POLYGON and self._draft:
                self.changed.emit()
            return Qt.CursorShape.CrossCursor
        resizing = self._edit is not None and self._edit.handle is not None
        if resizing or self._handle_at(point, tolerance) is not None:
            return Qt.CursorShape.PointingHandCursor
        under = smallest_region_at(self._regions, point)
        return None if under is None else Qt.CursorShape.SizeAllCursor

    # -- keyboard

    def claims(self, event: QKeyEvent) -> bool:
        """Claims Escape, Enter and Backspace with a tool, Alt and an arrow without one."""
        key = event.key()
        if self.tool is not None:
            return key in {Qt.Key.Key_Escape, Qt.Key.Key_Backspace} | _ENTER
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        return alt and key in _ARROWS and self._selected is not None

    def key(self, event: QKeyEvent) -> bool:
        """Handles the keys of `claims`."""
        if not self.claims(event):
            return False
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Escape:
            self._drop_tool()
        elif key == Qt.Key.Key_Backspace:
            self._draft = self._draft[:-1]
            self.changed.emit()
        elif key in _ENTER:
            self._draw_by_key()
        elif self._selected is not None:
            region, (dx, dy) = self._selected, (step * _STEP for step in _ARROWS[key])
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.edited.emit(region, grown(region, dx, dy) if shift else region.moved(dx, dy))
            self.edit_finished.emit()
        return True

    def _draw_by_key(self) -> None:
        """Closes the polygon that is being drawn, or draws a shape of a default size."""
        if not self._draft:
            default = _DEFAULT_POLYGON if self.tool is Shape.POLYGON else _DEFAULT_BOX
            self._draft = list(default)
        self._finish_draft()

    # -- drawing

    @property
    def _drawing_box(self) -> bool:
        return bool(self._draft) and self.tool is not Shape.POLYGON

    def _add_corner(self, corner: Point, tolerance: QPointF) -> None:
        if len(self._draft) >= 3 and near(corner, self._draft[0], tolerance):
            self._finish_draft()
        elif not self._draft or corner != self._draft[-1]:
            self._draft.append(corner)
            self.changed.emit()

    def _finish_draft(self) -> None:
        """Emits the drawn shape and drops the tool; a shape without a size is discarded."""
        tool, points = self.tool, tuple(self._draft)
        if tool is None or (tool is Shape.POLYGON and len(points) < 3):
            return
        self._draft = []
        region = Region("", tool, points)
        if region.solid:
            self._drop_tool()
            self.drawn.emit(region)
        else:
            self.changed.emit()

    def _drop_tool(self) -> None:
        self.select_tool(None)
        self.tool_dropped.emit()

    def _handle_at(self, point: QPointF, tolerance: QPointF) -> int | None:
        if self._selected is None:
            return None
        found = enumerate(handles(self._selected))
        position = point.x(), point.y()
        return next((index for index, one in found if near(position, one, tolerance)), None)

    # -- painting

    def paint(self, painter: QPainter, to_widget: ToWidget) -> None:
        """Paints outlines, then labels, then the shape that is being drawn."""
        paint = RegionPainter(painter, to_widget, self._font)
        for index, region in enumerate(self._regions):
            paint.paint_outline(region, index, selected=region is self._selected)
        for index, region in enumerate(self._regions):
            share = self._shares[index] if index < len(self._shares) else None
            paint.paint_label(region, index, share)
        if self.tool is not None and self._draft:
            pointer = self._pointer if self.tool is Shape.POLYGON else None
            points = self._draft if pointer is None else [*self._draft, pointer]
            paint.paint_draft(self.tool, points, len(self._regions))
