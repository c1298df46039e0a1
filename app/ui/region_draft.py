"""A region that is being drawn: a polygon by its corners, a box by a drag."""

from __future__ import annotations

from PySide6.QtCore import QPointF

from app.ui.region_geometry import Point, near
from uvanet.analysis.regions import Region, Shape

_DEFAULT_BOX = ((0.35, 0.35), (0.65, 0.65))
_DEFAULT_POLYGON = ((0.5, 0.35), (0.65, 0.5), (0.5, 0.65), (0.35, 0.5))


class RegionDraft:
    """The corners of an unfinished shape.

    A method that completes the shape returns the Region; None for a shape without area.

    Args:
        tool: Shape of the region.
    """

    def __init__(self, tool: Shape) -> None:
        self.tool = tool
        self._corners: list[Point] = []
        self._pointer: Point | None = None

    @property
    def outline(self) -> list[Point]:
        """The corners to paint; the last corner of a polygon is the position of the mouse."""
        if self.tool is Shape.POLYGON and self._corners and self._pointer is not None:
            return [*self._corners, self._pointer]
        return self._corners

    def press(self, corner: Point, tolerance: QPointF) -> Region | None:
        """Starts a box, or adds a corner to a polygon; the first corner closes the polygon."""
        if self.tool is not Shape.POLYGON:
            self._corners = [corner, corner]
            return None
        if len(self._corners) >= 3 and near(corner, self._corners[0], tolerance):
            return self.finish()
        if not self._corners or corner != self._corners[-1]:
            self._corners.append(corner)
        return None

    def move(self, corner: Point) -> None:
        """Follows the mouse while no button is pressed."""
        self._pointer = corner

    def drag(self, corner: Point) -> None:
        """Moves the opposite corner of a box with the mouse."""
        if self.tool is not Shape.POLYGON and self._corners:
            self._corners[1] = corner

    def release(self, corner: Point) -> Region | None:
        """Completes a box."""
        if self.tool is Shape.POLYGON or not self._corners:
            return None
        self._corners[1] = corner
        return self.finish()

    def remove_corner(self) -> None:
        """Removes the last corner."""
        self._corners = self._corners[:-1]

    def finish(self, *, by_key: bool = False) -> Region | None:
        """Completes the shape.

        Args:
            by_key: Whether a shape of default size is used if nothing is drawn.
        """
        polygon = self.tool is Shape.POLYGON
        if by_key and not self._corners:
            self._corners = list(_DEFAULT_POLYGON if polygon else _DEFAULT_BOX)
        if len(self._corners) < (3 if polygon else 2):
            return None
        region = Region("", self.tool, tuple(self._corners))
        self._corners = []
        return region if region.solid else None
