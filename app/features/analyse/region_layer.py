"""The layer that draws regions, and moves and resizes them with mouse or keyboard."""

from __future__ import annotations

import enum
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainterPath, QPen, QPolygonF

from app.ui.layers import Layer, paint_pill
from uvanet.analysis.regions import Region, Shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QKeyEvent, QPainter

    from app.ui.layers import ToWidget

# From the palette of Okabe and Ito, which color-blind people can tell apart.
COLORS = ("#56b4e9", "#e69f00", "#2bb58f", "#cc79a7", "#f0e442", "#d55e00")
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_NUDGE = 0.01
_ENTER = {Qt.Key.Key_Return, Qt.Key.Key_Enter}


class _Drag(enum.Enum):
    NONE = enum.auto()
    DRAW = enum.auto()
    MOVE = enum.auto()
    RESIZE = enum.auto()


class RegionLayer(Layer):
    """Paints the regions and lets the user draw, select, move and resize them.

    A drag ends when the dragged region is deleted, deselected or replaced meanwhile.

    Signals:
        drawn: The Shape and the points of a new region, ((x, y), ...), 0..1 of the picture.
        edited: Index and new Region, at each step of a drag.
        edit_finished: The drag ended; the region keeps its last index.
        selected: Index of the region that the user selected; -1 for none.
        tool_dropped: There is no drawing tool any more.
    """

    drawn = Signal(object, object)
    edited = Signal(int, object)
    edit_finished = Signal()
    selected = Signal(int)
    tool_dropped = Signal()

    def __init__(self, font: QFont) -> None:
        super().__init__()
        self._font = font
        self._regions: Sequence[Region] = ()
        self._shares: Sequence[float] = ()
        self._selected = -1
        self.tool: Shape | None = None
        self._draft: list[tuple[float, float]] = []
        self._pointer: tuple[float, float] | None = None
        self._drag = _Drag.NONE
        self._grip = -1
        self._from = (0.0, 0.0)
        self._before: Region | None = None  # as it was when the drag began
        self._dragged: Region | None = None  # as it was last reported

    def show_regions(
        self, regions: Sequence[Region], shares: Sequence[float], selected: int
    ) -> None:
        """Shows regions.

        Args:
            regions: The regions.
            shares: Their shares of the attention, 0..1; may be empty.
            selected: Index of the selected one; -1 for none.
        """
        self._regions, self._shares, self._selected = regions, shares, selected
        current = regions[selected] if 0 <= selected < len(regions) else None
        if self._drag in (_Drag.MOVE, _Drag.RESIZE) and current != self._dragged:
            self._drag = _Drag.NONE
            if self._dragged in regions:
                self.edit_finished.emit()
        self.changed.emit()

    def use_tool(self, tool: Shape | None) -> None:
        """Selects the drawing tool, or none."""
        self.tool = tool
        self._draft, self._pointer, self._drag = [], None, _Drag.NONE
        self.changed.emit()

    # -- mouse

    def press(self, point: QPointF, near: QPointF) -> bool:
        """Begins to draw, resize or move, or selects the region under the mouse."""
        at = _clamped(point)
        if self.tool is Shape.POLYGON:
            self._add_corner(at, near)
            return True
        if self.tool is not None:
            self._drag, self._draft = _Drag.DRAW, [at, at]
            return True
        grip = self._grip_at(point, near)
        if grip >= 0:
            self._drag, self._grip = _Drag.RESIZE, grip
            self._dragged = self._regions[self._selected]
            return True
        hit = self._region_at(point)
        if hit != self._selected:
            self.selected.emit(hit)
        if hit < 0:
            return False
        self._drag, self._from = _Drag.MOVE, (point.x(), point.y())
        self._before = self._dragged = self._regions[hit]
        return True

    def drag(self, point: QPointF) -> None:
        """Continues to draw, resize or move."""
        at = _clamped(point)
        if self._drag is _Drag.DRAW:
            self._draft[1] = at
            self.changed.emit()
        elif self._drag is _Drag.RESIZE and self._dragged is not None:
            self._report(_resized(self._dragged, self._grip, *at))
        elif self._drag is _Drag.MOVE and self._before is not None:
            dx, dy = point.x() - self._from[0], point.y() - self._from[1]
            self._report(self._before.moved(dx, dy))

    def _report(self, region: Region) -> None:
        self._dragged = region
        self.edited.emit(self._selected, region)

    def release(self, point: QPointF) -> None:
        """Ends drawing, resizing or moving."""
        drag, self._drag = self._drag, _Drag.NONE
        if drag is _Drag.DRAW and self.tool is not None:
            self._draft[1] = _clamped(point)
            draft = Region("", self.tool, tuple(self._draft))
            self._draft = []
            if draft.solid:
                self._finish(draft)
            self.changed.emit()
        elif drag in (_Drag.MOVE, _Drag.RESIZE):
            self.edit_finished.emit()

    def double_click(self, point: QPointF) -> bool:
        """Closes a polygon; on a region it does nothing, in index of opening the full screen."""
        if self.tool is Shape.POLYGON:
            self._close_polygon()
            return True
        return self.tool is not None or self._region_at(point) >= 0

    def hover(self, point: QPointF, near: QPointF) -> Qt.CursorShape | None:
        """Returns the cursor for what a press would do."""
        if self.tool is not None:
            self._pointer = _clamped(point)
            if self.tool is Shape.POLYGON and self._draft:
                self.changed.emit()
            return Qt.CursorShape.CrossCursor
        if self._drag is _Drag.RESIZE or self._grip_at(point, near) >= 0:
            return Qt.CursorShape.PointingHandCursor
        return Qt.CursorShape.SizeAllCursor if self._region_at(point) >= 0 else None

    # -- keys

    def claims(self, event: QKeyEvent) -> bool:
        """Whether a key is used: Escape, Enter, Backspace while drawing; else Alt with an arrow."""
        key = event.key()
        if self.tool is not None:
            return key in {Qt.Key.Key_Escape, Qt.Key.Key_Backspace} | _ENTER
        held = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        return held and key in _ARROWS and self._selected >= 0

    def key(self, event: QKeyEvent) -> bool:
        """Handles a key that `claims` accepts."""
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
        else:
            self._nudge(key, grow=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        return True

    def _draw_by_key(self) -> None:
        """Closes the polygon, or adds a shape in the middle of the picture."""
        if self.tool is Shape.POLYGON and self._draft:
            self._close_polygon()
        elif self.tool is Shape.POLYGON:
            corners = ((0.5, 0.35), (0.65, 0.5), (0.5, 0.65), (0.35, 0.5))
            self._finish(Region("", Shape.POLYGON, corners))
        elif self.tool is not None:
            self._finish(Region("", self.tool, ((0.35, 0.35), (0.65, 0.65))))

    def _nudge(self, key: Qt.Key, *, grow: bool) -> None:
        region = self._regions[self._selected]
        dx, dy = (step * _NUDGE for step in _ARROWS[key])
        if not grow:
            moved = region.moved(dx, dy)
        else:
            left, top, right, bottom = region.box
            wide = max(right - left + dx, _NUDGE) / max(right - left, 1e-6)
            high = max(bottom - top + dy, _NUDGE) / max(bottom - top, 1e-6)
            points = (
                (min(left + (x - left) * wide, 1.0), min(top + (y - top) * high, 1.0))
                for x, y in region.points
            )
            moved = replace(region, points=tuple(points))
        self.edited.emit(self._selected, moved)
        self.edit_finished.emit()

    # -- drawing

    def _add_corner(self, at: tuple[float, float], near: QPointF) -> None:
        if len(self._draft) >= 3 and _close(at, self._draft[0], near):
            self._close_polygon()
        elif not self._draft or at != self._draft[-1]:
            self._draft.append(at)
            self.changed.emit()

    def _close_polygon(self) -> None:
        if len(self._draft) >= 3:
            draft = Region("", Shape.POLYGON, tuple(self._draft))
            self._draft = []
            if draft.solid:
                self._finish(draft)

    def _finish(self, draft: Region) -> None:
        self._drop_tool()
        self.drawn.emit(draft.shape, draft.points)

    def _drop_tool(self) -> None:
        self.use_tool(None)
        self.tool_dropped.emit()

    # -- finding

    def _region_at(self, point: QPointF) -> int:
        """Index of the smallest region under a point, so that nested ones can be selected."""
        under = [
            (_area(region), index)
            for index, region in enumerate(self._regions)
            if region.contains(point.x(), point.y())
        ]
        return min(under)[1] if under else -1

    def _grip_at(self, point: QPointF, near: QPointF) -> int:
        if not 0 <= self._selected < len(self._regions):
            return -1
        at = point.x(), point.y()
        grips = enumerate(_grips(self._regions[self._selected]))
        return next((index for index, grip in grips if _close(at, grip, near)), -1)

    # -- painting

    def paint(self, painter: QPainter, to_widget: ToWidget) -> None:
        """Paints outlines and labels of the regions, and the grips of the selected one."""
        for index, region in enumerate(self._regions):
            self._paint_shape(painter, to_widget, region, index, selected=index == self._selected)
        for index, region in enumerate(self._regions):
            self._paint_label(painter, to_widget, region, index)
        if self.tool is None or not self._draft:
            return
        points = list(self._draft)
        if self.tool is Shape.POLYGON and self._pointer is not None:
            points.append(self._pointer)
        if len(points) > 1:
            shape = self.tool if len(points) > 2 or self.tool is not Shape.POLYGON else None
            path = outline(shape, points, to_widget)
            _stroke(painter, path, COLORS[len(self._regions) % len(COLORS)], 2.0)

    def _paint_shape(
        self, painter: QPainter, to_widget: ToWidget, region: Region, index: int, *, selected: bool
    ) -> None:
        color = COLORS[index % len(COLORS)]
        path = outline(region.shape, region.points, to_widget)
        _stroke(painter, path, color, 2.6 if selected else 1.8)
        if selected:
            painter.setPen(QPen(QColor(12, 14, 18), 1))
            painter.setBrush(QColor("#ffffff"))
            for x, y in _grips(region):
                painter.drawEllipse(to_widget(x, y), 4.5, 4.5)

    def _paint_label(
        self, painter: QPainter, to_widget: ToWidget, region: Region, index: int
    ) -> None:
        share = f"{self._shares[index]:.0%}" if index < len(self._shares) else ""
        left, top, _, _ = region.box
        corner, edge = to_widget(left, top), to_widget(0.0, 0.0)
        large = QFont(self._font)
        large.setPointSizeF(large.pointSizeF() * 1.12)
        painter.setFont(large)
        height = painter.fontMetrics().height() + 8
        above = corner.y() - height - 5
        y = above if above >= edge.y() else corner.y() + 5
        x = corner.x() if above >= edge.y() else corner.x() + 5
        color = COLORS[index % len(COLORS)]
        paint_pill(painter, large, x, y, region.name, color, share.replace("%", "\u2009%"))


def outline(
    shape: Shape | None, points: Sequence[tuple[float, float]], to_widget: ToWidget
) -> QPainterPath:
    """Returns the outline in the widget's coordinates; an open line where the shape is None."""
    path = QPainterPath()
    corners = [to_widget(x, y) for x, y in points]
    if shape in (Shape.RECTANGLE, Shape.ELLIPSE):
        box = QRectF(corners[0], corners[1]).normalized()
        if shape is Shape.RECTANGLE:
            path.addRoundedRect(box, 3, 3)
        else:
            path.addEllipse(box)
        return path
    path.addPolygon(QPolygonF(corners))
    if shape is Shape.POLYGON:
        path.closeSubpath()
    return path


def _stroke(painter: QPainter, path: QPainterPath, color: str, width: float) -> None:
    """Draws a line with a dark border, visible on dark and on bright pictures."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(0, 0, 0, 120), width + 2.4))
    painter.drawPath(path)
    painter.setPen(QPen(QColor(color), width))
    painter.drawPath(path)


def _grips(region: Region) -> list[tuple[float, float]]:
    if region.shape is Shape.POLYGON:
        return list(region.points)
    left, top, right, bottom = region.box
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _resized(region: Region, grip: int, x: float, y: float) -> Region:
    if region.shape is Shape.POLYGON:
        return region.with_corner(grip, x, y)
    corners = _grips(region)
    fixed = corners[(grip + 2) % 4]
    # A shape dragged through itself would have no size for a moment, and then swap its grips.
    x = max(x, fixed[0] + _NUDGE) if corners[grip][0] > fixed[0] else min(x, fixed[0] - _NUDGE)
    y = max(y, fixed[1] + _NUDGE) if corners[grip][1] > fixed[1] else min(y, fixed[1] - _NUDGE)
    return replace(region, points=(fixed, (x, y)))


def _close(first: tuple[float, float], second: tuple[float, float], near: QPointF) -> bool:
    across, down = (first[0] - second[0]) / near.x(), (first[1] - second[1]) / near.y()
    return across**2 + down**2 <= 1.0


def _area(region: Region) -> float:
    left, top, right, bottom = region.box
    return (right - left) * (bottom - top)


def _clamped(point: QPointF) -> tuple[float, float]:
    return min(max(point.x(), 0.0), 1.0), min(max(point.y(), 0.0), 1.0)
