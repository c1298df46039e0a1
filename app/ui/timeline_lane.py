"""Base class of the lanes of the timeline, and its time axis."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, QRectF, Signal
from PySide6.QtGui import QImage, QPainter


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """Maps the time of a source to pixels of the timeline.

    Attributes:
        left: Position of the start, pixels.
        width: Distance from start to end, pixels.
        duration: Duration of the source, seconds; 0 without a source.
    """

    left: float = 0.0
    width: float = 1.0
    duration: float = 0.0

    def x(self, seconds: float) -> float:
        """Returns the position of a time, pixels; limited to the axis."""
        if self.duration <= 0:
            return self.left
        return self.left + self.width * min(max(seconds / self.duration, 0.0), 1.0)

    def seconds(self, x: float) -> float:
        """Returns the time at a position, seconds; limited to the source."""
        return min(max((x - self.left) / max(self.width, 1.0), 0.0), 1.0) * self.duration


class Lane(QObject):
    """Base class of lanes. A lane does not depend on the size or the other lanes of the timeline.

    Signals:
        changed: The lane has to be painted again; its height may have changed.

    Attributes:
        optional: Whether the lane is hidden in a low window.
    """

    changed = Signal()
    optional = False

    @property
    def height(self) -> int:
        """Height of the lane, pixels; 0 hides it."""
        return 0

    def paint(self, painter: QPainter, area: QRectF, axis: TimeAxis) -> None:
        """Paints the lane inside an area of the timeline."""

    def text(self, seconds: float) -> str:
        """Returns the text of the preview about a time; may be empty."""
        del seconds
        return ""

    def picture(self, seconds: float) -> QImage | None:
        """Returns a picture of the source near a time; None without one."""
        del seconds
        return None
