"""Choice of a rectangle of the desktop by dragging over dimmed screens."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QColor,
    QGuiApplication,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QScreen,
)
from PySide6.QtWidgets import QWidget

from app.ui.i18n import tr
from app.ui.layers import paint_pill

_MIN_SIDE = 16  # pixels; a smaller rectangle counts as a click


class RegionPicker(QObject):
    """Shows a dimmed window on each screen until the user drags a rectangle or presses Esc.

    All windows are closed where the system closes one of them.

    Signals:
        chosen: Left, top, width and height in pixels of the whole desktop.
    """

    chosen = Signal(int, int, int, int)

    def __init__(self) -> None:
        super().__init__()
        self.sheets = [_Sheet(screen) for screen in QGuiApplication.screens()]
        for sheet in self.sheets:
            sheet.dragged.connect(self._on_dragged)
            sheet.cancelled.connect(self.close)

    def show(self) -> None:
        """Shows the windows."""
        for sheet in self.sheets:
            sheet.show()
            sheet.raise_()
            sheet.activateWindow()

    def close(self) -> None:
        """Removes the windows."""
        sheets, self.sheets = self.sheets, []
        for sheet in sheets:
            sheet.close()

    def _on_dragged(self, rect: QRect) -> None:
        self.close()
        self.chosen.emit(*native_box(rect))


class _Sheet(QWidget):
    """A dimmed screen with the dragged rectangle in it."""

    dragged = Signal(QRect)
    cancelled = Signal()

    def __init__(self, screen: QScreen) -> None:
        super().__init__(
            None,
            Qt.WindowType.FramelessWindowHint
            | Qt.WindowType.WindowStaysOnTopHint
            | Qt.WindowType.Tool,
        )
        self.setAccessibleName(tr("Screen region"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setScreen(screen)
        self.setGeometry(screen.geometry())
        self._start: QPoint | None = None
        self._rect = QRect()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Cancels the choice; without effect after a choice was made."""
        self.cancelled.emit()
        super().closeEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Cancels on Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self.cancelled.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Starts a rectangle."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._start = event.position().toPoint()
        else:
            self.cancelled.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draws the rectangle."""
        if self._start is not None:
            self._rect = QRect(self._start, event.position().toPoint()).normalized()
            self._rect &= self.rect()
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Chooses the rectangle, or the whole screen after a click."""
        if event.button() != Qt.MouseButton.LeftButton or self._start is None:
            return
        self._start = None
        small = min(self._rect.width(), self._rect.height()) < _MIN_SIDE
        rect = self.rect() if small else self._rect
        self.dragged.emit(rect.translated(self.geometry().topLeft()))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Dims the screen outside of the rectangle."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(0, 0, 0, 110))
        if self._rect.isValid():
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
            # Not fully transparent: some systems pass clicks through fully transparent pixels.
            painter.fillRect(self._rect, QColor(0, 0, 0, 1))
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
            painter.setPen(QPen(QColor("#ffb05c"), 2))
            painter.drawRect(self._rect)
        text = tr("Drag a rectangle, or click for the whole screen. Esc cancels.")
        wide = painter.fontMetrics().horizontalAdvance(text)
        paint_pill(painter, self.font(), (self.width() - wide) / 2, 24, text)
        painter.end()


def native_box(rect: QRect) -> tuple[int, int, int, int]:
    """Converts a rectangle from Qt's logical pixels to pixels of the desktop.

    Where screens have different scales, the scale of the screen at the rectangle's center is used.

    Returns:
        Left, top, width and height.
    """
    screen = QGuiApplication.screenAt(rect.center()) or QGuiApplication.primaryScreen()
    ratio, origin = screen.devicePixelRatio(), screen.geometry().topLeft()
    # Qt keeps the native position of a screen and scales what is inside it.
    left = origin.x() + (rect.left() - origin.x()) * ratio
    top = origin.y() + (rect.top() - origin.y()) * ratio
    return round(left), round(top), round(rect.width() * ratio), round(rect.height() * ratio)
