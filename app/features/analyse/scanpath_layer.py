"""The predicted order of looks, and what else is said over the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPen, QPolygonF

from app.ui.layers import Layer, paint_pill

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPainter

    from app.ui.layers import ToWidget
    from uvanet.analysis import Peak

_RADIUS = 13.0


class ScanpathLayer(Layer):
    """Numbered points joined by a line, and a note in the corner."""

    def __init__(self, font: QFont) -> None:
        super().__init__()
        self._font = font
        self.looks: Sequence[Peak] = ()
        self.note = ""

    def show_looks(self, looks: Sequence[Peak]) -> None:
        """Shows looks in their order; none for nothing."""
        if looks or self.looks:
            self.looks = looks
            self.changed.emit()

    def show_note(self, note: str) -> None:
        """Says something in the picture's corner; empty for nothing."""
        if note != self.note:
            self.note = note
            self.changed.emit()

    def paint(self, painter: QPainter, to_widget: ToWidget) -> None:
        """Paints line, points and note."""
        places = [to_widget(look.x, look.y) for look in self.looks]
        for colour, width in ((QColor(0, 0, 0, 130), 4.5), (QColor("#ffffff"), 2.0)):
            painter.setPen(QPen(colour, width))
            painter.drawPolyline(QPolygonF(places))
        bold = QFont(self._font)
        bold.setBold(True)
        painter.setFont(bold)
        for number, place in enumerate(places, start=1):
            self._paint_point(painter, place, number)
        if self.note:
            corner = to_widget(0.0, 1.0)
            height = painter.fontMetrics().height() + 8
            paint_pill(painter, self._font, corner.x() + 12, corner.y() - height - 12, self.note)

    def _paint_point(self, painter: QPainter, place: QPointF, number: int) -> None:
        first = number == 1
        painter.setPen(QPen(QColor(0, 0, 0, 150), 2.0))
        painter.setBrush(QColor("#ffffff") if first else QColor(24, 27, 33, 235))
        painter.drawEllipse(place, _RADIUS, _RADIUS)
        if not first:
            painter.setPen(QPen(QColor("#ffffff"), 1.6))
            painter.drawEllipse(place, _RADIUS - 1, _RADIUS - 1)
        painter.setPen(QColor("#15181d") if first else QColor("#ffffff"))
        box = QRectF(place.x() - _RADIUS, place.y() - _RADIUS, 2 * _RADIUS, 2 * _RADIUS)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(number))
