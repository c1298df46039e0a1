"""A still of what the stage shows: each picture with its heat and what is drawn over it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter

from app.ui.images import to_qimage
from app.ui.layers import paint_pill

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from app.ui.canvas import Canvas

_GAP = 8


class SnapshotLayer(NamedTuple):
    """One picture of a still.

    Attributes:
        image: BGR, uint8, shape (h, w, 3), never written to again.
        heat: Premultiplied BGRA of any size, uint8, likewise; None for the bare picture.
        over: What is drawn over both, as large as the picture.
    """

    image: NDArray[np.uint8]
    heat: NDArray[np.uint8] | None
    over: QImage


def capture_layer(canvas: Canvas, image: NDArray[np.uint8], title: str = "") -> SnapshotLayer:
    """Freezes what a canvas shows of a picture, the whole of it however it is zoomed.

    Args:
        canvas: Shows it.
        image: The frame, BGR, uint8, shape (h, w, 3), at its own resolution.
        title: Stands in its corner; empty for none.
    """
    height, width = image.shape[:2]
    over, scale = canvas.drawn(width, height)
    if title:
        painter = QPainter(over)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(scale, scale)
        paint_pill(painter, canvas.font(), 8, 8, title)
        painter.end()
    return SnapshotLayer(image, canvas.heat, over)


def draw_divider(part: SnapshotLayer, share: float) -> None:
    """Draws the line of a wipe into a part, at a share of its width."""
    painter = QPainter(part.over)
    thick = max(2, part.over.width() // 480)
    place = round(share * part.over.width()) - thick // 2
    painter.fillRect(QRect(place, 0, thick, part.over.height()), QColor("#f4f5f7"))
    painter.end()


def compose(parts: Sequence[SnapshotLayer]) -> NDArray[np.uint8]:
    """Draws parts side by side; on any thread.

    Args:
        parts: At least one; all of one height.

    Returns:
        BGR, uint8, shape (h, w, 3).
    """
    pictures = [_draw(part) for part in parts]
    gap = np.full((len(pictures[0]), _GAP, 3), 16, np.uint8)
    row = [piece for picture in pictures for piece in (picture, gap)][:-1]
    return np.hstack(row)


def _draw(part: SnapshotLayer) -> NDArray[np.uint8]:
    height, width = part.image.shape[:2]
    drawn = to_qimage(part.image).convertToFormat(QImage.Format.Format_RGB32)
    painter = QPainter(drawn)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    if part.heat is not None:
        rows, columns = part.heat.shape[:2]
        shades = QImage.Format.Format_ARGB32_Premultiplied
        heat = QImage(part.heat.data, columns, rows, columns * 4, shades)
        painter.drawImage(QRect(0, 0, width, height), heat)
    painter.drawImage(0, 0, part.over)
    painter.end()
    pixels = np.frombuffer(drawn.constBits(), np.uint8).reshape(height, width, 4)
    return pixels[..., :3].copy()
