"""The layer of the predicted scanpath, with a note in a corner of the picture."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPolygonF

from app.ui.layers import Layer, ToWidget, paint_pill
from uvanet.analysis import Peak

_RADIUS = 13.0  # pixels


class ScanpathLayer(Layer):
    """Paints numbered fixations joined by a line, and a note in the corner."""

    def __init__(self, font: QFont) -> None:
        super().__init__()
        self._font = font
        self.fixations: Sequence[Peak] = ()
        self.note = ""

    def show_fixations(self, fixations: Sequence[Peak]) -> None:
        """Sets the fixations, in temporal order; empty for none."""
        if fixations or self.fixations:
            self.fixations = fixations
            self.changed.emit()

    def show_note(self, note: str) -> None:
        """Sets the note in the corner of the picture; empty for none."""
        if note != self.note:
            self.note = note
            self.changed.emit()

    def paint(self, painter: QPainter, to_widget: ToWidget) -> None:
        """Paints the line, the fixations and the note."""
        points = [to_widget(fixation.x, fixation.y) for fixation in self.fixations]
        for color, width in ((QColor(0, 0, 0, 130), 4.5), (QColor("#ffffff"), 2.0)):
            painter.setPen(QPen(color, width))
            painter.drawPolyline(QPolygonF(points))
        bold = QFont(self._font)
        bold.setBold(True)
        painter.setFont(bold)
        for number, point in enumerate(points, start=1):
            self._paint_fixation(painter, point, number)
        if self.note:
            corner = to_widget(0.0, 1.0)
            height = painter.fontMetrics().height() + 8
            paint_pill(painter, self._font, corner.x() + 12, corner.y() - height - 12, self.note)

    def _paint_fixation(self, painter: QPainter, point: QPointF, number: int) -> None:
        first = number == 1
        painter.setPen(QPen(QColor(0, 0, 0, 150), 2.0))
        painter.setBrush(QColor("#ffffff") if first else QColor(24, 27, 33, 235))
        painter.drawEllipse(point, _RADIUS, _RADIUS)
        if not first:
            painter.setPen(QPen(QColor("#ffffff"), 1.6))
            painter.drawEllipse(point, _RADIUS - 1, _RADIUS - 1)
        painter.setPen(QColor("#15181d") if first else QColor("#ffffff"))
        box = QRectF(point.x() - _RADIUS, point.y() - _RADIUS, 2 * _RADIUS, 2 * _RADIUS)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(number))
