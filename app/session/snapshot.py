"""Snapshot of the canvases: each frame with its heat map, regions and other layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter

from app.ui.canvas import Canvas
from app.ui.images import to_qimage
from app.ui.layers import paint_pill
from uvanet.decoded_picture import DecodedPicture, as_bgr

_GAP = 8


class SnapshotLayer(NamedTuple):
    """One canvas of a snapshot.

    Attributes:
        picture: The frame; see `uvanet.sources.Frame.picture`.
        heat: The heat image: premultiplied BGRA, uint8, shape (h', w', 4), covering the frame;
            None for none.
        over: Transparent image with the layers above both, of the frame's size.
    """

    picture: NDArray[np.uint8] | DecodedPicture
    heat: NDArray[np.uint8] | None
    over: QImage


def capture_layer(
    canvas: Canvas, picture: NDArray[np.uint8] | DecodedPicture, title: str = ""
) -> SnapshotLayer:
    """Captures what a canvas shows: the whole frame, whatever the zoom.

    Args:
        canvas: Shows the frame.
        picture: The frame at its own resolution; see `uvanet.sources.Frame.picture`.
        title: Text in the upper left corner; empty for none.
    """
    height, width = picture.shape[:2]
    over, scale = canvas.render_layers(width, height)
    if title:
        painter = QPainter(over)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(scale, scale)
        paint_pill(painter, canvas.font(), 8, 8, title)
        painter.end()
    return SnapshotLayer(picture, canvas.heat, over)


def draw_divider(layer: SnapshotLayer, share: float) -> None:
    """Draws the dividing line of the wipe view at a fraction of the width."""
    painter = QPainter(layer.over)
    thick = max(2, layer.over.width() // 480)
    left = round(share * layer.over.width()) - thick // 2
    painter.fillRect(QRect(left, 0, thick, layer.over.height()), QColor("#f4f5f7"))
    painter.end()


def compose(layers: Sequence[SnapshotLayer]) -> NDArray[np.uint8]:
    """Draws canvases side by side. Any thread.

    Args:
        layers: At least one; all of the same height.

    Returns:
        BGR, uint8, shape (h, w, 3).
    """
    pictures = [_draw(layer) for layer in layers]
    gap = np.full((len(pictures[0]), _GAP, 3), 16, np.uint8)
    row = [piece for picture in pictures for piece in (picture, gap)][:-1]
    return np.hstack(row)


def _draw(layer: SnapshotLayer) -> NDArray[np.uint8]:
    height, width = layer.picture.shape[:2]
    drawn = to_qimage(as_bgr(layer.picture)).convertToFormat(QImage.Format.Format_RGB32)
    painter = QPainter(drawn)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    if layer.heat is not None:
        rows, columns = layer.heat.shape[:2]
        layout = QImage.Format.Format_ARGB32_Premultiplied
        heat = QImage(layer.heat.data, columns, rows, columns * 4, layout)
        painter.drawImage(QRect(0, 0, width, height), heat)
    painter.drawImage(0, 0, layer.over)
    painter.end()
    pixels = np.frombuffer(drawn.constBits(), np.uint8).reshape(height, width, 4)
    return pixels[..., :3].copy()
