"""The colors of the heat map from low to high attention: in the card, and over the picture."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.i18n import tr
from app.ui.layers import Layer, ToWidget
from app.ui.number_text import percent_text
from app.ui.theme import theme_colors
from uvanet.overlay import OverlayStyle, heat_image

_STRIP, _GAP, _PAD = 10, 8, 8  # pixels: height of the strip; beside it; around all
_LAYER_WIDTH = 120  # of the strip over the picture
_BACKGROUND = QColor(12, 14, 18, 205)
_PICTURE = QColor(128, 128, 128)  # the picture below the heat map, as a plain gray


def _strip(style: OverlayStyle) -> QImage:
    """The heat map of the values 0..1 from left to right, translucent as over the picture."""
    values = np.linspace(0.0, 1.0, 256, dtype=np.float32)[None]
    pixels = heat_image(values, style, (256, 1))
    form = QImage.Format.Format_ARGB32_Premultiplied
    return QImage(pixels.tobytes(), 256, 1, 1024, form).copy()


class ColorBar(QWidget):
    """The color bar in the card of the overlay: a strip of colors above "low" and "high"."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()
        self.setAccessibleName(tr("Color bar"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_style(self, style: OverlayStyle) -> None:
        """Shows the colors of a style."""
        self._image = _strip(style)
        text = tr(
            "Attention of each place as a share of the highest in the frame. "
            "Nothing is drawn below the threshold of {threshold}."
        ).format(threshold=percent_text(style.threshold))
        self.setToolTip(text)
        self.setAccessibleDescription(text)
        self.update()

    def sizeHint(self) -> QSize:
        """Size of the strip and a line of text."""
        return QSize(160, _STRIP + 4 + self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the strip and the texts."""
        colors, painter = theme_colors(), QPainter(self)
        strip = QRectF(0, 0, self.width(), _STRIP)
        painter.fillRect(strip, _PICTURE)
        painter.drawImage(strip, self._image)
        texts = QRectF(0, _STRIP + 3, self.width(), self.fontMetrics().height())
        painter.setPen(QColor(colors.quiet))
        for text, side in (
            (tr("low"), Qt.AlignmentFlag.AlignLeft),
            (tr("share of attention"), Qt.AlignmentFlag.AlignHCenter),
            (tr("high"), Qt.AlignmentFlag.AlignRight),
        ):
            painter.drawText(texts, side, text)
        painter.end()


class ColorBarLayer(Layer):
    """The color bar in the lower right corner of the picture."""

    def __init__(self) -> None:
        super().__init__()
        self._image = QImage()
        self.shown = False

    def show_style(self, style: OverlayStyle, *, shown: bool) -> None:
        """Shows the colors of a style, or hides them."""
        self._image, self.shown = _strip(style), shown
        self.changed.emit()

    def paint(self, painter: QPainter, to_widget: ToWidget) -> None:
        """Paints the strip between "low" and "high" on a dark background."""
        if not self.shown:
            return
        low, high, metrics = tr("low"), tr("high"), painter.fontMetrics()
        before, after = metrics.horizontalAdvance(low), metrics.horizontalAdvance(high)
        width = _LAYER_WIDTH + before + after + 2 * (_GAP + _PAD)
        height = metrics.height() + _PAD
        visible = QRectF(painter.viewport()).intersected(
            QRectF(to_widget(0.0, 0.0), to_widget(1.0, 1.0))
        )
        if visible.width() < width + 2 * _PAD or visible.height() < height + 2 * _PAD:
            return
        corner = visible.bottomRight() - QPointF(width + _PAD, height + _PAD)
        background = QRectF(corner.x(), corner.y(), width, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_BACKGROUND)
        painter.drawRoundedRect(background, 6, 6)
        inner = background.adjusted(_PAD, 0, -_PAD, 0)
        painter.setPen(QColor("#f4f5f7"))
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, low)
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, high)
        left = inner.left() + before + _GAP
        strip = QRectF(left, inner.center().y() - _STRIP / 2, _LAYER_WIDTH, _STRIP)
        painter.fillRect(strip, _PICTURE)
        painter.drawImage(strip, self._image)
