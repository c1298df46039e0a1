"""Named regions of a picture: shapes, masks, their files, and their coverage of map cells.

Coordinates are shares of the picture's width and height, 0..1 from the top left, so that they are
valid for maps and frames of any size.
"""

from __future__ import annotations

import enum
import functools
import io
import math
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from uvanet.atomic_io import write_output
from uvanet.bounded_io import read_bounded
from uvanet.errors import UsageError
from uvanet.i18n import tr, tr_noop
from uvanet.redaction import excerpt, printable

FORMAT = "uvanet-regions"
PROJECT_FORMAT: Literal["uvanet-project"] = "uvanet-project"
"""Format of the window's project files, which have regions under the same key."""

# Samples per side of a map's cell, since a region may be smaller than a cell.
_SAMPLES = 8
_MIN_SIDE = 0.004
MAX_NAME = 200
"""Maximum number of characters of a region's name in a file."""

MAX_REGIONS = 1_000
"""Maximum number of regions in a file, and of corners of a polygon."""

_MAX_FILE_BYTES = 64 << 20
_MAX_MASK_SIDE = 1 << 16
_MAX_UNPACKED_BYTES = 1 << 29
_HINT = tr_noop("Choose a file of regions that this program saved.")


class RegionMask(Protocol):
    """A named part of a picture."""

    def __hash__(self) -> int:
        """Hash of the region, which is a key of caches."""
        ...

    @property
    def name(self) -> str:
        """Name of the region; tables use it as a column name."""
        ...

    def mask(self, height: int, width: int) -> NDArray[np.bool_]:
        """Returns the pixels whose center lies in the region: bool, shape (height, width)."""
        ...


class Shape(enum.StrEnum):
    """Kinds of shapes."""

    RECTANGLE = "rectangle"
    ELLIPSE = "ellipse"
    POLYGON = "polygon"


@dataclass(frozen=True, slots=True)
class Region:
    """A named shape.

    Attributes:
        name: Name for people, in one line; two regions may share one.
        shape: Kind of the shape.
        points: Corners, 0..1: two opposite corners of the bounding box for a rectangle or an
            ellipse, three or more corners in order for a polygon.
        color: "#rrggbb"; None for the color of its place in the list.
        locked: Whether the window prevents moving, resizing and deleting the region.

    Raises:
        UsageError: The shape has another number of corners, or a coordinate is not finite.
    """

    name: Annotated[str, Meta(max_length=MAX_NAME)]
    shape: Shape
    points: Annotated[tuple[tuple[float, float], ...], Meta(max_length=MAX_REGIONS)]
    color: Annotated[str, Meta(pattern=r"^#[0-9a-f]{6}\Z")] | None = None
    locked: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", printable(self.name)[:MAX_NAME])
        count = len(self.points)
        fits = count >= 3 if self.shape is Shape.POLYGON else count == 2
        if not fits or not all(math.isfinite(value) for point in self.points for value in point):
            raise UsageError(
                tr("The region {name!r} is not a valid {shape}: it has wrong corners.").format(
                    name=self.name, shape=self.shape
                ),
                tr(_HINT),
            )

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of the bounding box."""
        across, down = zip(*self.points, strict=True)
        return min(across), min(down), max(across), max(down)

    @property
    def outline(self) -> Region:
        """The same shape without name, color and lock, on which statistics do not depend."""
        return Region("", self.shape, self.points)

    @property
    def solid(self) -> bool:
        """Whether the shape has a visible size; a click without dragging makes a shape without."""
        left, top, right, bottom = self.box
        return right - left >= _MIN_SIDE and bottom - top >= _MIN_SIDE

    def contains(self, x: float, y: float) -> bool:
        """Whether a point lies in the region."""
        return bool(self.inside(np.array([x]), np.array([y]))[0])

    def mask(self, height: int, width: int) -> NDArray[np.bool_]:
        """See `RegionMask.mask`."""
        across, down = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
        return self.inside(across[None, :], down[:, None])

    def moved(self, dx: float, dy: float) -> Region:
        """Returns the region moved by (dx, dy), but kept inside the picture."""
        left, top, right, bottom = self.box
        dx = min(max(dx, -left), 1.0 - right)
        dy = min(max(dy, -top), 1.0 - bottom)
        points = tuple((x + dx, y + dy) for x, y in self.points)
        return replace(self, points=points)

    def with_corner(self, index: int, x: float, y: float) -> Region:
        """Returns the region with one corner moved to (x, y), but kept inside the picture."""
        corner = min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)
        points = (*self.points[:index], corner, *self.points[index + 1 :])
        return replace(self, points=points)

    def as_dict(self) -> dict[str, Any]:
        """Returns the region as plain JSON types."""
        points = [[round(x, 5), round(y, 5)] for x, y in self.points]
        stored: dict[str, Any] = {"name": self.name, "shape": self.shape.value, "points": points}
        if self.color is not None:
            stored["color"] = self.color
        if self.locked:
            stored["locked"] = True
        return stored

    @staticmethod
    def from_dict(value: object) -> Region:
        """Restores a region from the result of `as_dict`.

        Raises:
            UsageError: The value is not a region, or a corner lies outside of the picture.
        """
        try:
            region = msgspec.convert(value, Region)
        except msgspec.ValidationError as error:
            raise UsageError(
                tr("This is not a region: {error}.").format(error=error), tr(_HINT)
            ) from None
        return _inside_picture(region)

    def inside(self, x: NDArray[np.floating], y: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Tests many points at once.

        Args:
            x: Any shape.
            y: A shape that broadcasts with `x`.

        Returns:
            bool, the broadcast shape: which points lie in the region.
        """
        if self.shape is Shape.POLYGON:
            return self._inside_polygon(x, y)
        left, top, right, bottom = self.box
        if self.shape is Shape.RECTANGLE:
            return np.asarray((x >= left) & (x < right) & (y >= top) & (y < bottom))
        half_width, half_height = max(right - left, 1e-9) / 2, max(bottom - top, 1e-9) / 2
        dx, dy = (x - (left + right) / 2) / half_width, (y - (top + bottom) / 2) / half_height
        return np.asarray(dx**2 + dy**2 <= 1.0)

    def _inside_polygon(
        self, x: NDArray[np.floating], y: NDArray[np.floating]
    ) -> NDArray[np.bool_]:
        """Even-odd rule: a ray from a point inside crosses an odd number of edges."""
        inside = np.zeros(np.broadcast_shapes(x.shape, y.shape), bool)
        ends = (*self.points[1:], self.points[0])
        for (x1, y1), (x2, y2) in zip(self.points, ends, strict=True):
            if y1 == y2:
                continue
            crossing = x1 + (y - y1) * (x2 - x1) / (y2 - y1)
            inside ^= ((y1 > y) != (y2 > y)) & (x < crossing)
        return inside


