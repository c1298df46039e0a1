"""A preview of a run: a held-out frame, the student's map and its target."""

from __future__ import annotations

import cv2
import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QLabel, QWidget

from app.ui.build import column, label, row
from app.ui.i18n import tr
from uvanet.colormaps import colormap
from uvanet.training.progress import PreviewEvent

_SIZE = (148, 111)  # pixels
_MAX_BYTES = 1_000_000  # of one image


class PreviewStrip(QWidget):
    """Shows three images in a row, each with a title."""

    def __init__(self) -> None:
        super().__init__()
        self._colors = colormap("inferno")
        self._pictures: dict[str, QLabel] = {}
        layout = row(spacing=10, parent=self)
        for name, text in (
            ("frame", tr("Held-out frame")),
            ("student", tr("Student now")),
            ("teacher", tr("Teacher")),
        ):
            picture, title = label("", "thumbnail"), label(text, "quiet")
            picture.setFixedSize(*_SIZE)
            picture.setAccessibleName(text)
            picture.setScaledContents(True)
            title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            layout.addLayout(column(picture, title, spacing=4))
            self._pictures[name] = picture
        self._target_title = title
        layout.addStretch()

    def clear(self) -> None:
        """Removes the images."""
        for picture in self._pictures.values():
            picture.clear()

    def show_preview(self, event: PreviewEvent) -> None:
        """Shows the images of a preview; data that cannot be decoded is ignored."""
        gaze = event.target_from == "gaze"
        title = tr("Where people looked") if gaze else tr("Teacher")
        self._target_title.setText(title)
        self._pictures["teacher"].setAccessibleName(title)
        encoded = {"frame": event.frame, "student": event.student, "teacher": event.target}
        for name, picture in self._pictures.items():
            image = _decode(encoded[name])
            if image is None:
                continue
            if name != "frame":
                image = self._colors[cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)][..., ::-1]
            image = np.ascontiguousarray(image)
            height, width = image.shape[:2]
            shown = QImage(image.data, width, height, 3 * width, QImage.Format.Format_BGR888)
            picture.setPixmap(QPixmap.fromImage(shown.copy()))


def _decode(data: bytes) -> np.ndarray | None:
    if not data or len(data) > _MAX_BYTES:
        return None
    try:
        return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
