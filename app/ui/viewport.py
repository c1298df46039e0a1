"""Zoom and position of the visible part of the picture, shared by all panes."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QNativeGestureEvent, QWheelEvent
from PySide6.QtWidgets import QGestureEvent, QPinchGesture, QWidget

MAX_ZOOM = 16.0
"""The strongest zoom; 1 shows the whole picture."""

_ZOOM_STEP = 1.25
_PAN_STEP = 0.2  # of the visible part
_NOTCH = 120.0  # `angleDelta` of one wheel notch in Qt


class Viewport(QObject):
    """Zoom and center, relative to the size of the picture, so that panes can share them.

    Wheel and pinch zoom an attached pane. A drag with the middle button moves the picture; a drag
    with the left button does if the `mousePressEvent` of the pane ignores the press.

    Attributes:
        zoom: 1 (the whole picture) to `MAX_ZOOM`.

    Signals:
        changed: The visible part has changed.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.zoom = 1.0
        self._center = QPointF(0.5, 0.5)  # center of the visible part, picture coordinates
        self._rects: dict[QObject, Callable[[], QRectF]] = {}
        self._dragged: tuple[QObject, QPointF] | None = None

    def attach(self, pane: QWidget, rect: Callable[[], QRectF]) -> None:
        """Handles the mouse and gestures of a pane.

        Args:
            pane: A widget that shows the picture.
            rect: Returns the rectangle of the whole picture on the pane, including hidden parts.
        """
        self._rects[pane] = rect
        pane.installEventFilter(self)
        pane.grabGesture(Qt.GestureType.PinchGesture)

    def position(self, size: QSize, pane: QSize) -> QPoint:
        """Returns the position of the left upper corner of the picture on a pane.

        Args:
            size: Size of the zoomed picture, physical pixels.
            pane: Size of the pane, physical pixels.
        """
        return QPoint(
            _offset(size.width(), pane.width(), self._center.x()),
            _offset(size.height(), pane.height(), self._center.y()),
        )

    def step(self, notches: float) -> None:
        """Zooms in (positive) or out (negative) around the center of the visible part."""
        self._set(self.zoom * _ZOOM_STEP**notches, self._center)

    def fit(self) -> None:
        """Shows the whole picture."""
        self._set(1.0, QPointF(0.5, 0.5))

    def pan(self, right: float, down: float) -> None:
        """Moves the visible part; 1 is a fifth of its size."""
        stride = _PAN_STEP / self.zoom
        self._set(self.zoom, self._center + QPointF(right * stride, down * stride))

    def zoom_at(self, pane: QWidget, anchor: QPointF, factor: float) -> None:
        """Zooms by a factor; the point of the picture at `anchor` (pane, pixels) stays there."""
        rect = self._rects[pane]()
        if rect.isEmpty():
            return
        zoom = min(max(self.zoom * factor, 1.0), MAX_ZOOM)
        width, height = rect.width() * zoom / self.zoom, rect.height() * zoom / self.zoom
        x = (anchor.x() - rect.left()) / rect.width()
        y = (anchor.y() - rect.top()) / rect.height()
        self._set(
            zoom,
            QPointF(
                x + (pane.width() / 2 - anchor.x()) / width,
                y + (pane.height() / 2 - anchor.y()) / height,
            ),
            pane,
        )

    def move(self, pane: QWidget, by: QPointF) -> None:
        """Moves the picture by an offset on a pane, pixels."""
        rect = self._rects[pane]()
        if not rect.isEmpty():
            shift = QPointF(by.x() / rect.width(), by.y() / rect.height())
            self._set(self.zoom, self._center - shift, pane)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Zooms by wheel and pinch, and moves by drag."""
        pane = cast("QWidget", watched)
        match event.type():
            case QEvent.Type.Wheel:
                wheel = cast("QWheelEvent", event)
                turned = wheel.angleDelta().y() / _NOTCH
                if turned:
                    self.zoom_at(pane, wheel.position(), _ZOOM_STEP**turned)
                return True
            case QEvent.Type.NativeGesture:
                native = cast("QNativeGestureEvent", event)
                if native.gestureType() is Qt.NativeGestureType.ZoomNativeGesture:
                    self.zoom_at(pane, native.position(), 1.0 + native.value())
                    return True
            case QEvent.Type.Gesture:
                pinch = cast("QGestureEvent", event).gesture(Qt.GestureType.PinchGesture)
                if isinstance(pinch, QPinchGesture):
                    center = QPointF(pane.mapFromGlobal(pinch.centerPoint().toPoint()))
                    self.zoom_at(pane, center, pinch.scaleFactor())
                    return True
            case QEvent.Type.MouseButtonPress:
                return self._press(pane, cast("QMouseEvent", event))
            case QEvent.Type.MouseMove if self._dragged is not None:
                position = cast("QMouseEvent", event).position()
                self.move(pane, position - self._dragged[1])
                self._dragged = pane, position
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
            # A layer on the picture, such as a region, may use the press.
            pane.mousePressEvent(event)
            if event.isAccepted():
                return True
        elif event.button() != Qt.MouseButton.MiddleButton:
            return False
        event.accept()
        self._dragged = pane, event.position()
        pane.setCursor(Qt.CursorShape.ClosedHandCursor)
        return True

    def _set(self, zoom: float, center: QPointF, pane: QWidget | None = None) -> None:
        self.zoom = zoom = min(max(zoom, 1.0), MAX_ZOOM)
        share_x = share_y = 1.0 / zoom
        if pane is not None and self._rects[pane]().width() > 0:
            rect = self._rects[pane]()
            share_x, share_y = pane.width() / rect.width(), pane.height() / rect.height()
        self._center = QPointF(
            _clamp_center(center.x(), share_x), _clamp_center(center.y(), share_y)
        )
        self.changed.emit()


def _clamp_center(center: float, share: float) -> float:
    """Keeps a visible part of size `share` (0..1 of the picture) inside the picture."""
    half = min(share, 1.0) / 2
    return min(max(center, half), 1.0 - half)


def _offset(length: int, available: int, center: float) -> int:
    """Returns the offset of a picture on a pane along one axis, pixels.

    Args:
        length: Length of the zoomed picture, pixels.
        available: Length of the pane, pixels.
        center: Point of the picture (0..1) at the center of the pane.
    """
    if length <= available:
        return (available - length) // 2
    return min(max(round(available / 2 - center * length), available - length), 0)