@dataclass(frozen=True, slots=True, eq=False)
class MaskRegion:
    """A region given by a mask.

    Attributes:
        name: Name of the region.
        pixels: Mask of the whole picture, shape (h, w) of any size; values other than 0 belong to
            the region.
    """

    name: str
    pixels: NDArray[np.generic]

    def mask(self, height: int, width: int) -> NDArray[np.bool_]:
        """Returns the mask at another size, nearest neighbor: bool, shape (height, width)."""
        rows = (np.arange(height) * self.pixels.shape[0]) // height
        columns = (np.arange(width) * self.pixels.shape[1]) // width
        return np.asarray(self.pixels[rows[:, None], columns[None, :]] != 0)


@functools.lru_cache(maxsize=128)
def coverage(region: RegionMask, height: int, width: int) -> NDArray[np.float32]:
    """Computes the part of each cell that a region covers.

    Returns:
        float32, shape (height, width), 0..1, read-only: callers share the array.
    """
    fine = region.mask(height * _SAMPLES, width * _SAMPLES).astype(np.float32)
    cells = fine.reshape(height, _SAMPLES, width, _SAMPLES).mean(axis=(1, 3), dtype=np.float32)
    cells.flags.writeable = False
    return np.asarray(cells, np.float32)


class _RegionFile(msgspec.Struct):
    """A file of regions, of version 0.1.0 and later."""

    format: str
    regions: Annotated[list[Region], Meta(max_length=MAX_REGIONS)]
    version: int = 1


def regions_json(regions: Sequence[Region]) -> bytes:
    """Returns the content of a file of regions."""
    values = [region.as_dict() for region in regions]
    stored = {"format": FORMAT, "version": 1, "regions": values}
    return msgspec.json.format(msgspec.json.encode(stored), indent=2) + b"\n"


def save_regions(path: Path, regions: Sequence[Region]) -> None:
    """Writes regions as JSON, atomically.

    Raises:
        OutputError: The file cannot be written; the message names it.
    """
    write_output(path, regions_json(regions))


