"""A preview of a run: a held-out frame, the student's map and its target."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.ui.i18n import tr
from uvanet.video.colormaps import colormap

if TYPE_CHECKING:
    from uvanet.training.progress import PreviewEvent

_SIZE = (168, 126)
_MAX_BYTES = 1_000_000  # of one image


class PreviewStrip(QWidget):
    """Shows three images in a row, each with its name."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colors = colormap("inferno")
        self._labels: dict[str, QLabel] = {}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        for name, text in (
            ("frame", tr("Held-out frame")),
            ("student", tr("Student now")),
            ("teacher", tr("Teacher")),
        ):
            label = QLabel()
            label.setFixedSize(*_SIZE)
            label.setObjectName("thumbnail")
            label.setAccessibleName(text)
            label.setScaledContents(True)
            title = QLabel(text)
            title.setObjectName("quiet")
            column = QVBoxLayout()
            column.setSpacing(4)
            column.addWidget(label)
            column.addWidget(title, 0, Qt.AlignmentFlag.AlignHCenter)
            layout.addLayout(column)
            self._labels[name], self._title = label, title
        layout.addStretch()

    def show_preview(self, event: PreviewEvent) -> None:
        """Shows the images of a preview; data that cannot be decoded is ignored."""
        gaze = event.target_from == "gaze"
        self._title.setText(tr("Where people looked") if gaze else tr("Teacher"))
        coded = {"frame": event.frame, "student": event.student, "teacher": event.target}
        for name, label in self._labels.items():
            image = _decode(coded[name])
            if image is None:
                continue
            if name != "frame":
                image = self._colors[cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)][..., ::-1]
            image = np.ascontiguousarray(image)
            height, width = image.shape[:2]
            shown = QImage(image.data, width, height, 3 * width, QImage.Format.Format_BGR888)
            label.setPixmap(QPixmap.fromImage(shown.copy()))


def _decode(data: bytes) -> np.ndarray | None:
    if not data or len(data) > _MAX_BYTES:
        return None
    try:
        return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
