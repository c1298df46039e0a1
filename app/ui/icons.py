"""Icons from resources/icons in the colors of the theme."""

from __future__ import annotations

import functools
import logging

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap, QPixmapCache
from PySide6.QtSvg import QSvgRenderer

from app.ui.theme import theme_colors
from uvanet.errors import UvanetError
from uvanet.paths import resource

_log = logging.getLogger(__name__)

_EMPTY = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"/>'


@functools.cache
def _drawing(name: str) -> str:
    try:
        return resource(f"icons/{name}.svg").read_text(encoding="utf-8")
    except (OSError, UvanetError) as error:  # a damaged installation works without
        _log.warning("icon left out: %s", error)
        return _EMPTY


def svg(name: str, color: str | None = None) -> bytes:
    """Returns the SVG source of an icon.

    Args:
        name: A file in resources/icons, without suffix.
        color: Replaces `currentColor`, as #rrggbb.
    """
    text = _drawing(name)
    return (text.replace("currentColor", color) if color else text).encode()


def pixmap(name: str, color: str | None, size: int, ratio: float = 1.0) -> QPixmap:
    """Draws an icon of `size` logical pixels for a screen with device pixel ratio `ratio`."""
    pixels = round(size * ratio)
    result = QPixmap(QSize(pixels, pixels))
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    QSvgRenderer(QByteArray(svg(name, color))).render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    result.setDevicePixelRatio(ratio)
    return result


class _ThemedIconEngine(QIconEngine):
    """Renders an icon when it is painted, in the current size and theme.

    Pixmaps of all icons in all usual sizes would take 9 MB and a tenth of the start-up time.
    """

    def __init__(self, name: str, color: str, on: str) -> None:
        super().__init__()
        self._name, self._color, self._on = name, color, on

    def scaledPixmap(
        self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float
    ) -> QPixmap:
        """Returns the icon for a screen with device pixel ratio `scale`."""
        name = self._on if state is QIcon.State.On else self._color
        if mode is QIcon.Mode.Disabled:
            name = "faint"
        color = getattr(theme_colors(), name)
        side = min(size.width(), size.height())
        if side <= 0:  # a layout without room for the icon
            return QPixmap()
        key = f"uvanet {self._name} {color} {side} {scale}"
        result = QPixmap()
        if not QPixmapCache.find(key, result):
            result = pixmap(self._name, color, side, scale)
            QPixmapCache.insert(key, result)
        return result

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """Returns the icon for a screen with device pixel ratio 1."""
        return self.scaledPixmap(size, mode, state, 1.0)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Paints the icon centered in `rect`."""
        scale = painter.device().devicePixelRatio()
        drawn = self.scaledPixmap(rect.size(), mode, state, scale)
        target = QRect(QPoint(0, 0), drawn.deviceIndependentSize().toSize())
        target.moveCenter(rect.center())
        painter.drawPixmap(target, drawn)

    def clone(self) -> QIconEngine:
        """Returns a copy, for the implicit sharing of QIcon."""
        return _ThemedIconEngine(self._name, self._color, self._on)


def icon(name: str, color: str = "text", on: str | None = None) -> QIcon:
    """Makes an icon that is sharp at every size and follows the theme.

    Args:
        name: A file in resources/icons, without suffix.
        color: A field of `ThemeColors`; a disabled control always uses "faint".
        on: The field for a checked control; None for `color`.
    """
    return QIcon(_ThemedIconEngine(name, color, on or color))


def app_icon() -> QIcon:
    """Returns the icon of the program."""
    result = QIcon()
    for size in (16, 24, 32, 48, 64, 128, 256):
        result.addPixmap(pixmap("app", None, size))
    return result
