"""The widget that paints the picture with the heat map over it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui import canvas_painting
from app.ui.i18n import tr
from app.ui.layers import Layer, LayerHost, Press
from app.ui.theme import theme_colors
from app.ui.viewport import Viewport
from uvanet.resizing import fit

_HIT_TOLERANCE = 9.0  # pixels; distance within which the mouse hits a handle


class Canvas(QWidget):
    """Paints the newest picture in its aspect ratio, with the heat map over it.

    Args:
        viewport: Zoom and position; None for a new viewport.

    Signals:
        painted: A picture was painted for the first time; carries its token.
        menu_requested: The user requests the menu of the window; carries a position on the screen.
        double_clicked: The user double-clicked, and no layer used the click.
        room_changed: `room` has changed.
    """

    painted = Signal(object)
    double_clicked = Signal()
    menu_requested = Signal(QPoint)
    room_changed = Signal()

    def __init__(self, viewport: Viewport | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.viewport = viewport or Viewport(self)
        self.viewport.attach(self, self.picture_rect)
        self.viewport.changed.connect(self.update)
        self.setAccessibleName(tr("Picture"))
        self.setAccessibleDescription(tr("The source's picture with the predicted attention"))
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._announced_room = (0, 0)
        self._chrome_hidden = False
        self._picture: QImage | None = None
        self._size = (0, 0)
        self._heat: QImage | None = None
        # QImage does not own its pixels; these arrays keep picture and heat map alive.
        self._arrays: tuple[NDArray[np.uint8] | None, NDArray[np.uint8] | None] = (None, None)
        self._order: tuple[int, int] | None = None
        self._token: object | None = None
        self._message = ("", "")
        self._dropping = False
        self._layers = LayerHost()
        self.setMouseTracking(True)

    def sizeHint(self) -> QSize:
        """Large enough for the picture to be the largest part of the window."""
        return QSize(800, 500)

    # -- content

    @property
    def has_unpainted_picture(self) -> bool:
        """Whether a picture was set that has not been painted yet."""
        return self._token is not None

    @property
    def has_picture(self) -> bool:
        """Whether there is a picture."""
        return self._picture is not None

    @property
    def proportions(self) -> tuple[int, int]:
        """Width and height of the picture; 16 and 9 without one."""
        return self._size if all(self._size) else (16, 9)

    def show_picture(
        self,
        bgra: NDArray[np.uint8],
        size: tuple[int, int],
        order: tuple[int, int],
        token: object,
    ) -> bool:
        """Sets the picture, unless it is older than the current one.

        Args:
            bgra: uint8, shape (h, w, 4), C-contiguous; must not be written to afterwards.
            size: Width and height that define the aspect ratio; the array may be smaller.
            order: Epoch and sequence number of the picture, both ascending.
            token: Object that `painted` carries; not None.

        Returns:
            Whether the picture was set.
        """
        if self._order is not None and order < self._order:
            return False
        self._size = size
        self._order = order
        self._token = token
        self._message = ("", "")
        self.replace_pixels(bgra)
        return True

    def replace_pixels(self, bgra: NDArray[np.uint8]) -> None:
        """Replaces the pixels of the picture; this makes no new picture that `painted` reports.

        Args:
            bgra: As for `show_picture`.
        """
        height, width = bgra.shape[:2]
        self._picture = QImage(bgra.data, width, height, width * 4, QImage.Format.Format_RGB32)
        self._arrays = (bgra, self._arrays[1])
        self.update()

    def show_heat(self, bgra: NDArray[np.uint8] | None) -> None:
        """Sets the heat map, which is scaled to the picture.

        Args:
            bgra: uint8, shape (h', w', 4), premultiplied alpha; must not be written to afterwards.
                None for no heat map.
        """
        if bgra is None:
            self._heat = None
        else:
            height, width = bgra.shape[:2]
            self._heat = QImage(
                bgra.data, width, height, width * 4, QImage.Format.Format_ARGB32_Premultiplied
            )
        self._arrays = (self._arrays[0], bgra)
        self.update()

    @property
    def heat(self) -> NDArray[np.uint8] | None:
        """The array that was passed to `show_heat`."""
        return self._arrays[1]

    def show_message(self, title: str, detail: str = "") -> None:
        """Shows a text in the center, over the dimmed picture; an empty title hides it."""
        self._message = (title, detail)
        self.update()

    @property
    def message(self) -> str:
        """The title of the text in the center."""
        return self._message[0]

    def clear(self) -> None:
        """Removes picture and heat map."""
        self._picture = self._heat = self._token = None
        self._arrays = (None, None)
        self.update()

    def set_chrome_hidden(self, hidden: bool) -> None:
        """Paints black margins and square corners, for full screen."""
        self._chrome_hidden = hidden
        self.update()

    def set_drop_hint(self, dropping: bool) -> None:
        """Shows or hides the hint that a dragged file can be dropped."""
        self._dropping = dropping
        self.update()

    # -- layers

    def add_layer(self, layer: Layer) -> None:
        """Adds a layer on top of the others; it is deleted with the canvas."""
        layer.setParent(self)
        self._layers.layers.append(layer)
        layer.changed.connect(self.update)

    def to_widget(self, x: float, y: float) -> QPointF:
        """Maps picture coordinates, 0..1 from the top left, to widget coordinates in pixels."""
        rect = self.picture_rect()
        return QPointF(rect.left() + x * rect.width(), rect.top() + y * rect.height())

    def to_picture(self, point: QPointF) -> QPointF:
        """Maps widget coordinates to picture coordinates; the inverse of `to_widget`."""
        rect = self.picture_rect()
        width, height = max(rect.width(), 1.0), max(rect.height(), 1.0)
        return QPointF((point.x() - rect.left()) / width, (point.y() - rect.top()) / height)

    def render_layers(self, width: int, height: int) -> tuple[QImage, float]:
        """Renders the layers on a transparent image.

        Args:
            width: Width of the image, pixels.
            height: Height of the image, pixels.

        Returns:
            The image, and its number of pixels per logical pixel of the screen.
        """
        image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        # Lines and texts have the same size relative to the picture as on the screen.
        scale = max(width / max(self.width(), 1), height / max(self.height(), 1))
        painter = QPainter(image)
        painter.scale(scale, scale)
        painter.setFont(self.font())
        logical_width, logical_height = width / scale, height / scale
        self._layers.paint(painter, lambda x, y: QPointF(x * logical_width, y * logical_height))
        painter.end()
        return image, scale

    @property
    def _tolerance(self) -> QPointF:
        return self.to_picture(self.to_widget(0, 0) + QPointF(_HIT_TOLERANCE, _HIT_TOLERANCE))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Offers a left press to the layers."""
        left = event.button() == Qt.MouseButton.LeftButton and self.has_picture
        extends = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        press = Press(
            self.to_picture(event.position()),
            self._tolerance,
            extends=bool(event.modifiers() & extends),
            pans=self.viewport.zoom > 1.0,
        )
        if not left or not self._layers.press(press):
            super().mousePressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offers the menu to the layers, then emits `menu_requested`."""
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        point = None if by_key else self.to_picture(QPointF(event.pos()))
        if not self.has_picture or not self._layers.context_menu(point, event.globalPos()):
            self.menu_requested.emit(event.globalPos())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Passes the move to the layers and shows their cursor."""
        shape = self._layers.move(self.to_picture(event.position()), self._tolerance)
        if shape is None:
            self.unsetCursor()
        else:
            self.setCursor(shape)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Releases the layer that captured the mouse."""
        if not self._layers.release(self.to_picture(event.position())):
            super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Offers the double click to the layers, then emits `double_clicked`."""
        if not self._layers.double_click(self.to_picture(event.position())):
            self.double_clicked.emit()

    def event(self, event: QEvent) -> bool:
        """Reserves keys that a layer needs and that are also shortcuts of the window."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and self._layers.claims(event)
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Offers the key to the layers."""
        if not self._layers.key(event):
            super().keyPressEvent(event)

    # -- painting

    @property
    def room(self) -> tuple[int, int]:
        """Width and height of the canvas, physical pixels, times the zoom.

        The whole picture is painted at the size at which it fits into the room.
        """
        scale = self.devicePixelRatioF() * self.viewport.zoom
        return round(self.width() * scale), round(self.height() * scale)

    def _announce_room(self) -> None:
        if self.room != self._announced_room:
            self._announced_room = self.room
            self.room_changed.emit()

    def picture_rect(self) -> QRectF:
        """Returns the rectangle of the whole picture, logical pixels, including hidden parts.

        It is aligned to physical pixels, so that a picture of its size is painted as it is.
        """
        if not all(self._size):
            return QRectF()
        ratio = self.devicePixelRatioF()
        width, height = fit(self._size, self.room)
        pane = QSize(round(self.width() * ratio), round(self.height() * ratio))
        corner = self.viewport.position(QSize(width, height), pane)
        return QRectF(corner.x() / ratio, corner.y() / ratio, width / ratio, height / ratio)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints picture, heat map, layers and texts, then emits `painted`."""
        self._announce_room()
        painter = QPainter(self)
        background = QColor("black") if self._chrome_hidden else QColor(theme_colors().window)
        target, area = self.picture_rect(), self.rect()
        if self._picture is None:
            painter.fillRect(area, background)
            canvas_painting.paint_empty(painter, area)
        else:
            visible = target.intersected(QRectF(area))
            canvas_painting.fill_around(painter, area, visible, background)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(target, self._picture)
            if self._heat is not None:
                painter.drawImage(target, self._heat)
            if not self._chrome_hidden:
                canvas_painting.round_corners(painter, visible, background)
            self._layers.paint(painter, self.to_widget)
        if self._message[0]:
            dimmed = None if self._picture is None else target
            canvas_painting.paint_message(painter, area, *self._message, dimmed)
        if self._dropping:
            canvas_painting.paint_drop_hint(painter, area)
        painter.end()
        token, self._token = self._token, None
        if token is not None:
            self.painted.emit(token)
