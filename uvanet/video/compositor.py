"""Draws exported frames: panes side by side, contours and peaks over them, a graph below."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import cv2
import numpy as np

from uvanet.analysis.map_stats import entropy, peaks
from uvanet.video.overlay import compose, enlarge_bytes, to_bytes
from uvanet.video.yuv import blend, to_planes
from uvanet.yuv_picture import Matrix, YuvPicture

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from uvanet.video.annotated_frame import AnnotatedFrame
    from uvanet.video.job import ClipStyle

_GAP = 4
_LEVELS = (0.5, 0.75)
_PLOT_SECONDS = 10.0
_PLOT_RANGE = (0.5, 1.0)  # the entropy of a map with a low uniform part is high
_WHITE = (255, 255, 255)
_DARK = (16, 15, 14)
_GROUND = (28, 24, 22)
_LINE = (92, 176, 255)


class Compositor:
    """Draws frames in order.

    Args:
        look: The style.
        names: Labels of the panes, by the pane's name.
    """

    def __init__(self, look: ClipStyle, names: dict[str, str]) -> None:
        self._look = look
        self._names = names
        self._curve: deque[tuple[float, float]] = deque()

    def matrix(self, item: AnnotatedFrame) -> Matrix:
        """The matrix in which `planes` of the frame costs least."""
        picture = item.frame.picture
        if self._look.bare and isinstance(picture, YuvPicture):
            return picture.matrix
        return Matrix.BT601

    def planes(self, item: AnnotatedFrame, matrix: Matrix) -> NDArray[np.uint8]:
        """Returns the picture in planes, as `uvanet.video.yuv.to_planes` does."""
        if not self._look.bare:
            return to_planes(self.image(item), matrix)
        planes = to_planes(item.frame.picture, matrix)
        if self._look.panes == ("overlay",):
            blend(planes, item.smoothed, self._look.style, matrix)
        return planes

    def image(self, item: AnnotatedFrame) -> NDArray[np.uint8]:
        """Returns the picture: BGR, uint8, (h, w, 3), a new array."""
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
                _draw_contours(pane, saliency)
            if self._look.peaks:
                _draw_peaks(pane, saliency)
        if len(self._look.panes) > 1:
            _draw_label(pane, self._names[name], pane.shape[1])
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
        cv2.polylines(strip, [points], isClosed=False, color=_LINE, thickness=thick, lineType=16)
        _draw_label(strip, "spread of attention, 10 s", height * 12)
        return strip


def _resized(image: NDArray[np.uint8], height: int | None) -> NDArray[np.uint8]:
    if height is None or height == image.shape[0]:
        return image
    width = max(2, round(image.shape[1] * height / image.shape[0] / 2) * 2)
    shrinks = height < image.shape[0]
    kernel = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (width, height), interpolation=kernel), np.uint8)


def _stroke(image: NDArray[np.uint8]) -> int:
    short: int = min(image.shape[:2])
    return max(1, round(short / 400))


def _draw_contours(image: NDArray[np.uint8], saliency: NDArray[np.float32]) -> None:
    values = enlarge_bytes(to_bytes(saliency), (image.shape[1], image.shape[0]))
    highest = float(values.max())
    for level in _LEVELS:
        above = np.asarray(values >= max(1.0, level * highest), np.uint8)
        lines, _ = cv2.findContours(above, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        thick = _stroke(image)
        cv2.drawContours(image, lines, -1, _DARK, thick + 2, lineType=16)
        cv2.drawContours(image, lines, -1, _WHITE, thick, lineType=16)


def _draw_peaks(image: NDArray[np.uint8], saliency: NDArray[np.float32]) -> None:
    height, width = image.shape[:2]
    radius, thick = max(7, height // 40), _stroke(image)
    scale = radius / 20
    found = peaks(saliency, count=4, aspect=width / height, min_strength=0.35)
    for number, peak in enumerate(found, start=1):
        place = (round(peak.x * width), round(peak.y * height))
        cv2.circle(image, place, radius, _DARK, -1, lineType=16)
        cv2.circle(image, place, radius, _WHITE, thick, lineType=16)
        (wide, high), _ = cv2.getTextSize(str(number), cv2.FONT_HERSHEY_SIMPLEX, scale, thick)
        at = (place[0] - wide // 2, place[1] + high // 2)
        cv2.putText(image, str(number), at, cv2.FONT_HERSHEY_SIMPLEX, scale, _WHITE, thick, 16)


def _draw_label(image: NDArray[np.uint8], words: str, room: int) -> None:
    # OpenCV's fonts hold ASCII only.
    words = words.encode("ascii", "replace").decode()
    scale = max(0.4, min(1.6, room / 1400))
    thick = max(1, round(scale * 1.4))
    (wide, high), below = cv2.getTextSize(words, cv2.FONT_HERSHEY_SIMPLEX, scale, thick)
    margin = round(10 * scale) + 2
    corner = (2 * margin + wide, 2 * margin + high + below // 2)
    back = image[: corner[1], : corner[0]]
    back[:] = back // 2
    at = (margin, margin + high)
    cv2.putText(image, words, at, cv2.FONT_HERSHEY_SIMPLEX, scale, _WHITE, thick, 16)
