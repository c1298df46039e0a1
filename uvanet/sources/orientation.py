"""Mirrors and rotates frames before anything else uses them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from uvanet.decoded_picture import DecodedPicture
from uvanet.sources.base import Frame, Source, SourceInfo, SourceStatus

_ROTATIONS = {1: cv2.ROTATE_90_CLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_COUNTERCLOCKWISE}


@dataclass(frozen=True, slots=True)
class Orientation:
    """How a picture is turned: first rotated, then mirrored.

    Attributes:
        mirrored: Whether left and right are swapped.
        quarters: Quarter turns clockwise, 0..3.
    """

    mirrored: bool = False
    quarters: int = 0

    @property
    def sideways(self) -> bool:
        """Whether width and height are swapped."""
        return self.quarters % 2 == 1

    def apply(self, image: NDArray[Any]) -> NDArray[Any]:
        """Turns a picture.

        Args:
            image: Shape (h, w, c), C-contiguous.

        Returns:
            A new array, C-contiguous; `image` itself if it stays as it is.
        """
        match self.mirrored, self.quarters:
            case False, 0:
                return image
            case False, quarters:
                turned = cv2.rotate(image, _ROTATIONS[quarters])
            case True, 0:
                turned = cv2.flip(image, 1)
            # A rotation and a flip equal one flip or transposition, which needs one copy less.
            case True, 1:
                turned = cv2.transpose(image)
            case True, 2:
                turned = cv2.flip(image, 0)
            case _:
                turned = cv2.flip(cv2.transpose(image), -1)
        return np.asarray(turned, image.dtype)

    def apply_to_points(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turns points with the picture; (n, 2), x and y as shares of its width and height."""
        x, y = points.reshape(-1, 2).T
        x, y = [(x, y), (1 - y, x), (1 - x, 1 - y), (y, 1 - x)][self.quarters]
        return np.stack([1 - x if self.mirrored else x, y], axis=1)


UPRIGHT = Orientation()


class Orientations:
    """The orientation of each source, by its spec. Thread-safe.

    Args:
        default: Orientation of sources without an entry.
    """

    def __init__(self, default: Orientation = UPRIGHT) -> None:
        self._default = default
        self._all: dict[str, Orientation] = {}

    def of(self, spec: str) -> Orientation:
        """The orientation of a source."""
        return self._all.get(spec, self._default)

    def set(self, spec: str, orientation: Orientation) -> None:
        """Sets the orientation of a source, from its next frame on."""
        self._all[spec] = orientation


class OrientedSource(Source):
    """A source whose frames are turned by the current orientation.

    Args:
        source: The source; the oriented source opens and closes it.
        orientations: The orientations of all sources.
    """

    def __init__(self, source: Source, orientations: Orientations) -> None:
        self._source = source
        self._orientations = orientations

    @property
    def info(self) -> SourceInfo:
        """The properties of the source, with the size of the turned frames."""
        info = self._source.info
        if not self._orientations.of(info.spec).sideways:
            return info
        return replace(info, width=info.height, height=info.width)

    @property
    def status(self) -> SourceStatus:
        """The current status of the source."""
        return self._source.status

    def open(self) -> None:
        """Opens the source."""
        self._source.on_status = self.on_status
        self._source.open()

    def read(self) -> Frame | None:
        """Returns the next frame, turned; None at the end."""
        frame = self._source.read()
        if frame is None:
            return None
        orientation = self._orientations.of(self._source.info.spec)
        if orientation == UPRIGHT:
            return frame
        height, width = frame.picture.shape[:2]
        size = (width, height) if orientation.sideways else (height, width)
        turned = DecodedPicture((*size, 3), lambda: orientation.apply(frame.image))
        return replace(frame, picture=turned)

    def seek(self, seconds: float) -> None:
        """Makes the next `read` return the frame shown at `seconds`."""
        self._source.abandon_seek = self.abandon_seek
        self._source.seek(seconds)

    def files(self) -> list[Path]:
        """Lists the local files that are read."""
        return self._source.files()

    def close(self) -> None:
        """Releases the device or file."""
        self._source.close()

    def renew(self) -> Source:
        """See `Source.renew`; the orientations stay."""
        return OrientedSource(self._source.renew(), self._orientations)
