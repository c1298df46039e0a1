"""Interactive layers over the picture on a canvas."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QObject, QPoint, QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter

_GAP = 8  # pixels between the texts of a label

ToWidget = Callable[[float, float], QPointF]
"""Maps picture coordinates, 0..1 from the top left, to widget coordinates, pixels."""


class Press(NamedTuple):
    """A press of the left button.

    Attributes:
        point: Position of the mouse, picture coordinates.
        tolerance: Horizontal and vertical distance within which the mouse hits a handle.
        extends: Whether Ctrl or Shift is held, so that the press extends the selection.
        pans: Whether a drag that no layer uses moves the picture, as the picture is zoomed.
    """

    point: QPointF
    tolerance: QPointF
    extends: bool = False
    pans: bool = False


class Layer(QObject):
    """Base class of layers. Points are in picture coordinates: 0..1 from the top left.

    The canvas converts the coordinates, so that layers do not depend on size and zoom. Points of
    the mouse may be outside 0..1. `tolerance` is the horizontal and vertical distance within which
    the mouse hits a handle.

    Signals:
        changed: The layer has to be painted again.
    """

    changed = Signal()

    def paint(self, painter: QPainter, to_widget: ToWidget) -> None:
        """Paints the layer in widget coordinates."""

    def press(self, press: Press) -> bool:
        """Handles a press of the left button; True captures the mouse until the release."""
        return False

    def context_menu(self, point: QPointF | None, position: QPoint) -> bool:
        """Handles a request for a menu; True if the layer shows one.

        Args:
            point: Position of the mouse; None for a request by key.
            position: Where to show the menu, pixels of the screen.
        """
        return False

    def drag(self, point: QPointF) -> None:
        """Handles a move of the captured mouse."""

    def release(self, point: QPointF) -> None:
        """Handles the release of the captured mouse."""

    def double_click(self, point: QPointF) -> bool:
        """Handles a double click on the picture; True if the layer uses it."""
        return False

    def hover(self, point: QPointF, tolerance: QPointF) -> Qt.CursorShape | None:
        """Handles a move of the mouse; returns the cursor to show, None for the default."""
        return None

    def claims(self, event: QKeyEvent) -> bool:
        """Returns whether the layer needs a key that is also a shortcut of the window."""
        return False

    def key(self, event: QKeyEvent) -> bool:
        """Handles a key while the picture has the focus; True if the layer uses the key."""
        return False


class LayerHost:
    """Passes mouse and key events of a canvas to its layers; the last layer is on top."""

    def __init__(self) -> None:
        self.layers: list[Layer] = []
        self._captor: Layer | None = None  # the layer that has captured the mouse

    def paint(self, painter: QPainter, to_widget: ToWidget) -> None:
        """Paints all layers; changes of the painter do not carry over to the next layer."""
        for layer in self.layers:
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            layer.paint(painter, to_widget)
            painter.restore()

    def press(self, press: Press) -> bool:
        """Offers a press to the layers from top to bottom; True if a layer captured the mouse."""
        self._captor = next((layer for layer in self.layers[::-1] if layer.press(press)), None)
        return self._captor is not None

    def context_menu(self, point: QPointF | None, position: QPoint) -> bool:
        """See `Layer.context_menu`."""
        return any(layer.context_menu(point, position) for layer in self.layers[::-1])

    def move(self, point: QPointF, tolerance: QPointF) -> Qt.CursorShape | None:
        """Passes a move of the mouse on; returns the cursor to show, None for the default."""
        if self._captor is not None:
            self._captor.drag(point)
        shapes = (layer.hover(point, tolerance) for layer in self.layers[::-1])
        return next((shape for shape in shapes if shape is not None), None)

    def release(self, point: QPointF) -> bool:
        """Releases the mouse; False if no layer had captured it."""
        captor, self._captor = self._captor, None
        if captor is None:
            return False
        captor.release(point)
        return True

    def double_click(self, point: QPointF) -> bool:
        """See `Layer.double_click`."""
        return any(layer.double_click(point) for layer in self.layers[::-1])

    def claims(self, event: QKeyEvent) -> bool:
        """See `Layer.claims`."""
        return any(layer.claims(event) for layer in self.layers)

    def key(self, event: QKeyEvent) -> bool:
        """See `Layer.key`."""
        return any(layer.key(event) for layer in self.layers[::-1])


def pill_size(painter: QPainter, font: QFont, text: str, dot: str, strong: str) -> QSizeF:
    """Returns the size of the background of a label, see `paint_pill`."""
    plain, bold = _metrics(painter, font)
    gap = _GAP if strong and text else 0
    width = plain.horizontalAdvance(text) + gap + bold.horizontalAdvance(strong)
    return QSizeF(_lead(dot) + width + 10, plain.height() + 8)


def paint_pill(
    painter: QPainter,
    font: QFont,
    left: float,
    top: float,
    text: str,
    dot: str = "",
    strong: str = "",
) -> QRectF:
    """Paints a label with a dark rounded background, which is readable on any picture.

    Args:
        painter: A painter with antialiasing.
        font: Font of the text.
        left: Left edge, pixels.
        top: Top edge, pixels.
        text: The text.
        dot: Color of a dot before the text; empty for no dot.
        strong: Bold text after `text`; may be empty.

    Returns:
        The rectangle of the background.
    """
    background = QRectF(QPointF(left, top), pill_size(painter, font, text, dot, strong))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(12, 14, 18, 205))
    painter.drawRoundedRect(background, background.height() / 2.6, background.height() / 2.6)
    if dot:
        painter.setBrush(QColor(dot))
        painter.drawEllipse(QPointF(left + 10, background.center().y()), 4, 4)
    vertical = Qt.AlignmentFlag.AlignVCenter
    plain, bold = _metrics(painter, font)
    strong_width = bold.horizontalAdvance(strong)
    painter.setPen(QColor("#f4f5f7"))
    painter.setFont(_bold(font))
    start = background.right() - 10 - strong_width
    painter.drawText(QRectF(start, top, strong_width + 4, background.height()), vertical, strong)
    painter.setFont(font)
    start, wide = left + _lead(dot), plain.horizontalAdvance(text) + 4
    painter.drawText(QRectF(start, top, wide, background.height()), vertical, text)
    return background


def _lead(dot: str) -> int:
    """Distance of the text from the left edge of a label, pixels."""
    return 18 if dot else 9


def _bold(font: QFont) -> QFont:
    bold = QFont(font)
    bold.setBold(True)
    return bold


def _metrics(painter: QPainter, font: QFont) -> tuple[QFontMetrics, QFontMetrics]:
    """Metrics of a font and its bold variant on the painter's device."""
    painter.setFont(_bold(font))
    bold = painter.fontMetrics()
    painter.setFont(font)
    return painter.fontMetrics(), bold
