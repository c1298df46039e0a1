"""The line under the picture while a teacher looks on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from app.ui.controls import ElidedLabel, IconButton
from app.ui.i18n import tr

if TYPE_CHECKING:
    from PySide6.QtGui import QAction


class CompareStrip(QWidget):
    """Who the teacher is, whether frames wait for it, and how far it lags.

    Args:
        paired: Whether only frames that both have seen are shown.
        models: Opens the choice of models.

    Signals:
        models_wanted: The user wants another teacher.
    """

    models_wanted = Signal()

    def __init__(self, paired: QAction, models: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wanted = False
        self.teacher = QPushButton()
        self.teacher.setToolTip(models.toolTip())
        self.teacher.clicked.connect(self.models_wanted)
        self.paired = IconButton(18)
        self.paired.setDefaultAction(paired)
        self.paired.setAccessibleName(paired.text())
        self.mode = QLabel()
        self.mode.setObjectName("quiet")
        self.lag = ElidedLabel()
        self.lag.setObjectName("quiet")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(self.teacher)
        layout.addWidget(self.paired)
        layout.addWidget(self.mode)
        layout.addWidget(self.lag, 1)

    def set_wanted(self, wanted: bool) -> None:
        """Shows it, or hides it whatever the full screen does."""
        self._wanted = wanted
        self.setVisible(wanted)

    def setVisible(self, visible: bool) -> None:
        """Stays hidden while it has nothing to say."""
        super().setVisible(visible and self._wanted)

    def show_teacher(self, name: str, *, paired: bool) -> None:
        """Names the teacher; an empty name where there is none."""
        self.teacher.setText(
            tr("Teacher: {name}").format(name=name) if name else tr("Choose a teacher")
        )
        self.mode.setText(tr("in step") if paired else tr("each at its own pace"))

    def show_lag(self, words: str) -> None:
        """Says how far the teacher lags."""
        self.lag.set_full_text(words)
