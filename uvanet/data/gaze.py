"""Common types of data sets: pictures or clips, and where people looked on them.

A reader (one module per layout, see `uvanet.data.registry`) returns a `GazeSet`. Files are decoded
on demand, so a set may be larger than memory.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Gaze:
    """Where people looked on one picture or frame.

    Attributes:
        size: Width and height of the coordinate system of the fixations, pixels.
        fixations: (n, 2), float32, x and y; None where the set has no points.
        density: Density map of the set, (h, w), float32, of any size and sum; None where the set
            has none, and the fixations are blurred instead.
        observers: Number of the observer of each fixation, (n,), int32; None where unknown.
    """

    size: tuple[int, int]
    fixations: NDArray[np.float32] | None
    density: NDArray[np.float32] | None = None
    observers: NDArray[np.int32] | None = None

    def points(self, size: tuple[int, int]) -> NDArray[np.float32]:
        """Fixations in pixels of a picture of this width and height; (n, 2), may be empty."""
        if self.fixations is None:
            return np.empty((0, 2), np.float32)
        if size == self.size:
            return self.fixations
        return self.fixations * np.divide(size, self.size).astype(np.float32)

    def density_on(self, size: tuple[int, int]) -> NDArray[np.float32]:
        """Density map at this width and height; float32, (h, w), all zero where unknown."""
        width, height = size
        if self.density is None:
            nowhere = np.empty((0, 2), np.float32)
            points = nowhere if self.fixations is None else self.fixations
            return density_map(points, self.size, (height, width))
        if self.density.shape == (height, width):
            return self.density
        stretched = cv2.resize(self.density, size, interpolation=cv2.INTER_LINEAR)
        return np.asarray(stretched, np.float32)


class Picture(Protocol):
    """A still picture with gaze."""

    @property
    def dataset(self) -> str:
        """Data set, or group within one, in reports."""
        ...

    @property
    def name(self) -> str:
        """Name in reports, unique in its set."""
        ...

    def image(self) -> NDArray[np.uint8]:
        """Reads the picture: RGB, uint8, (h, w, 3).

        Raises:
            UvanetError: The file is missing or damaged.
        """
        ...

    @property
    def gaze(self) -> Callable[[], Gaze]:
        """Function that reads the gaze; raises UvanetError where a file is missing or damaged."""
        ...


@dataclass(frozen=True, slots=True)
class ClipFrame:
    """A frame of a clip.

    Attributes:
        index: Frame number in the clip, from 0.
        t: Time stamp, seconds.
        image: RGB, uint8, (h, w, 3); None where the frame is damaged.
        error: Reason why there is no image.
    """

    index: int
    t: float
    image: NDArray[np.uint8] | None
    error: str = ""


class Clip(Protocol):
    """A video with gaze."""

    @property
    def dataset(self) -> str:
        """Data set, or group within one, in reports."""
        ...

    @property
    def name(self) -> str:
        """Name in reports, unique in its set."""
        ...

    @property
    def fps(self) -> float:
        """Frame rate, frames per second."""
        ...

    @property
    def labelled(self) -> Sequence[int]:
        """Numbers of the frames to measure, ascending; empty without gaze."""
        ...

    def frames(self, wanted: Collection[int]) -> Iterator[ClipFrame]:
        """Reads the wanted frames, in order.

        A damaged frame has no image; where the rest of the clip is unreadable, the iterator
        raises.

        Raises:
            UvanetError: The file is missing or ends too early.
        """
        ...

    @property
    def gaze(self) -> Callable[[int], Gaze]:
        """Function that reads the gaze on a labelled frame, by its number; raises as `Picture`."""
        ...


@dataclass(frozen=True, slots=True)
class GazeSet:
    """A data set, or a split of one: either pictures or clips.

    Attributes:
        name: Name in reports.
        pictures: The still pictures.
        clips: The videos.
    """

    name: str
    pictures: Sequence[Picture] = ()
    clips: Sequence[Clip] = ()


def density_map(
    fixations: NDArray[np.float32], size: tuple[float, float], shape: tuple[int, int]
) -> NDArray[np.float32]:
    """Blurs fixations into a density map.

    The Gaussian is about one degree of visual angle: sigma = picture width / 35.

    Args:
        fixations: (n, 2), x and y in pixels of the picture.
        size: Width and height of the picture.
        shape: Height and width of the map; the picture is resized to it.

    Returns:
        float32 of `shape`, sum 1; all zero where there is no fixation on the picture.
    """
    width, height = size
    rows, columns = shape
    counts = np.zeros(shape, np.float32)
    x = np.floor(fixations[:, 0] * columns / width).astype(int)
    y = np.floor(fixations[:, 1] * rows / height).astype(int)
    inside = (x >= 0) & (x < columns) & (y >= 0) & (y < rows)
    np.add.at(counts, (y[inside], x[inside]), 1.0)
    # One degree of the picture in both directions, also where the aspect ratio changes.
    sigma = width / 35
    blurred = cv2.GaussianBlur(
        counts,
        (0, 0),
        sigmaX=sigma * columns / width,
        sigmaY=sigma * rows / height,
        borderType=cv2.BORDER_CONSTANT,
    )
    total = float(blurred.sum())
    return np.asarray(blurred / total if total > 0 else blurred, np.float32)
