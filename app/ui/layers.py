"""What can lie over the picture on the canvas and be touched there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent

ToWidget = Callable[[float, float], QPointF]
"""From picture coordinates, 0..1 from the top left, to the widget's."""


class Layer(QObject):
    """Something over the picture, in picture coordinates: 0..1 from the top left.

    The canvas maps, so a layer knows neither the widget's size nor its zoom. Points of the mouse
    may lie outside 0..1; `near` is what counts as close, across and down.

    Signals:
        changed: It wants to be painted anew.
    """

    changed = Signal()

    def paint(self, painter: QPainter, to_widget: ToWidget) -> None:
        """Paints itself, in the widget's coordinates."""

    def press(self, point: QPointF, near: QPointF) -> bool:
        """The left button went down; True takes the mouse until it is let go."""
        return False

    def drag(self, point: QPointF) -> None:
        """The mouse that this layer took has moved."""

    def release(self, point: QPointF) -> None:
        """The button of the mouse that this layer took went up."""

    def double_click(self, point: QPointF) -> bool:
        """A second press came soon; True where that means something here."""
        return False

    def hover(self, point: QPointF, near: QPointF) -> Qt.CursorShape | None:
        """The mouse moves about; gives the cursor to show, None where there is nothing."""
        return None

    def claims(self, event: QKeyEvent) -> bool:
        """Whether a key should come here before the window's shortcuts see it."""
        return False

    def key(self, event: QKeyEvent) -> bool:
        """A key was pressed with the focus on the picture; True where it did something."""
        return False


class LayerHost:
    """The canvas's side: who gets the mouse and the keys. The last layer lies on top."""

    def __init__(self) -> None:
        self.layers: list[Layer] = []
        self._holder: Layer | None = None

    def paint(self, painter: QPainter, to_widget: ToWidget) -> None:
        """Paints all layers, each with a painter as it came."""
        for layer in self.layers:
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            layer.paint(painter, to_widget)
            painter.restore()

    def press(self, point: QPointF, near: QPointF) -> bool:
        """Offers the mouse to the layers, the top one first."""
        self._holder = next((one for one in self.layers[::-1] if one.press(point, near)), None)
        return self._holder is not None

    def move(self, point: QPointF, near: QPointF) -> Qt.CursorShape | None:
        """The mouse moved; gives the cursor to show, None for the usual one."""
        if self._holder is not None:
            self._holder.drag(point)
        shapes = (layer.hover(point, near) for layer in self.layers[::-1])
        return next((shape for shape in shapes if shape is not None), None)

    def release(self, point: QPointF) -> bool:
        """The mouse was let go; False where no layer held it."""
        holder, self._holder = self._holder, None
        if holder is None:
            return False
        holder.release(point)
        return True

    def double_click(self, point: QPointF) -> bool:
        """Whether a double click meant something to a layer."""
        return any(layer.double_click(point) for layer in self.layers[::-1])

    def claims(self, event: QKeyEvent) -> bool:
        """See `Layer.claims`."""
        return any(layer.claims(event) for layer in self.layers)

    def key(self, event: QKeyEvent) -> bool:
        """See `Layer.key`."""
        return any(layer.key(event) for layer in self.layers[::-1])


def paint_pill(
    painter: QPainter,
    font: QFont,
    left: float,
    top: float,
    text: str,
    dot: str = "",
    strong: str = "",
) -> QRectF:
    """Paints words on a dark rounded ground that reads on any picture.

    Args:
        painter: Smooth.
        font: The canvas's.
        left: Where its left edge is.
        top: Where its top edge is.
        text: What is said first.
        dot: Colour of a dot before the text; may be empty.
        strong: What is said after it in bold; may be empty.

    Returns:
        The ground.
    """
    bold = QFont(font)
    bold.setBold(True)
    painter.setFont(font)
    plain_width = painter.fontMetrics().horizontalAdvance(text)
    height = painter.fontMetrics().height() + 8
    painter.setFont(bold)
    strong_width = painter.fontMetrics().horizontalAdvance(strong) if strong else 0
    gap = 8 if strong and text else 0
    lead = 18 if dot else 9
    ground = QRectF(left, top, lead + plain_width + gap + strong_width + 10, height)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(12, 14, 18, 205))
    painter.drawRoundedRect(ground, height / 2.6, height / 2.6)
    if dot:
        painter.setBrush(QColor(dot))
        painter.drawEllipse(QPointF(left + 10, ground.center().y()), 4, 4)
    vertical = Qt.AlignmentFlag.AlignVCenter
    painter.setPen(QColor("#f4f5f7"))
    words = QRectF(left + lead + plain_width + gap, top, strong_width + 4, height)
    painter.drawText(words, vertical, strong)
    painter.setFont(font)
    painter.drawText(QRectF(left + lead, top, plain_width + 4, height), vertical, text)
    return ground
