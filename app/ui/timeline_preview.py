"""The preview above the timeline: picture, time code and values at one time."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QFrame, QLabel, QWidget

from app.ui.build import column, label

_PICTURE = QSize(160, 90)  # pixels
_GAP = 6  # pixels between preview and timeline


class TimelinePreview(QFrame):
    """A card above the timeline that takes neither mouse nor keyboard.

    Args:
        timeline: The timeline. The card is a child of its window.
    """

    def __init__(self, timeline: QWidget) -> None:
        super().__init__(timeline)
        self._timeline = timeline
        self.setObjectName("preview")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.picture = QLabel()
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.text = label()
        self.text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column(self.picture, self.text, spacing=3, margins=(6, 6, 6, 5), parent=self)
        self.hide()

    def show_at(self, x: float, picture: QImage | None, text: str) -> None:
        """Shows the card above a position of the timeline, in pixels."""
        window = self._timeline.window()
        if self.parentWidget() is not window:
            self.setParent(window)
        self.picture.setVisible(picture is not None)
        if picture is not None:
            ratio = self.devicePixelRatioF()
            scaled = picture.scaled(
                _PICTURE * ratio,
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
            pixmap = QPixmap.fromImage(scaled)
            pixmap.setDevicePixelRatio(ratio)
            self.picture.setPixmap(pixmap)
        self.text.setText(text)
        self.adjustSize()
        point = self._timeline.mapTo(window, QPoint(round(x), 0))
        left = min(max(point.x() - self.width() // 2, 4), window.width() - self.width() - 4)
        self.move(left, max(4, point.y() - self.height() - _GAP))
        self.show()
        self.raise_()
