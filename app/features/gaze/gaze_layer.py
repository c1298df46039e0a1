"""The layer of the gaze of people: a dot and a short trail for each person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app.ui.layers import Layer, ToWidget
from uvanet.video.layers import region_color

_RADIUS = 6.0  # pixels
_MAX_TRAILS = 60  # people; more lines would hide the picture


@dataclass(frozen=True, slots=True)
class Look:
    """Gaze of a person at one time.

    Attributes:
        person: Number of the person, which sets the color.
        trail: Earlier points, the oldest first; x and y, 0..1 from the top left.
        now: The current point; None between two fixations.
    """

    person: int
    trail: tuple[tuple[float, float], ...]
    now: tuple[float, float] | None


class GazeLayer(Layer):
    """Paints a dot for each person, and a line through the earlier points.

    Attributes:
        looks: The looks that are painted.
    """

    def __init__(self) -> None:
        super().__init__()
        self.looks: Sequence[Look] = ()

    def show_looks(self, looks: Sequence[Look]) -> None:
        """Sets the looks to paint; empty for none."""
        if looks or self.looks:
            self.looks = looks
            self.changed.emit()

    def paint(self, painter: QPainter, to_widget: ToWidget) -> None:
        """Paints the trails, and the dots over them."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if len(self.looks) <= _MAX_TRAILS:
            for look in self.looks:
                color = QColor(region_color(look.person))
                color.setAlpha(150)
                points = [*look.trail, *([look.now] if look.now else [])]
                painter.setPen(QPen(color, 2.0))
                painter.drawPolyline(QPolygonF([to_widget(*point) for point in points]))
        for look in self.looks:
            if look.now is not None:
                self._paint_dot(painter, to_widget(*look.now), look.person)

    def _paint_dot(self, painter: QPainter, point: QPointF, person: int) -> None:
        painter.setPen(QPen(QColor(0, 0, 0, 190), 3.4))
        painter.setBrush(QColor(region_color(person)))
        painter.drawEllipse(point, _RADIUS, _RADIUS)
        painter.setPen(QPen(QColor("#ffffff"), 1.6))
        painter.drawEllipse(point, _RADIUS, _RADIUS)
