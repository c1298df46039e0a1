"""The lane of the timeline that shows the shares of regions: one row per region."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from app.ui.i18n import tr
from app.ui.number_text import percent_text
from app.ui.theme import theme_colors
from app.ui.timeline_lane import Lane, TimeAxis

_ROW_HEIGHT = 8  # pixels, with the gap below
_MAX_ROWS = 4
_FULL_SHARE = 0.5  # share from which a row has its full color


class RegionLane(Lane):
    """Shows the shares of the first regions over time; the text lists all regions."""

    def __init__(self) -> None:
        super().__init__()
        self._names: Sequence[str] = ()
        self._seconds: NDArray[np.float64] = np.zeros(0)
        self._shares: Sequence[NDArray[np.float32]] = ()
        self._colors: Sequence[str] = ()
        self._step = 0.1

    @property
    def height(self) -> int:
        """Height of the lane, pixels; 0 without regions."""
        return _ROW_HEIGHT * min(len(self._names), _MAX_ROWS)

    def show_shares(
        self,
        names: Sequence[str],
        seconds: NDArray[np.float64],
        shares: Sequence[NDArray[np.float32]],
        colors: Sequence[str],
        step: float,
    ) -> None:
        """Sets the data.

        Args:
            names: Names of the regions; empty hides the lane.
            seconds: Times in the source, ascending, float64, shape (n,).
            shares: Shares of each region at these times, 0..1, float32, shape (n,).
            colors: Color of each region, "#rrggbb".
            step: Interval of the values, seconds.
        """
        self._names, self._seconds, self._shares = names, seconds, shares
        self._colors, self._step = colors, step
        self.changed.emit()

    def text(self, seconds: float) -> str:
        """Returns the shares at a time, one line per region."""
        if not self._names or not len(self._seconds):
            return ""
        index = int(np.argmin(np.abs(self._seconds - seconds)))
        if abs(self._seconds[index] - seconds) > 3 * self._step:
            return ""
        rows = zip(self._names, self._shares, strict=True)
        return "\n".join(
            tr("{name}: {share}").format(name=name, share=percent_text(float(values[index])))
            for name, values in rows
        )

    def paint(self, painter: QPainter, area: QRectF, axis: TimeAxis) -> None:
        """Paints a row for each region."""
        columns = max(1, min(2048, round(axis.width)))
        starts = np.minimum(
            (self._seconds / max(axis.duration, 1e-9) * columns).astype(int), columns - 1
        )
        width = max(1, round(columns * self._step / max(axis.duration, 1e-9) + 0.5))
        for index, values in enumerate(self._shares[:_MAX_ROWS]):
            top = area.top() + index * _ROW_HEIGHT
            row = QRectF(axis.left, top, axis.width, _ROW_HEIGHT - 2)
            painter.fillRect(row, QColor(theme_colors().surface))
            strength = np.zeros(columns, np.float32)
            for offset in range(width):
                np.maximum.at(strength, np.minimum(starts + offset, columns - 1), values)
            color = QColor(self._colors[index])
            pixels = np.empty((1, columns, 4), np.uint8)
            pixels[..., :3] = (color.blue(), color.green(), color.red())
            pixels[..., 3] = np.clip(strength / _FULL_SHARE, 0.0, 1.0) * 255
            image = QImage(pixels.data, columns, 1, 4 * columns, QImage.Format.Format_ARGB32)
            painter.drawImage(row, image)
