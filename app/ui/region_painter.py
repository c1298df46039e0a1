"""Paints regions and their labels over the picture."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen, QPolygonF

from app.ui.layers import ToWidget, paint_pill, pill_size
from app.ui.number_text import percent_text
from app.ui.region_geometry import Point, handles
from uvanet.analysis.regions import Region, Shape
from uvanet.video.label_layout import Box, place_labels
from uvanet.video.layers import color_of, region_color

_LABEL_GAP = 5.0  # pixels


class RegionPainter:
    """Paints the regions of one layer.

    Args:
        painter: A painter in widget coordinates, with antialiasing.
        to_widget: Maps picture coordinates to widget coordinates.
        font: The font of the labels.
    """

    def __init__(self, painter: QPainter, to_widget: ToWidget, font: QFont) -> None:
        self._painter = painter
        self._to_widget = to_widget
        self._font = QFont(font)
        self._font.setPointSizeF(font.pointSizeF() * 1.12)

    def paint_outline(
        self, region: Region, index: int, *, selected: bool, handles_shown: bool
    ) -> None:
        """Paints the outline of a region; thicker if it is selected, optionally with handles."""
        width = 2.8 if selected else 1.8
        self._stroke(region.shape, region.points, color_of(region, index), width)
        if handles_shown and not region.locked:
            self._painter.setPen(QPen(QColor(12, 14, 18), 1))
            self._painter.setBrush(QColor("#ffffff"))
            for x, y in handles(region):
                self._painter.drawEllipse(self._to_widget(x, y), 4.5, 4.5)

    def paint_labels(self, regions: Sequence[Region], shares: Sequence[float]) -> None:
        """Paints name and share at each region, where no other label is.

        Args:
            regions: The regions.
            shares: Their shares; those of the last regions may be missing.
        """
        colors = [color_of(region, index) for index, region in enumerate(regions)]
        # Room for the widest share, so that labels keep their places while the shares change.
        widest = percent_text(1.0) if shares else ""
        sizes = tuple(
            pill_size(self._painter, self._font, region.name, color, widest).toTuple()
            for region, color in zip(regions, colors, strict=True)
        )
        boxes = tuple(self._widget_box(*region.box) for region in regions)
        places = place_labels(boxes, sizes, self._widget_box(0.0, 0.0, 1.0, 1.0), _LABEL_GAP)
        for index, (left, top) in enumerate(places):
            text = percent_text(shares[index]) if index < len(shares) else ""
            name, color = regions[index].name, colors[index]
            paint_pill(self._painter, self._font, left, top, name, color, text)

    def _widget_box(self, left: float, top: float, right: float, bottom: float) -> Box:
        """A box of the picture in widget coordinates."""
        first, second = self._to_widget(left, top), self._to_widget(right, bottom)
        return first.x(), first.y(), second.x(), second.y()

    def paint_draft(self, shape: Shape, points: Sequence[Point], index: int) -> None:
        """Paints the shape that is being drawn; a polygon of two points is a line."""
        if len(points) > 1:
            self._stroke(shape, points, region_color(index), 2.0)

    def paint_band(self, first: Point, second: Point) -> None:
        """Paints the rectangle that selects the regions that it touches."""
        box = QRectF(self._to_widget(*first), self._to_widget(*second)).normalized()
        self._painter.setBrush(QColor(255, 255, 255, 40))
        self._painter.setPen(QPen(QColor(255, 255, 255, 200), 1, Qt.PenStyle.DashLine))
        self._painter.drawRect(box)

    def _stroke(self, shape: Shape, points: Sequence[Point], color: str, width: float) -> None:
        """Paints a colored line with a dark edge, visible on dark and bright pictures."""
        corners = [self._to_widget(x, y) for x, y in points]
        path, painter = QPainterPath(), self._painter
        if shape is Shape.POLYGON:
            path.addPolygon(QPolygonF(corners))
            if len(corners) > 2:
                path.closeSubpath()
        else:
            box = QRectF(corners[0], corners[1]).normalized()
            if shape is Shape.RECTANGLE:
                path.addRoundedRect(box, 3, 3)
            else:
                path.addEllipse(box)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(0, 0, 0, 120), width + 2.4))
        painter.drawPath(path)
        painter.setPen(QPen(QColor(color), width))
        painter.drawPath(path)
