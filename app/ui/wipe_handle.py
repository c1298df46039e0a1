"""The divider of a wipe between two pictures, moved by mouse or keys."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.ui.canvas import Canvas
from app.ui.controls import reserve_keys
from app.ui.i18n import tr

_WIDTH = 28  # pixels
_KNOB = 11.0  # radius, pixels
_KEYS = {Qt.Key.Key_Left: -0.02, Qt.Key.Key_Right: 0.02}


class WipeHandle(QWidget):
    """A line over a canvas between the two pictures of a wipe.

    Args:
        canvas: The parent canvas.
        description: Accessible description: the pictures on the left and on the right.
        tip: Tooltip: how to move the handle.

    Signals:
        moved: The new position, 0..1 of the width of the picture.
    """

    moved = Signal(float)

    def __init__(self, canvas: Canvas, description: str, tip: str) -> None:
        super().__init__(canvas)
        self.setAccessibleName(tr("Wipe"))
        self.setAccessibleDescription(description)
        self.setToolTip(tip)
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._canvas = canvas
        self._share = 0.5
        self._grip = 0.0
        canvas.installEventFilter(self)
        canvas.viewport.changed.connect(self.follow)
        self.hide()

    @property
    def share(self) -> float:
        """The position, 0..1 of the width of the picture."""
        return self._share

    def set_share(self, share: float) -> None:
        """Sets the position, 0..1 of the width of the picture."""
        share = min(max(share, 0.0), 1.0)
        if share != self._share:
            self._share = share
            self.moved.emit(share)
        self.follow()

    def follow(self) -> None:
        """Places the handle over the picture."""
        rect = self._canvas.picture_rect()
        seen = rect.intersected(QRectF(self._canvas.rect()))
        x = rect.left() + self._share * rect.width()
        self.setGeometry(
            round(x) - _WIDTH // 2, round(seen.top()), _WIDTH, max(1, round(seen.height()))
        )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follows the canvas when it is resized."""
        if event.type() == QEvent.Type.Resize:
            self.follow()
        return super().eventFilter(watched, event)

    def event(self, event: QEvent) -> bool:
        """Reserves the arrow keys."""
        return reserve_keys(event, _KEYS) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Moves the handle by the arrow keys."""
        step = _KEYS.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.set_share(self._share + step)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Starts a drag."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._grip = event.position().x() - _WIDTH / 2
        else:
            event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follows the mouse during a drag."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            rect = self._canvas.picture_rect()
            x = self.mapToParent(event.position()).x() - self._grip
            self.set_share((x - rect.left()) / max(rect.width(), 1.0))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints a thin line with a round knob."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = QPointF(self.width() / 2, self.height() / 2)
        painter.setPen(QPen(QColor(0, 0, 0, 110), 4))
        painter.drawLine(QPointF(middle.x(), 0), QPointF(middle.x(), self.height()))
        painter.setPen(QPen(QColor("#f4f5f7"), 2))
        painter.drawLine(QPointF(middle.x(), 0), QPointF(middle.x(), self.height()))
        active = self.hasFocus() or self.underMouse()
        painter.setBrush(QColor("#f4f5f7") if active else QColor(22, 24, 28, 210))
        painter.drawEllipse(middle, _KNOB, _KNOB)
        painter.setPen(QPen(QColor("#16181c") if active else QColor("#f4f5f7"), 1.8))
        for side in (-1, 1):
            tip = QPointF(middle.x() + side * 6.5, middle.y())
            painter.drawLine(tip, QPointF(tip.x() - side * 3, middle.y() - 3))
            painter.drawLine(tip, QPointF(tip.x() - side * 3, middle.y() + 3))
        painter.end()
