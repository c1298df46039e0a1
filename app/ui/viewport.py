"""Which part of the picture is seen: zoom and place, shared by all panes that show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtWidgets import QGestureEvent, QPinchGesture, QWidget

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QMouseEvent, QNativeGestureEvent, QWheelEvent

MOST = 16.0
"""The strongest zoom; 1 shows the whole picture."""

_STEP = 1.25
_PAN = 0.2  # of what is seen
_NOTCH = 120.0  # what a wheel's notch counts in Qt


class Viewport(QObject):
    """Zoom and place, in shares of the picture, so that panes of any size can share them.

    A pane that is attached can be zoomed by wheel and pinch and moved by dragging: with the
    middle button always, with the left one where the picture is larger than the pane and nothing
    on the pane wants the mouse.

    Signals:
        changed: Another part is seen.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.zoom = 1.0
        self._middle = QPointF(0.5, 0.5)
        self._rects: dict[QObject, Callable[[], QRectF]] = {}
        self._dragged: tuple[QObject, QPointF] | None = None

    def attach(self, pane: QWidget, rect: Callable[[], QRectF]) -> None:
        """Lets a pane be zoomed and moved.

        Args:
            pane: Shows the picture.
            rect: Gives where the whole picture lies on it now, the hidden parts too.
        """
        self._rects[pane] = rect
        pane.installEventFilter(self)
        pane.grabGesture(Qt.GestureType.PinchGesture)

    def place(self, fit: QRectF, width: float, height: float) -> QRectF:
        """Where the whole picture lies on a pane.

        Args:
            fit: Where it lies unzoomed.
            width: Of the pane; likewise the next.
            height: See above.
        """
        if self.zoom == 1.0:
            return fit
        large = fit.width() * self.zoom, fit.height() * self.zoom
        left = _start(large[0], width, self._middle.x())
        top = _start(large[1], height, self._middle.y())
        return QRectF(left, top, *large)

    def step(self, notches: float) -> None:
        """Zooms in or out around the middle of what is seen."""
        self._set(self.zoom * _STEP**notches, self._middle)

    def fit(self) -> None:
        """Shows the whole picture."""
        self._set(1.0, QPointF(0.5, 0.5))

    def pan(self, right: float, down: float) -> None:
        """Moves what is seen by a fifth of itself for each step."""
        stride = _PAN / self.zoom
        self._set(self.zoom, self._middle + QPointF(right * stride, down * stride))

    def zoom_at(self, pane: QWidget, place: QPointF, factor: float) -> None:
        """Zooms so that what is under `place` on a pane stays there."""
        rect = self._rects[pane]()
        if rect.isEmpty():
            return
        zoom = min(max(self.zoom * factor, 1.0), MOST)
        width, height = rect.width() * zoom / self.zoom, rect.height() * zoom / self.zoom
        x = (place.x() - rect.left()) / rect.width()
        y = (place.y() - rect.top()) / rect.height()
        self._set(
            zoom,
            QPointF(
                x + (pane.width() / 2 - place.x()) / width,
                y + (pane.height() / 2 - place.y()) / height,
            ),
            pane,
        )

    def move(self, pane: QWidget, by: QPointF) -> None:
        """Moves the picture by so many pixels of a pane."""
        rect = self._rects[pane]()
        if not rect.isEmpty():
            shift = QPointF(by.x() / rect.width(), by.y() / rect.height())
            self._set(self.zoom, self._middle - shift, pane)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Turns a pane's wheel, pinches and drags into zooming and moving."""
        pane = cast("QWidget", watched)
        match event.type():
            case QEvent.Type.Wheel:
                wheel = cast("QWheelEvent", event)
                turned = wheel.angleDelta().y() / _NOTCH
                if turned:
                    self.zoom_at(pane, wheel.position(), _STEP**turned)
                return True
            case QEvent.Type.NativeGesture:
                native = cast("QNativeGestureEvent", event)
                if native.gestureType() is Qt.NativeGestureType.ZoomNativeGesture:
                    self.zoom_at(pane, native.position(), 1.0 + native.value())
                    return True
            case QEvent.Type.Gesture:
                pinch = cast("QGestureEvent", event).gesture(Qt.GestureType.PinchGesture)
                if isinstance(pinch, QPinchGesture):
                    middle = QPointF(pane.mapFromGlobal(pinch.centerPoint().toPoint()))
                    self.zoom_at(pane, middle, pinch.scaleFactor())
                    return True
            case QEvent.Type.MouseButtonPress:
                return self._press(pane, cast("QMouseEvent", event))
            case QEvent.Type.MouseMove if self._dragged is not None:
                place = cast("QMouseEvent", event).position()
                self.move(pane, place - self._dragged[1])
                self._dragged = pane, place
                return True
            case QEvent.Type.MouseButtonRelease if self._dragged is not None:
                self._dragged = None
                pane.unsetCursor()
                return True
            case _:
                pass
        return super().eventFilter(watched, event)

    def _press(self, pane: QWidget, event: QMouseEvent) -> bool:
        if self.zoom == 1.0:
            return False
        if event.button() == Qt.MouseButton.LeftButton:
            # What lies on the picture, such as a region, may want the mouse first.
            pane.mousePressEvent(event)
            if event.isAccepted():
                return True
        elif event.button() != Qt.MouseButton.MiddleButton:
            return False
        event.accept()
        self._dragged = pane, event.position()
        pane.setCursor(Qt.CursorShape.ClosedHandCursor)
        return True

    def _set(self, zoom: float, middle: QPointF, pane: QWidget | None = None) -> None:
        self.zoom = zoom = min(max(zoom, 1.0), MOST)
        share_x = share_y = 1.0 / zoom
        if pane is not None and self._rects[pane]().width() > 0:
            rect = self._rects[pane]()
            share_x, share_y = pane.width() / rect.width(), pane.height() / rect.height()
        self._middle = QPointF(_within(middle.x(), share_x), _within(middle.y(), share_y))
        self.changed.emit()


def _within(middle: float, share: float) -> float:
    """Keeps a part that is `share` of the picture wide inside of it."""
    half = min(share, 1.0) / 2
    return min(max(middle, half), 1.0 - half)


def _start(length: float, room: float, middle: float) -> float:
    """Where a picture of some length begins so that its `middle` is in the middle of the room."""
    if length <= room:
        return (room - length) / 2
    return min(max(room / 2 - middle * length, room - length), 0.0)
