"""Icons drawn from resources/icons in the colours of the theme."""

from __future__ import annotations

import functools

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap, QPixmapCache
from PySide6.QtSvg import QSvgRenderer

from uvanet.paths import resource


@functools.cache
def _drawing(name: str) -> str:
    return resource(f"icons/{name}.svg").read_text(encoding="utf-8")


def svg(name: str, colour: str | None = None) -> bytes:
    """The source of an icon.

    Args:
        name: A file in resources/icons, without ending.
        colour: What replaces `currentColor`, as #rrggbb.
    """
    text = _drawing(name)
    return (text.replace("currentColor", colour) if colour else text).encode()


def pixmap(name: str, colour: str | None, size: int, ratio: float = 1.0) -> QPixmap:
    """Draws an icon of `size` logical pixels for a screen with `ratio` pixels each."""
    pixels = round(size * ratio)
    result = QPixmap(QSize(pixels, pixels))
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    QSvgRenderer(QByteArray(svg(name, colour))).render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    result.setDevicePixelRatio(ratio)
    return result


class _Drawn(QIconEngine):
    """Draws an icon when it is shown, at the size it is shown: most of ours wait in menus.

    Pixmaps of all icons at all usual sizes took 9 MB and a tenth of the start.
    """

    def __init__(self, name: str, colours: tuple[str, str, str]) -> None:
        super().__init__()
        self._name, self._colours = name, colours

    def scaledPixmap(
        self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float
    ) -> QPixmap:
        """The icon for a screen with `scale` pixels each logical one."""
        usual, disabled, on = self._colours
        colour = on if state is QIcon.State.On else usual
        if mode is QIcon.Mode.Disabled:
            colour = disabled
        side = min(size.width(), size.height())
        key = f"uvanet {self._name} {colour} {side} {scale}"
        found = QPixmap()
        if not QPixmapCache.find(key, found):
            found = pixmap(self._name, colour, side, scale)
            QPixmapCache.insert(key, found)
        return found

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """The icon for a screen with a pixel each logical one."""
        return self.scaledPixmap(size, mode, state, 1.0)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Paints it in the middle of a place."""
        scale = painter.device().devicePixelRatio()
        drawn = self.scaledPixmap(rect.size(), mode, state, scale)
        place = QRect(QPoint(0, 0), drawn.deviceIndependentSize().toSize())
        place.moveCenter(rect.center())
        painter.drawPixmap(place, drawn)

    def clone(self) -> QIconEngine:
        """The same again; Qt asks for it where an icon is changed."""
        return _Drawn(self._name, self._colours)


def icon(name: str, colour: str, disabled: str, on: str | None = None) -> QIcon:
    """An icon sharp at every size.

    Args:
        name: A file in resources/icons, without ending.
        colour: The usual colour, as #rrggbb.
        disabled: The colour of a control that is off.
        on: The colour of a control that is checked.
    """
    return QIcon(_Drawn(name, (colour, disabled, on or colour)))


def app_icon() -> QIcon:
    """The program's own icon."""
    result = QIcon()
    for size in (16, 24, 32, 48, 64, 128, 256):
        result.addPixmap(pixmap("app", None, size))
    return result
