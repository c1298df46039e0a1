"""Resizes frames to a network's input, and maps back to the picture.

An area filter over every pixel takes 2.6 ms for 720p and 6.4 ms for 1080p, several times as long as
the network. Large frames are therefore first sampled on a grid of about 256 x 256 points, and at
least twice the network's sides. This takes 0.2 ms, since most pixels are never read (0.4 ms instead
of 2.7 for an input of 216 x 384 from 720p). The grid is then halved by area averaging until it has
the network's size. The effect on the maps is negligible: NSS of an earlier uvanet-64 on val was
1.884 with the full filter and 1.882 with the grid; on talk it was 3.341 and 3.328, and 3.346 with a
finer grid.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import cv2
import numpy as np

from uvanet.decoded_picture import YuvPicture, as_bgr
from uvanet.errors import UsageError
from uvanet.i18n import tr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from uvanet.decoded_picture import DecodedPicture

MAX_GRID_POINTS = 120 * 1024
"""Largest grid that is halved more than once. With a limit of 80 * 1024, the lowest CC between maps
of the demo at 64 x 112 and those with the area filter was .962 instead of .998."""

MIN_SAMPLED_PIXELS = 4 * 256 * 256
"""Smallest frame that is sampled; for smaller frames the area filter is fast enough."""


class InputResizer:
    """Resizes frames to the network's input size. Reuses its buffers; not thread-safe.

    Args:
        size: Height and width of the result, pixels.

    Raises:
        ValueError: A side is below 1.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        if min(size) < 1:
            raise ValueError(f"no input size: {size}")
        self.size = size
        halvings = 1
        while size[0] * size[1] << 2 * (halvings + 1) <= MAX_GRID_POINTS:
            halvings += 1
        # The grid, then the result of each halving; the last is the network's input.
        shapes = [(size[0] << n, size[1] << n) for n in range(halvings, -1, -1)]
        self._steps = [np.empty((*shape, 3), np.uint8) for shape in shapes]
        # The same for the planes Y, U and V of decoded pictures. Chroma planes have half the size,
        # and so does their grid, unless it would not be halved at all.
        chroma = shapes[1:] if halvings > 1 else shapes
        self._planes = [
            [np.empty(shape, np.uint8) for shape in grids] for grids in (shapes, chroma, chroma)
        ]

    def __call__(
        self, image: NDArray[np.uint8] | DecodedPicture, *, bgr: bool = False
    ) -> NDArray[np.uint8]:
        """Resizes a frame; the aspect ratio is not kept.

        Args:
            image: uint8, (h, w, 3), at least 1 x 1; or a decoded picture. A `YuvPicture` is
                converted to RGB after it was resized.
            bgr: Whether the image is BGR; the result is always RGB.

        Returns:
            RGB, uint8, (*size, 3). The next call overwrites it.
        """
        result = self._steps[-1]
        if not isinstance(image, YuvPicture):
            image, bgr = as_bgr(image), bgr or not isinstance(image, np.ndarray)
            self._shrink(image, self._steps, MIN_SAMPLED_PIXELS)
            if bgr:
                cv2.cvtColor(result, cv2.COLOR_BGR2RGB, dst=result)
            return result
        for plane, steps, part in zip(image.planes(), self._planes, (1, 4, 4), strict=True):
            self._shrink(plane, steps, MIN_SAMPLED_PIXELS // part)
        yuv = cv2.merge([steps[-1] for steps in self._planes])
        return np.asarray(cv2.transform(yuv, image.matrix.to_rgb, dst=result), np.uint8)

    def _shrink(
        self, image: NDArray[np.uint8], steps: list[NDArray[np.uint8]], min_sampled: int
    ) -> None:
        """Resizes an image or a plane into the last of `steps`."""
        height, width = image.shape[:2]
        grid, result = steps[0], steps[-1]
        # If a side had fewer pixels than the grid, the grid would repeat lines.
        if height * width >= min_sampled and height >= grid.shape[0] and width >= grid.shape[1]:
            _resize(image, grid, cv2.INTER_NEAREST_EXACT if grid is not result else cv2.INTER_AREA)
            for larger, smaller in itertools.pairwise(steps):
                _resize(larger, smaller, cv2.INTER_AREA)
        else:
            # The area filter would enlarge pixels to blocks.
            shrinks = height >= self.size[0] and width >= self.size[1]
            _resize(image, result, cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def resize_to_input(
    image: NDArray[np.uint8], size: tuple[int, int], *, bgr: bool = False
) -> NDArray[np.uint8]:
    """Resizes one picture into a new array; see `InputResizer`."""
    return InputResizer(size)(image, bgr=bgr)


def resize_to_image(saliency: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Resizes a map to the (height, width) of a picture; float32, 0..1."""
    height, width = shape
    large = cv2.resize(saliency, (width, height), interpolation=cv2.INTER_CUBIC)
    # Cubic interpolation overshoots beside steep peaks.
    return np.clip(large, 0, 1).astype(np.float32, copy=False)


def check_image(image: NDArray[np.uint8]) -> None:
    """Checks the type and shape of a picture.

    Raises:
        UsageError: `image` is not uint8 of shape (h, w, 3) with at least one pixel.
    """
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8:
        kind = getattr(image, "dtype", type(image).__name__)
        raise UsageError(
            tr("A picture must be a uint8 array, not {kind}.").format(kind=kind),
            tr("Scale it to 0..255."),
        )
    if image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise UsageError(
            tr("A picture must have the shape (h, w, 3), not {shape}.").format(shape=image.shape),
            tr("Give a picture with at least one pixel; convert gray or RGBA to RGB first."),
        )


def _resize(image: NDArray[np.uint8], into: NDArray[np.uint8], interpolation: int) -> None:
    cv2.resize(image, into.shape[1::-1], dst=into, interpolation=interpolation)
