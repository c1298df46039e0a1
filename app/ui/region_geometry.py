"""Geometry of regions: handles, hit tests, moving and resizing.

Coordinates are 0..1 from the top left.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from PySide6.QtCore import QPointF

from uvanet.analysis.regions import Region, Shape

Point = tuple[float, float]

MIN_SIDE = 0.01
"""Smallest width and height after resizing."""


def clamped(point: QPointF) -> Point:
    """Returns the nearest point inside the picture."""
    return min(max(point.x(), 0.0), 1.0), min(max(point.y(), 0.0), 1.0)


def near(first: Point, second: Point, tolerance: QPointF) -> bool:
    """Returns whether two points are closer than a tolerance in x and y."""
    dx, dy = (first[0] - second[0]) / tolerance.x(), (first[1] - second[1]) / tolerance.y()
    return dx**2 + dy**2 <= 1.0


def handles(region: Region) -> list[Point]:
    """Returns the handles that resize a region: corners of a polygon, or of the bounding box."""
    if region.shape is Shape.POLYGON:
        return list(region.points)
    left, top, right, bottom = region.box
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def smallest_region_at(regions: Sequence[Region], point: QPointF) -> Region | None:
    """Returns the region under a point; the smallest one if regions overlap."""
    hits = [region for region in regions if region.contains(point.x(), point.y())]
    return min(hits, key=_area, default=None)


def resized(region: Region, handle: int, x: float, y: float) -> Region:
    """Returns a region with one of its `handles` moved to (x, y).

    A box keeps its opposite corner, and a width and height of at least `MIN_SIDE`.
    """
    if region.shape is Shape.POLYGON:
        return region.with_corner(handle, x, y)
    corners = handles(region)
    moving, fixed = corners[handle], corners[(handle + 2) % 4]
    x = max(x, fixed[0] + MIN_SIDE) if moving[0] > fixed[0] else min(x, fixed[0] - MIN_SIDE)
    y = max(y, fixed[1] + MIN_SIDE) if moving[1] > fixed[1] else min(y, fixed[1] - MIN_SIDE)
    return replace(region, points=(fixed, (x, y)))


def moved_together(regions: Sequence[Region], dx: float, dy: float) -> list[Region]:
    """Returns the regions moved by the same distance, limited so that all stay in the picture."""
    boxes = [region.box for region in regions]
    left, top = (min(box[side] for box in boxes) for side in (0, 1))
    right, bottom = (max(box[side] for box in boxes) for side in (2, 3))
    dx, dy = min(max(dx, -left), 1.0 - right), min(max(dy, -top), 1.0 - bottom)
    return [region.moved(dx, dy) for region in regions]


def regions_in(regions: Sequence[Region], first: Point, second: Point) -> list[Region]:
    """Returns the regions whose bounding boxes overlap the box of two opposite corners."""
    (left, right), (top, bottom) = (sorted(pair) for pair in zip(first, second, strict=True))
    boxes = [(region, region.box) for region in regions]
    return [
        region
        for region, (x0, y0, x1, y1) in boxes
        if x0 < right and x1 > left and y0 < bottom and y1 > top
    ]


def grown(region: Region, dx: float, dy: float) -> Region:
    """Returns a region that is wider by dx and higher by dy, with the same top left corner."""
    left, top, right, bottom = region.box
    x_scale = max(right - left + dx, MIN_SIDE) / max(right - left, 1e-6)
    y_scale = max(bottom - top + dy, MIN_SIDE) / max(bottom - top, 1e-6)
    points = (
        (min(left + (x - left) * x_scale, 1.0), min(top + (y - top) * y_scale, 1.0))
        for x, y in region.points
    )
    return replace(region, points=tuple(points))


def replaced(regions: Iterable[Region], pairs: Iterable[tuple[Region, Region]]) -> list[Region]:
    """Returns the regions with the first of each pair, by identity, replaced by the second."""
    after = {id(old): new for old, new in pairs}
    return [after.get(id(region), region) for region in regions]


def _area(region: Region) -> float:
    left, top, right, bottom = region.box
    return (right - left) * (bottom - top)


def is_moved(before: Region, after: Region) -> bool:
    """Returns whether a region was moved only; False if its size has changed."""
    left, top, right, bottom = before.box
    x0, y0, x1, y1 = after.box
    return math.isclose(right - left, x1 - x0, abs_tol=1e-6) and math.isclose(
        bottom - top, y1 - y0, abs_tol=1e-6
    )
