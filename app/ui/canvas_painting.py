"""Parts of the canvas that do not depend on its state: margins, corners and texts."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen

from app.ui.i18n import tr
from app.ui.theme import theme_colors

_RADIUS = 10.0  # pixels
_SMALL = 320  # pixels; a narrower canvas has a smaller font
_LIGHT, _LIGHT_QUIET = "#f4f5f7", "#c8ccd2"  # text on a dimmed picture


def fill_around(painter: QPainter, area: QRect, picture: QRectF, color: QColor) -> None:
    """Fills the margins around the picture, which is faster than filling the whole area."""
    inner = picture.toAlignedRect()
    width, height = area.width(), area.height()
    for strip in (
        QRect(0, 0, width, inner.top() + 1),
        QRect(0, inner.bottom(), width, height - inner.bottom()),
        QRect(0, 0, inner.left() + 1, height),
        QRect(inner.right(), 0, width - inner.right(), height),
    ):
        painter.fillRect(strip, color)


def round_corners(painter: QPainter, picture: QRectF, color: QColor) -> None:
    """Paints round corners over the picture, which is faster than a clip path."""
    radius = min(_RADIUS, picture.width() / 4, picture.height() / 4)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for x, dx in ((picture.left(), 1), (picture.right(), -1)):
        for y, dy in ((picture.top(), 1), (picture.bottom(), -1)):
            corner = QPainterPath(QPointF(x, y))
            corner.lineTo(x + dx * radius, y)
            corner.quadTo(x + dx * radius * 0.12, y + dy * radius * 0.12, x, y + dy * radius)
            corner.closeSubpath()
            painter.fillPath(corner, color)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def paint_empty(painter: QPainter, area: QRect) -> None:
    """Paints the background of a canvas without a picture."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme_colors().stage))
    painter.drawRoundedRect(QRectF(area), _RADIUS, _RADIUS)


def paint_message(
    painter: QPainter, area: QRect, title: str, detail: str, dimmed: QRectF | None
) -> None:
    """Paints a title and a detail in the center.

    Args:
        painter: A painter with the font of the canvas.
        area: Rectangle of the canvas.
        title: Text above the center, in a larger font.
        detail: Text below the center.
        dimmed: Rectangle of the picture, which is dimmed; None without a picture.
    """
    color, quiet = QColor(theme_colors().text), QColor(theme_colors().quiet)
    if dimmed is not None:
        painter.fillRect(dimmed, QColor(0, 0, 0, 150))
        color, quiet = QColor(_LIGHT), QColor(_LIGHT_QUIET)
    font = painter.font()
    large = QFont(font)
    small = area.width() < _SMALL
    large.setPointSizeF(large.pointSizeF() * (1.1 if small else 1.45))
    gap = 8 if small else 24
    inner = QRectF(area).adjusted(gap, gap, -gap, -gap)
    flags = int(Qt.AlignmentFlag.AlignHCenter) | int(Qt.TextFlag.TextWordWrap)
    painter.setFont(large)
    above, below = QRectF(inner), QRectF(inner)
    # A title without a detail may use the whole height.
    above.setBottom(inner.center().y() if detail else inner.bottom())
    below.setTop(inner.center().y() + 8)
    side = Qt.AlignmentFlag.AlignBottom if detail else Qt.AlignmentFlag.AlignVCenter
    painter.setPen(color)
    painter.drawText(above, flags | int(side), title)
    painter.setFont(font)
    painter.setPen(quiet)
    painter.drawText(below, flags | int(Qt.AlignmentFlag.AlignTop), detail)


def paint_drop_hint(painter: QPainter, area: QRect) -> None:
    """Paints a frame and a text for a dragged file."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    frame = QRectF(area).adjusted(6, 6, -6, -6)
    painter.setBrush(QColor(0, 0, 0, 140))
    painter.setPen(QPen(QColor(theme_colors().accent), 2, Qt.PenStyle.DashLine))
    painter.drawRoundedRect(frame, _RADIUS, _RADIUS)
    painter.setPen(QColor(_LIGHT))
    painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, tr("Drop to open"))
