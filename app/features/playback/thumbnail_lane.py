"""The lane of thumbnails in the timeline."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from app.features.playback.previews import Previews
from app.ui.theme import theme_colors
from app.ui.timeline_lane import Lane, TimeAxis

_HEIGHT = 34


class ThumbnailLane(Lane):
    """Thumbnails of the source over its time, and the preview of the time under the mouse.

    Only the thumbnails that are visible are decoded.

    Args:
        previews: Decodes and keeps the pictures.
    """

    optional = True

    def __init__(self, previews: Previews) -> None:
        super().__init__()
        self._previews = previews
        self._aspect = 0.0
        self._enabled = False
        previews.loaded.connect(self.changed)

    @property
    def height(self) -> int:
        """Height in pixels; 0 for a source without thumbnails."""
        return _HEIGHT if self._aspect else 0

    def set_source(self, aspect: float) -> None:
        """Shows another source.

        Args:
            aspect: Width of its picture divided by the height; 0 for a source without thumbnails.
        """
        self._aspect, self._enabled = aspect, False
        self.changed.emit()

    def enable(self) -> None:
        """Allows decoding; called once the first picture of the source was painted."""
        if not self._enabled:
            self._enabled = True
            self.changed.emit()

    def paint(self, painter: QPainter, area: QRectF, axis: TimeAxis) -> None:
        """Paints the thumbnails side by side, each for the time at its middle."""
        width = area.height() * self._aspect
        right = axis.left + axis.width
        painter.setClipRect(QRectF(axis.left, area.top(), axis.width, area.height()))
        painter.setRenderHint(painter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(area, QColor(theme_colors().surface))
        missing = []
        for number in range(int(axis.width // width) + 1):
            left = axis.left + number * width
            slot = self._previews.slot(axis.seconds(min(left + width / 2, right)))
            picture = self._previews.get(slot)
            if picture is None:
                missing.append(slot)
            else:
                painter.drawImage(QRectF(left, area.top(), width, area.height()), picture)
        if self._enabled:
            self._previews.request(missing)

    def picture(self, seconds: float) -> QImage | None:
        """Returns the picture in memory for a time, or None; starts decoding the exact one."""
        if not self._aspect or not self._enabled:
            return None
        slot = self._previews.slot(seconds)
        self._previews.request_exact(slot)
        return self._previews.get(slot)
