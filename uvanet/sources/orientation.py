"""Pictures mirrored and rotated, before anything else sees them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from uvanet.sources.base import Frame, Source, SourceInfo

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_ROTATIONS = {1: cv2.ROTATE_90_CLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_COUNTERCLOCKWISE}


@dataclass(frozen=True, slots=True)
class Orientation:
    """How a picture is turned: first rotated, then mirrored.

    Attributes:
        mirrored: Left and right change places.
        quarters: Quarter turns clockwise, 0..3.
    """

    mirrored: bool = False
    quarters: int = 0

    @property
    def sideways(self) -> bool:
        """Whether width and height change places."""
        return self.quarters % 2 == 1

    def apply(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Turns a picture.

        Args:
            image: uint8, shape (h, w, 3), C-contiguous.

        Returns:
            A new array, C-contiguous; the same one where there is nothing to do.
        """
        match self.mirrored, self.quarters:
            case False, 0:
                return image
            case False, quarters:
                turned = cv2.rotate(image, _ROTATIONS[quarters])
            case True, 0:
                turned = cv2.flip(image, 1)
            # A rotation and a flip are one flip or one swap of the axes, hence one copy.
            case True, 1:
                turned = cv2.transpose(image)
            case True, 2:
                turned = cv2.flip(image, 0)
            case _:
                turned = cv2.flip(cv2.transpose(image), -1)
        return np.asarray(turned, np.uint8)


UPRIGHT = Orientation()


class Orientations:
    """How each source is turned, by the string that opens it. For any thread.

    Args:
        others: How those are turned of which nothing else was said.
    """

    def __init__(self, others: Orientation = UPRIGHT) -> None:
        self._others = others
        self._all: dict[str, Orientation] = {}

    def of(self, spec: str) -> Orientation:
        """How a source is turned."""
        return self._all.get(spec, self._others)

    def set(self, spec: str, orientation: Orientation) -> None:
        """Turns a source, from its next picture on."""
        self._all[spec] = orientation


class OrientedSource(Source):
    """A source whose pictures are turned as it is wished at the moment.

    Args:
        source: The source; this one takes it over.
        orientations: The wishes.
    """

    def __init__(self, source: Source, orientations: Orientations) -> None:
        self._source = source
        self._orientations = orientations

    @property
    def info(self) -> SourceInfo:
        """The facts, of the pictures as they are turned now."""
        info = self._source.info
        if not self._orientations.of(info.spec).sideways:
            return info
        return replace(info, width=info.height, height=info.width)

    def open(self) -> None:
        """Opens the source."""
        self._source.open()

    def read(self) -> Frame | None:
        """Gives the next frame, turned; None at the end."""
        frame = self._source.read()
        if frame is None:
            return None
        orientation = self._orientations.of(self._source.info.spec)
        image = orientation.apply(frame.image)
        return frame if image is frame.image else replace(frame, image=image)

    def seek(self, seconds: float) -> None:
        """Makes the next `read` give the frame shown at `seconds`."""
        self._source.seek(seconds)

    def files(self) -> list[Path]:
        """Lists the local files that are read."""
        return self._source.files()

    def close(self) -> None:
        """Lets go of the device or file."""
        self._source.close()

    def renew(self) -> Source:
        """Gives a closed source of the same thing, turned by the same wishes."""
        return OrientedSource(self._source.renew(), self._orientations)
