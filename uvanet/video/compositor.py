"""Draws exported frames: panes side by side, contours and peaks over them, a graph below."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import cv2
import numpy as np

from uvanet.analysis.map_stats import entropy
from uvanet.decoded_picture import Matrix, YuvPicture
from uvanet.overlay import compose
from uvanet.video.layers import (
    draw_color_bar,
    draw_contours,
    draw_label,
    draw_peaks,
    draw_regions,
    draw_scanpath,
)
from uvanet.video.yuv import PlaneBlender, to_planes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from uvanet.analysis.regions import RegionMask
    from uvanet.video.annotated_frame import AnnotatedFrame
    from uvanet.video.job import ClipStyle

_GAP = 4
_PLOT_SECONDS = 10.0
_PLOT_RANGE = (0.5, 1.0)  # entropy of most maps, which have a low uniform part
_DARK = (16, 15, 14)
_GROUND = (28, 24, 22)
_LINE = (92, 176, 255)


class Compositor:
    """Draws frames in the order of time.

    Args:
        look: The style.
        names: Label of each pane, by the pane's name.
        regions: The regions; drawn if the style asks for them.
    """

    def __init__(
        self, look: ClipStyle, names: dict[str, str], regions: Sequence[RegionMask] = ()
    ) -> None:
        self._look = look
        self._regions = regions
        self._names = names
        self._curve: deque[tuple[float, float]] = deque()
        self._blender = PlaneBlender()

    def matrix(self, item: AnnotatedFrame) -> Matrix:
        """The color matrix with which `planes` needs the least conversion."""
        picture = item.frame.picture
        if self._look.bare and isinstance(picture, YuvPicture):
            return picture.matrix
        return Matrix.BT601

    def planes(self, item: AnnotatedFrame, matrix: Matrix) -> NDArray[np.uint8]:
        """Returns the drawn frame in planes; see `uvanet.video.yuv.to_planes`."""
        if not self._look.bare:
            return to_planes(self.image(item), matrix)
        planes = to_planes(item.frame.picture, matrix)
        if self._look.panes == ("overlay",):
            self._blender.blend(planes, item.smoothed, self._look.style, matrix)
        return planes

    def image(self, item: AnnotatedFrame) -> NDArray[np.uint8]:
        """Returns the drawn frame: BGR, uint8, (h, w, 3), a new array."""
        panes = [self._pane(name, item) for name in self._look.panes]
        whole = panes[0]
        if len(panes) > 1:
            gap = np.full((panes[0].shape[0], _GAP, 3), _DARK, np.uint8)
            row = [part for pane in panes for part in (gap, pane)][1:]
            whole = np.concatenate(row, axis=1)
        return np.concatenate([whole, self._graph(item, whole)]) if self._look.plot else whole

    def _pane(self, name: str, item: AnnotatedFrame) -> NDArray[np.uint8]:
        image = _resized(item.frame.image, self._look.height)
        saliency = item.teacher if name == "teacher" else item.smoothed
        if name == "original" or saliency is None:
            pane = image.copy()
        else:
            pane = compose(image, saliency, self._look.style)
            if self._look.contours:
                draw_contours(pane, saliency)
            if self._look.peaks:
                draw_peaks(pane, saliency)
            if self._look.scanpath:
                draw_scanpath(pane, saliency)
            if self._look.color_bar:
                draw_color_bar(pane, self._look.style)
            if self._look.regions:
                draw_regions(pane, self._regions, item.saliency)
        if len(self._look.panes) > 1:
            # At the bottom, since the names of regions are above the regions.
            size = max(10, pane.shape[1] // 45)
            draw_label(pane, self._names[name], size, (0, pane.shape[0]))
        return pane

    def _graph(self, item: AnnotatedFrame, above: NDArray[np.uint8]) -> NDArray[np.uint8]:
        now = item.frame.pts
        if self._curve and now < self._curve[-1][0]:
            self._curve.clear()
        self._curve.append((now, entropy(item.saliency)))
        while self._curve[0][0] < now - _PLOT_SECONDS:
            self._curve.popleft()
        width, height = above.shape[1], max(40, above.shape[0] // 8)
        strip = np.full((height, width, 3), _GROUND, np.uint8)
        times, values = np.array(self._curve).T
        x = width - 1 - (now - times) / _PLOT_SECONDS * (width - 1)
        part = (np.clip(values, *_PLOT_RANGE) - _PLOT_RANGE[0]) / (_PLOT_RANGE[1] - _PLOT_RANGE[0])
        y = (1 - part) * (height - 9) + 4
        points = np.column_stack([x, y]).round().astype(np.int32)
        thick = max(1, height // 48)
        cv2.polylines(strip, [points], False, _LINE, thick, cv2.LINE_AA)
        draw_label(strip, "spread of attention, 10 s", max(10, height // 6))
        return strip


def _resized(image: NDArray[np.uint8], height: int | None) -> NDArray[np.uint8]:
    if height is None or height == image.shape[0]:
        return image
    width = max(2, round(image.shape[1] * height / image.shape[0] / 2) * 2)
    shrinks = height < image.shape[0]
    kernel = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (width, height), interpolation=kernel), np.uint8)
