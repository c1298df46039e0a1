"""Lanes of the timeline: what is shown over the time of a source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRectF, Signal

if TYPE_CHECKING:
    from PySide6.QtGui import QImage, QPainter


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """Maps the time of a source to pixels of the timeline.

    Attributes:
        left: Position of the start, in pixels.
        width: Distance from start to end, in pixels.
        duration: Duration of the source, in seconds; 0 without a source.
    """

    left: float = 0.0
    width: float = 1.0
    duration: float = 0.0

    def x(self, seconds: float) -> float:
        """Position of a time, in pixels."""
        if self.duration <= 0:
            return self.left
        return self.left + self.width * min(max(seconds / self.duration, 0.0), 1.0)

    def seconds(self, x: float) -> float:
        """Time at a position, limited to the source."""
        return min(max((x - self.left) / max(self.width, 1.0), 0.0), 1.0) * self.duration


class Lane(QObject):
    """Base class of lanes. A lane knows neither the size nor the other lanes of the timeline.

    Signals:
        changed: The lane has to be painted again; its height may have changed.

    Attributes:
        optional: The lane gives way in a low window.
    """

    changed = Signal()
    optional = False

    @property
    def height(self) -> int:
        """Height in pixels; 0 hides the lane."""
        return 0

    def paint(self, painter: QPainter, area: QRectF, axis: TimeAxis) -> None:
        """Paints the lane inside an area of the timeline."""

    def text(self, seconds: float) -> str:
        """What the lane tells about a time; empty for nothing."""
        del seconds
        return ""

    def picture(self, seconds: float) -> QImage | None:
        """A picture of the source at about a time; None where the lane has none."""
        del seconds
        return None
