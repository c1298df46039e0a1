"""Views of a picture: crops and mirror images, with the gaze that lies in them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from uvanet.data.gaze import density_map


@dataclass(frozen=True, slots=True)
class View:
    """A part of a picture; lengths are shares of the picture's sides.

    Attributes:
        x: Left edge.
        y: Top edge.
        width: Width.
        height: Height.
        flip: Whether it is mirrored left to right.
    """

    x: float = 0.0
    y: float = 0.0
    width: float = 1.0
    height: float = 1.0
    flip: bool = False

    def pixels(self, width: int, height: int) -> tuple[int, int]:
        """Width and height of the view in pixels, for a picture of this width and height."""
        return max(8, round(self.width * width)), max(8, round(self.height * height))

    def cut(self, image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
        """Crops the view from RGB uint8 (h, w, 3) and resizes it to (width, height) pixels."""
        rows, columns = image.shape[:2]
        x0, y0 = int(self.x * columns), int(self.y * rows)
        x1 = max(x0 + 1, round((self.x + self.width) * columns))
        y1 = max(y0 + 1, round((self.y + self.height) * rows))
        part = image[y0:y1, x0:x1]
        shrinks = part.shape[1] >= size[0] and part.shape[0] >= size[1]
        kernel = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        result = cv2.resize(part, size, interpolation=kernel)
        if self.flip:
            result = result[:, ::-1]
        return np.ascontiguousarray(result, np.uint8)

    def density(
        self, fixations: NDArray[np.float32], size: tuple[int, int], shape: tuple[int, int]
    ) -> NDArray[np.float32]:
        """Returns the density of the gaze inside the view.

        Args:
            fixations: (n, 2), x and y in pixels of the whole picture.
            size: Width and height of the whole picture, pixels.
            shape: Height and width of the density map.

        Returns:
            float32 of `shape`, sum 1; all zero without gaze in the view.
        """
        scale = np.array([self.width * size[0], self.height * size[1]], np.float32)
        offset = np.array([self.x * size[0], self.y * size[1]], np.float32)
        points = fixations - offset
        if self.flip:
            points = points * [-1, 1] + [scale[0], 0]
        return density_map(points.astype(np.float32), (scale[0], scale[1]), shape)


def random_view(rng: np.random.Generator, min_zoom: float) -> View:
    """Returns a random view that shows at least `min_zoom` of each side.

    Its aspect ratio varies, so that a student is trained at all shapes of input.
    """
    zoom, stretch = rng.uniform(min_zoom, 1.0), float(np.exp(rng.uniform(-0.2, 0.25)))
    width = float(np.clip(zoom * stretch, min_zoom, 1.0))
    height = float(np.clip(zoom / stretch, min_zoom, 1.0))
    x, y = rng.uniform(0, 1 - width), rng.uniform(0, 1 - height)
    return View(x, y, width, height, bool(rng.random() < 0.5))
