"""The strip below the picture while a teacher runs."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton, QWidget

from app.shell.slots import action_button
from app.ui.build import label
from app.ui.controls import ElidedLabel
from app.ui.i18n import tr
from app.ui.strip import Strip


class CompareStrip(Strip):
    """Shows the name of the teacher, whether frames wait for it, and its lag.

    Args:
        synchronized: The action that shows only frames that both models have processed.

    Signals:
        models_wanted: The button with the name of the teacher was pressed.
    """

    models_wanted = Signal()

    def __init__(self, synchronized: QAction, parent: QWidget | None = None) -> None:
        super().__init__(10, parent)
        self.teacher = QPushButton()
        self.teacher.setToolTip(tr("Choose models"))
        self.teacher.clicked.connect(self.models_wanted)
        self._mode = label("", "quiet")
        self._mode.setToolTip(
            tr(
                "Synchronized: each frame is shown once both models have processed it. "
                "A teacher that needs more than a quarter of a second is not waited for, "
                "unless you switch it on again."
            )
        )
        self.lag = ElidedLabel()
        self.lag.setObjectName("quiet")
        self.row.addWidget(self.teacher)
        self.row.addWidget(action_button(synchronized, 18))
        self.row.addWidget(self._mode)
        self.row.addWidget(self.lag, 1)

    def show_teacher(self, name: str, mode: str) -> None:
        """Shows the teacher and whether frames wait for it.

        Args:
            name: Name of the teacher; empty where none runs.
            mode: Text that says whether frames wait for the teacher.
        """
        self.teacher.setText(
            tr("Teacher: {name}").format(name=name) if name else tr("Choose a teacher")
        )
        self._mode.setText(mode)

    def show_lag(self, text: str) -> None:
        """Shows a text about the lag of the teacher."""
        self.lag.set_full_text(text)