def load_regions(path: Path) -> list[Region]:
    """Reads the regions of a file of `save_regions`, or of a project file of the window.

    Raises:
        UsageError: The file cannot be read, or holds no regions; the message names it.
    """
    try:
        stored = msgspec.json.decode(read_bounded(path, _MAX_FILE_BYTES), type=_RegionFile)
        if stored.format not in (FORMAT, PROJECT_FORMAT):
            raise UsageError(tr("its format is {format!r}").format(format=excerpt(stored.format)))
        check_regions(stored.regions)
    except OSError as error:
        raise UsageError(
            tr("{path} cannot be read: {reason}.").format(
                path=path, reason=error.strerror or error
            ),
            tr(_HINT),
        ) from error
    except (ValueError, RecursionError, UsageError) as error:
        reason = error.message if isinstance(error, UsageError) else str(error)
        raise UsageError(
            tr("{path} holds no regions: {reason}.").format(path=path, reason=reason.rstrip(".")),
            tr(_HINT),
        ) from None
    return stored.regions


def check_regions(regions: Iterable[Region]) -> None:
    """Checks regions that come from a file.

    Raises:
        UsageError: A region lies outside of the picture.
    """
    for region in regions:
        _inside_picture(region)


def load_masks(path: Path) -> list[MaskRegion]:
    """Reads an .npz archive of masks, shape (h, w); the names of the arrays become region names.

    Raises:
        UsageError: The file cannot be read, or is not an archive of masks; the message names it.
    """
    hint = tr("Give an .npz of masks of shape (h, w), or a .json of regions.")
    try:
        # Read from memory, since numpy leaves the file of a damaged archive open.
        with zipfile.ZipFile(io.BytesIO(read_bounded(path, _MAX_FILE_BYTES))) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MAX_UNPACKED_BYTES:
                raise ValueError(tr("its masks are too large"))
            if len(archive.namelist()) > MAX_REGIONS:
                raise ValueError(tr("it has more than {most} masks").format(most=MAX_REGIONS))
            masks = [_mask_region(name, archive.read(name)) for name in archive.namelist()]
    # For damaged bytes, numpy, zipfile, zlib and the tokenizer of numpy's headers raise nearly any
    # exception: BadZipFile, zlib.error, EOFError, TokenError, KeyError, NotImplementedError, ...
    except Exception as error:  # noqa: BLE001
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise UsageError(
            tr("{path} holds no regions: {reason}.").format(path=path, reason=reason.rstrip(".")),
            hint,
        ) from None
    return masks


def _mask_region(name: str, data: bytes) -> MaskRegion:
    return MaskRegion(printable(name.removesuffix(".npy")), _read_mask(name, data))


def _read_mask(name: str, data: bytes) -> NDArray[np.generic]:
    """Reads an array of an archive; its header is checked first, since numpy allocates any size.

    Raises:
        ValueError: The array is not a mask. Damaged bytes raise other exceptions, too.
    """
    if len(name) > MAX_NAME:
        raise ValueError(tr("the name {name!r} is too long").format(name=excerpt(name)))
    file = io.BytesIO(data)
    version = np.lib.format.read_magic(file)
    read_header = (
        np.lib.format.read_array_header_1_0
        if version == (1, 0)
        else np.lib.format.read_array_header_2_0
    )
    shape, _, dtype = read_header(file)
    if len(shape) != 2 or not all(0 < side <= _MAX_MASK_SIDE for side in shape):
        raise ValueError(
            tr("{name} has the shape {shape}, which is not that of a mask").format(
                name=name, shape=excerpt(str(shape))
            )
        )
    if dtype.kind not in "biuf" or shape[0] * shape[1] * dtype.itemsize > len(data):
        raise ValueError(
            tr("{name} is {dtype} of shape {shape}, not a mask").format(
                name=name, dtype=dtype, shape=shape
            )
        )
    file.seek(0)
    return np.asarray(np.lib.format.read_array(file, allow_pickle=False))


def _inside_picture(region: Region) -> Region:
    # Rounding may move a corner slightly beyond the edge.
    if not all(-0.001 <= value <= 1.001 for point in region.points for value in point):
        raise UsageError(
            tr("The region {name!r} lies outside of the picture.").format(name=region.name),
            tr(_HINT),
        )
    return region
