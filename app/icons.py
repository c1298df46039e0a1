"""Icons drawn from resources/icons in the colours of the theme."""

from __future__ import annotations

import functools

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from uvanet.paths import resource

_SIZES = (16, 20, 32, 40, 60)


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


def icon(name: str, colour: str, disabled: str, on: str | None = None) -> QIcon:
    """An icon sharp at every usual size.

    Args:
        name: A file in resources/icons, without ending.
        colour: The usual colour, as #rrggbb.
        disabled: The colour of a control that is off.
        on: The colour of a control that is checked.
    """
    result = QIcon()
    for size in _SIZES:
        result.addPixmap(pixmap(name, colour, size), QIcon.Mode.Normal, QIcon.State.Off)
        result.addPixmap(pixmap(name, disabled, size), QIcon.Mode.Disabled, QIcon.State.Off)
        if on is not None:
            result.addPixmap(pixmap(name, on, size), QIcon.Mode.Normal, QIcon.State.On)
    return result


def app_icon() -> QIcon:
    """The program's own icon."""
    result = QIcon()
    for size in (16, 24, 32, 48, 64, 128, 256):
        result.addPixmap(pixmap("app", None, size))
    return result
