"""The progress of a run in the status bar."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton

from app.features.training.run import TrainingRun
from app.ui.i18n import tr
from app.ui.number_text import percent_text
from app.ui.time_text import time_left


class RunStatusButton(QToolButton):
    """A button that opens the dialog of the run; hidden while no run is active."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("quietButton")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoRaise(True)
        self.setAccessibleName(tr("Training"))
        self.setToolTip(tr("Shows the training"))
        self.hide()

    def show_share(self, text: str, share: float, left: float | None = None) -> None:
        """Shows a text, the share done (0..1) and the remaining seconds; None if unknown."""
        parts = [f"{text} {percent_text(share)}", time_left(left)]
        self.setText("  \N{MIDDLE DOT}  ".join(part for part in parts if part))
        self.setAccessibleName(self.text())
        self.show()

    def show_run(self, run: TrainingRun | None) -> None:
        """Shows the progress of a run; None hides the button."""
        if run is None:
            self.hide()
            return
        step = run.step
        if step is None:
            self.show_share(tr("Training"), 0.0)
            return
        text = tr("Labelling") if step.phase in ("watch", "label") else tr("Training")
        if run.paused:
            text = tr("Paused")
        self.show_share(text, step.share, step.left)
