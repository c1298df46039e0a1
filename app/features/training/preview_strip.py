"""What a run looks at: a frame, the student's map, the teacher's."""

from __future__ import annotations

import base64
import binascii

import cv2
import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.ui.i18n import tr
from uvanet.video.colormaps import colormap

_SIZE = (168, 126)
_LARGEST = 1_000_000  # characters of one picture; a larger one is none of ours


class PreviewStrip(QWidget):
    """Three pictures in a row, each with its name."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colours = colormap("inferno")
        self._pictures: dict[str, QLabel] = {}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        for name, words in (
            ("frame", tr("Held-out frame")),
            ("student", tr("Student now")),
            ("teacher", tr("Teacher")),
        ):
            picture = QLabel()
            picture.setFixedSize(*_SIZE)
            picture.setObjectName("thumbnail")
            picture.setAccessibleName(words)
            picture.setScaledContents(True)
            title = QLabel(words)
            title.setObjectName("quiet")
            column = QVBoxLayout()
            column.setSpacing(4)
            column.addWidget(picture)
            column.addWidget(title, 0, Qt.AlignmentFlag.AlignHCenter)
            layout.addLayout(column)
            self._pictures[name], self._title = picture, title
        layout.addStretch()

    def show_pictures(self, coded: dict[str, str | None]) -> None:
        """Shows pictures, each a JPEG in base64; what is no picture is left out."""
        gaze = coded.get("gaze")
        if gaze:
            coded = {**coded, "teacher": gaze}
        self._title.setText(tr("Where people looked") if gaze else tr("Teacher"))
        for name, label in self._pictures.items():
            image = _decode(coded.get(name))
            if image is None:
                continue
            if name != "frame":
                image = self._colours[cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)][..., ::-1]
            image = np.ascontiguousarray(image)
            height, width = image.shape[:2]
            shown = QImage(image.data, width, height, 3 * width, QImage.Format.Format_BGR888)
            label.setPixmap(QPixmap.fromImage(shown.copy()))


def _decode(text: str | None) -> np.ndarray | None:
    if not text or len(text) > _LARGEST:
        return None
    try:
        data = np.frombuffer(base64.b64decode(text, validate=True), np.uint8)
        image = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    except (binascii.Error, ValueError, cv2.error):
        return None
    return image
