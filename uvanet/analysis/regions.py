"""Named shapes on a picture, and how much of the attention falls into each.

Coordinates are shares of the picture's width and height, 0..1 from the top left, so that a region
means the same on a map of 64 cells and on a frame of 4K.
"""

from __future__ import annotations

import enum
import functools
import json
import os
import tempfile
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from uvanet.errors import OutputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

FORMAT = "uvanet-regions"
# Each cell of a map is looked at in so many places a side: a region may be smaller than a cell.
_FINE = 8
_LEAST_SIDE = 0.004
_HINT = "Choose a file that this program saved."


class Shape(enum.StrEnum):
    """What a region can be."""

    RECTANGLE = "rectangle"
    ELLIPSE = "ellipse"
    POLYGON = "polygon"


@dataclass(frozen=True, slots=True)
class Region:
    """A named shape.

    Attributes:
        name: For people; regions may share one.
        shape: The kind.
        points: Corners in 0..1. Of a rectangle or an ellipse two opposite ones of the box
            around it; of a polygon three or more, in order.
    """

    name: str
    shape: Shape
    points: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        least = 3 if self.shape is Shape.POLYGON else 2
        fits = len(self.points) >= 3 if least == 3 else len(self.points) == 2
        if not fits or not np.isfinite(self.points).all():
            raise UsageError(f"{self.name!r} is no {self.shape}: its corners make none.", _HINT)

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of the box around it."""
        across, down = zip(*self.points, strict=True)
        return min(across), min(down), max(across), max(down)

    @property
    def solid(self) -> bool:
        """Whether it has a size to speak of; a click leaves a shape without one."""
        left, top, right, bottom = self.box
        return right - left >= _LEAST_SIDE and bottom - top >= _LEAST_SIDE

    def contains(self, x: float, y: float) -> bool:
        """Whether a point is in it."""
        return bool(self.inside(np.array([x]), np.array([y]))[0])

    def mask(self, height: int, width: int) -> NDArray[np.bool_]:
        """The pixels whose middle is in it.

        Args:
            height: Of the picture or map.
            width: As `height`.

        Returns:
            bool, shape (height, width).
        """
        across, down = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
        return self.inside(across[None, :], down[:, None])

    def coverage(self, height: int, width: int) -> NDArray[np.float32]:
        """How much of each cell it covers, for maps whose cells are large.

        Returns:
            float32, shape (height, width), 0..1, read-only: callers share it.
        """
        return _coverage(self, height, width)

    def moved(self, dx: float, dy: float) -> Region:
        """The same shape elsewhere, kept whole inside the picture."""
        left, top, right, bottom = self.box
        dx = min(max(dx, -left), 1.0 - right)
        dy = min(max(dy, -top), 1.0 - bottom)
        return replace(self, points=tuple((x + dx, y + dy) for x, y in self.points))

    def with_corner(self, place: int, x: float, y: float) -> Region:
        """The same with one corner elsewhere, kept inside the picture."""
        corner = min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)
        points = [*self.points[:place], corner, *self.points[place + 1 :]]
        return replace(self, points=tuple(points))

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        points = [[round(x, 5), round(y, 5)] for x, y in self.points]
        return {"name": self.name, "shape": self.shape.value, "points": points}

    @staticmethod
    def from_dict(value: Any) -> Region:
        """Reads what `as_dict` gave.

        Raises:
            UsageError: It is no region.
        """
        try:
            points = tuple((float(x), float(y)) for x, y in value["points"])
            return Region(str(value["name"]), Shape(value["shape"]), points)
        except (TypeError, KeyError, ValueError) as error:
            raise UsageError(f"This is no region: {error}.", _HINT) from None

    def inside(self, x: NDArray[np.floating], y: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Which of many points are in it.

        Args:
            x: Of any shape.
            y: Of a shape that goes with it.

        Returns:
            bool, of the shape both have together.
        """
        if self.shape is Shape.POLYGON:
            return self._inside_polygon(x, y)
        left, top, right, bottom = self.box
        if self.shape is Shape.RECTANGLE:
            return np.asarray((x >= left) & (x < right) & (y >= top) & (y < bottom))
        wide, high = max(right - left, 1e-9) / 2, max(bottom - top, 1e-9) / 2
        dx, dy = (x - (left + right) / 2) / wide, (y - (top + bottom) / 2) / high
        return np.asarray(dx**2 + dy**2 <= 1.0)

    def _inside_polygon(
        self, x: NDArray[np.floating], y: NDArray[np.floating]
    ) -> NDArray[np.bool_]:
        """Counts the edges to the right of each point: in it where they are odd."""
        inside = np.zeros(np.broadcast_shapes(x.shape, y.shape), bool)
        ends = (*self.points[1:], self.points[0])
        for (x1, y1), (x2, y2) in zip(self.points, ends, strict=True):
            if y1 == y2:
                continue
            crossing = x1 + (y - y1) * (x2 - x1) / (y2 - y1)
            inside ^= ((y1 > y) != (y2 > y)) & (x < crossing)
        return inside


@functools.lru_cache(maxsize=128)
def _coverage(region: Region, height: int, width: int) -> NDArray[np.float32]:
    fine = region.mask(height * _FINE, width * _FINE).astype(np.float32)
    cells = fine.reshape(height, _FINE, width, _FINE).mean(axis=(1, 3))
    cells.flags.writeable = False
    return np.asarray(cells, np.float32)


def shares(saliency: NDArray[np.float32], regions: Sequence[Region]) -> list[float]:
    """How much of the attention falls into each region.

    Args:
        saliency: Float, shape (h, w), not negative, proportional to the density of fixations.
        regions: The regions; they may overlap, so that the shares may sum to more than 1.

    Returns:
        Shares of the whole, 0..1; zeros where the map is empty.
    """
    height, width = saliency.shape
    total = float(saliency.sum(dtype=np.float64))
    if total <= 0:
        return [0.0] * len(regions)
    values = np.ascontiguousarray(saliency, np.float32)
    return [cv2.sumElems(values * one.coverage(height, width))[0] / total for one in regions]


def save_regions(path: Path, regions: Sequence[Region]) -> None:
    """Writes regions as JSON; an existing file is replaced only when the new one is whole.

    Raises:
        OutputError: It cannot be written; names the path.
    """
    text = json.dumps(
        {"format": FORMAT, "version": 1, "regions": [one.as_dict() for one in regions]}, indent=2
    )
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".uvanet-", suffix=".json")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text + "\n")
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)
        raise OutputError(
            f"The regions cannot be saved to {path}: {error.strerror or error}.",
            "Choose another folder.",
        ) from error


def load_regions(path: Path) -> list[Region]:
    """Reads what `save_regions` wrote.

    Raises:
        UsageError: The file cannot be read, or holds no regions; names the path.
    """
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{path} cannot be read: {reason}.", _HINT) from error
    if not isinstance(stored, dict) or stored.get("format") != FORMAT:
        raise UsageError(f"{path} holds no regions.", _HINT)
    entries = stored.get("regions")
    if not isinstance(entries, list):
        raise UsageError(f"{path} holds no regions.", _HINT)
    return [Region.from_dict(entry) for entry in entries]
