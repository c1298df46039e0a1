"""The picture and the heat over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QImage, QKeyEvent, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.i18n import tr
from app.ui.layers import LayerHost
from app.ui.theme import theme_colors
from app.ui.viewport import Viewport

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PySide6.QtGui import QMouseEvent, QPaintEvent

    from app.ui.layers import Layer

_RADIUS = 10.0
_NEAR = 9.0  # pixels that the mouse may miss a thing by


class Canvas(QWidget):
    """Shows the newest picture, in its proportions, with the heat over it.

    Args:
        viewport: Which part of the picture is seen; one of its own where none is given.

    Signals:
        painted: The token of a picture, at the end of the first paint that shows it.
        double_clicked: The user did so.
    """

    painted = Signal(object)
    double_clicked = Signal()

    def __init__(self, viewport: Viewport | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.viewport = viewport or Viewport(self)
        self.viewport.attach(self, self.picture_rect)
        self.viewport.changed.connect(self.update)
        self.setAccessibleName(tr("Picture"))
        self.setAccessibleDescription(tr("The source's picture with the predicted attention"))
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 160)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._immersive = False
        self._picture: QImage | None = None
        self._size = (0, 0)
        self._heat: QImage | None = None
        # QImage does not own these pixels.
        self._kept: tuple[NDArray[np.uint8] | None, NDArray[np.uint8] | None] = (None, None)
        self._order: tuple[int, int] | None = None
        self._token: object | None = None
        self._message = ("", "")
        self._dropping = False
        self._layers = LayerHost()
        self.setMouseTracking(True)

    def sizeHint(self) -> QSize:
        """Wide enough for a picture to be the largest thing in the window."""
        return QSize(800, 500)

    # -- what to show

    @property
    def waiting(self) -> bool:
        """Whether a picture was given that has not been on the screen yet."""
        return self._token is not None

    @property
    def has_picture(self) -> bool:
        """Whether there is a picture."""
        return self._picture is not None

    @property
    def proportions(self) -> tuple[int, int]:
        """Width and height of the picture; of a usual one where there is none."""
        return self._size if all(self._size) else (16, 9)

    def show_picture(
        self,
        bgra: NDArray[np.uint8],
        size: tuple[int, int],
        order: tuple[int, int],
        token: object,
    ) -> bool:
        """Shows a picture, unless it is older than the one that is shown.

        Args:
            bgra: uint8, shape (h, w, 4), C-contiguous, never written to again.
            size: Width and height that give the proportions; the array may be smaller.
            order: Epoch and number of the picture; both grow.
            token: Comes back by `painted`; not None.

        Returns:
            False for an older picture: nothing changes.
        """
        if self._order is not None and order < self._order:
            return False
        height, width = bgra.shape[:2]
        self._picture = QImage(bgra.data, width, height, width * 4, QImage.Format.Format_RGB32)
        self._size = size
        self._kept = (bgra, self._kept[1])
        self._order = order
        self._token = token
        self._message = ("", "")
        self.update()
        return True

    def show_heat(self, bgra: NDArray[np.uint8] | None) -> None:
        """Lays a translucent picture over the whole picture.

        Args:
            bgra: uint8, shape (h', w', 4), premultiplied alpha, never written to again; None
                for the bare picture.
        """
        if bgra is None:
            self._heat = None
        else:
            height, width = bgra.shape[:2]
            self._heat = QImage(
                bgra.data, width, height, width * 4, QImage.Format.Format_ARGB32_Premultiplied
            )
        self._kept = (self._kept[0], bgra)
        self.update()

    @property
    def heat(self) -> NDArray[np.uint8] | None:
        """What lies over the picture now, as `show_heat` took it."""
        return self._kept[1]

    def show_message(self, title: str, detail: str = "") -> None:
        """Says something quiet in the middle, over the dimmed picture if there is one."""
        self._message = (title, detail)
        self.update()

    @property
    def message(self) -> str:
        """What is said in the middle now."""
        return self._message[0]

    def clear(self) -> None:
        """Takes the picture away."""
        self._picture = self._heat = self._token = None
        self._kept = (None, None)
        self.update()

    def set_immersive(self, immersive: bool) -> None:
        """Black around the picture and no rounded corners, for the full screen."""
        self._immersive = immersive
        self.update()

    def set_dropping(self, dropping: bool) -> None:
        """Shows that something dragged over the window can be dropped."""
        self._dropping = dropping
        self.update()

    # -- layers

    def add_layer(self, layer: Layer) -> None:
        """Lays something over the picture, above what lies there."""
        self._layers.layers.append(layer)
        layer.changed.connect(self.update)

    def to_widget(self, x: float, y: float) -> QPointF:
        """Maps from the picture, 0..1 from its top left, to this widget."""
        rect = self.picture_rect()
        return QPointF(rect.left() + x * rect.width(), rect.top() + y * rect.height())

    def to_picture(self, place: QPointF) -> QPointF:
        """Maps from this widget to the picture; the other way round of `to_widget`."""
        rect = self.picture_rect()
        width, height = max(rect.width(), 1.0), max(rect.height(), 1.0)
        return QPointF((place.x() - rect.left()) / width, (place.y() - rect.top()) / height)

    def drawn(self, width: int, height: int) -> tuple[QImage, float]:
        """What the layers show, over nothing, as large as the picture is by nature.

        Returns:
            The image, and how many of its pixels a logical one of the screen takes.
        """
        image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        # Lines and words stand to the picture as they do on the screen.
        scale = max(width / max(self.width(), 1), height / max(self.height(), 1))
        painter = QPainter(image)
        painter.scale(scale, scale)
        painter.setFont(self.font())
        across, down = width / scale, height / scale
        self._layers.paint(painter, lambda x, y: QPointF(x * across, y * down))
        painter.end()
        return image, scale

    @property
    def _near(self) -> QPointF:
        return self.to_picture(self.to_widget(0, 0) + QPointF(_NEAR, _NEAR))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Offers the mouse to the layers."""
        left = event.button() == Qt.MouseButton.LeftButton and self.has_picture
        if not left or not self._layers.press(self.to_picture(event.position()), self._near):
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Passes it to the layers, and shows what the mouse would do."""
        shape = self._layers.move(self.to_picture(event.position()), self._near)
        if shape is None:
            self.unsetCursor()
        else:
            self.setCursor(shape)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Lets the layer go that had the mouse."""
        if not self._layers.release(self.to_picture(event.position())):
            super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Passes it on, to the layers first."""
        if not self._layers.double_click(self.to_picture(event.position())):
            self.double_clicked.emit()

    def event(self, event: QEvent) -> bool:
        """Claims the keys a layer needs, before the window's shortcuts see them."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and self._layers.claims(event)
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Passes it to the layers."""
        if not self._layers.key(event):
            super().keyPressEvent(event)

    # -- painting

    def picture_rect(self) -> QRectF:
        """Where the whole picture lies, in logical pixels; what is outside is not seen.

        Unzoomed, it lies on whole pixels of the screen.
        """
        width, height = self._size
        if width <= 0 or height <= 0:
            return QRectF()
        ratio = self.devicePixelRatioF()
        room = QSize(round(self.width() * ratio), round(self.height() * ratio))
        scale = min(room.width() / width, room.height() / height)
        size = QSize(max(1, round(width * scale)), max(1, round(height * scale)))
        left, top = (room.width() - size.width()) // 2, (room.height() - size.height()) // 2
        fit = QRectF(left / ratio, top / ratio, size.width() / ratio, size.height() / ratio)
        return self.viewport.place(fit, self.width(), self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the picture, the heat, the message; then says that the picture was seen."""
        painter = QPainter(self)
        stage = QColor("black") if self._immersive else QColor(theme_colors().window)
        target = self.picture_rect()
        if self._picture is None:
            painter.fillRect(self.rect(), stage)
            self._paint_empty(painter)
        else:
            seen = target.intersected(QRectF(self.rect()))
            self._fill_around(painter, seen, stage)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(target, self._picture)
            if self._heat is not None:
                painter.drawImage(target, self._heat)
            if not self._immersive:
                self._round_corners(painter, seen, stage)
            self._layers.paint(painter, self.to_widget)
        if self._message[0]:
            self._paint_message(painter, target)
        if self._dropping:
            self._paint_drop(painter)
        painter.end()
        token, self._token = self._token, None
        if token is not None:
            self.painted.emit(token)

    def _fill_around(self, painter: QPainter, target: QRectF, colour: QColor) -> None:
        """Fills what the picture leaves free; painting under it would cost a whole canvas."""
        inner = target.toAlignedRect()
        width, height = self.width(), self.height()
        for strip in (
            QRect(0, 0, width, inner.top() + 1),
            QRect(0, inner.bottom(), width, height - inner.bottom()),
            QRect(0, 0, inner.left() + 1, height),
            QRect(inner.right(), 0, width - inner.right(), height),
        ):
            painter.fillRect(strip, colour)

    def _round_corners(self, painter: QPainter, target: QRectF, colour: QColor) -> None:
        """Covers the corners; a clip path would slow down the whole picture."""
        radius = min(_RADIUS, target.width() / 4, target.height() / 4)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for x, y, dx, dy in (
            (target.left(), target.top(), 1, 1),
            (target.right(), target.top(), -1, 1),
            (target.left(), target.bottom(), 1, -1),
            (target.right(), target.bottom(), -1, -1),
        ):
            corner = QPainterPath(QPointF(x, y))
            corner.lineTo(x + dx * radius, y)
            corner.quadTo(x + dx * radius * 0.12, y + dy * radius * 0.12, x, y + dy * radius)
            corner.closeSubpath()
            painter.fillPath(corner, colour)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _paint_empty(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme_colors().stage))
        painter.drawRoundedRect(QRectF(self.rect()), _RADIUS, _RADIUS)

    def _paint_message(self, painter: QPainter, target: QRectF) -> None:
        title, detail = self._message
        colour, quiet = QColor(theme_colors().text), QColor(theme_colors().quiet)
        if self._picture is not None:
            painter.fillRect(target, QColor(0, 0, 0, 150))
            colour, quiet = QColor("#f4f5f7"), QColor("#c8ccd2")
        large = QFont(self.font())
        large.setPointSizeF(large.pointSizeF() * 1.45)
        room = QRectF(self.rect()).adjusted(24, 24, -24, -24)
        flags = int(Qt.AlignmentFlag.AlignHCenter) | int(Qt.TextFlag.TextWordWrap)
        middle = room.center().y()
        painter.setFont(large)
        painter.setPen(colour)
        painter.drawText(
            QRectF(room.left(), room.top(), room.width(), middle - room.top()),
            flags | int(Qt.AlignmentFlag.AlignBottom),
            title,
        )
        painter.setFont(self.font())
        painter.setPen(quiet)
        below = QRectF(room.left(), middle + 8, room.width(), room.bottom() - middle - 8)
        painter.drawText(below, flags | int(Qt.AlignmentFlag.AlignTop), detail)

    def _paint_drop(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(6, 6, -6, -6)
        painter.setBrush(QColor(0, 0, 0, 140))
        painter.setPen(QPen(QColor(theme_colors().accent), 2, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(frame, _RADIUS, _RADIUS)
        painter.setPen(QColor("#f4f5f7"))
        painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, tr("Drop to open"))
