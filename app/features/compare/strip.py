"""The strip below the picture while a teacher runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from app.shell.slots import action_button
from app.ui.controls import ElidedLabel
from app.ui.i18n import tr

if TYPE_CHECKING:
    from PySide6.QtGui import QAction


class CompareStrip(QWidget):
    """Names the teacher, whether frames wait for it, and its lag.

    Args:
        synchronized: The action that shows only frames that both have seen.

    Signals:
        models_wanted: The user wants another teacher.
    """

    models_wanted = Signal()

    def __init__(self, synchronized: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wanted = False
        self.teacher = QPushButton()
        self.teacher.setToolTip(tr("Choose models"))
        self.teacher.clicked.connect(self.models_wanted)
        self.synchronized = action_button(synchronized, 18)
        self.mode = QLabel()
        self.mode.setObjectName("quiet")
        self.lag = ElidedLabel()
        self.lag.setObjectName("quiet")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(self.teacher)
        layout.addWidget(self.synchronized)
        layout.addWidget(self.mode)
        layout.addWidget(self.lag, 1)

    def set_wanted(self, wanted: bool) -> None:
        """Sets whether it is shown where the window shows its strips."""
        self._wanted = wanted
        self.setVisible(wanted)

    def setVisible(self, visible: bool) -> None:
        """Called by the slots; it stays hidden while it is not wanted."""
        super().setVisible(visible and self._wanted)

    def show_teacher(self, name: str, *, synchronized: bool) -> None:
        """Shows the name of the teacher; empty where there is none."""
        self.teacher.setText(
            tr("Teacher: {name}").format(name=name) if name else tr("Choose a teacher")
        )
        self.mode.setText(tr("synchronized") if synchronized else tr("each at its own rate"))

    def show_lag(self, text: str) -> None:
        """Shows how far the teacher lags behind."""
        self.lag.set_full_text(text)
