"""The dialog that lists the runs that can be resumed."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QFrame, QPushButton, QScrollArea, QWidget

from app.features.training.orphaned_runs import OrphanedRun
from app.ui.build import button, column, label, row
from app.ui.i18n import tr, tr_noop

_KINDS = {
    "adapt": tr_noop("Adaptation to a scene"),
    "distill": tr_noop("Training on a folder"),
}


class RunListDialog(QDialog):
    """Shows runs with buttons that resume and discard them.

    Signals:
        resume: OrphanedRun to resume.
        discard: OrphanedRun to delete.
    """

    resume = Signal(object)
    discard = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Unfinished training"))
        self.setMinimumSize(480, 300)
        inner = QWidget()
        self._list = column(spacing=8, parent=inner)
        area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        close = button(tr("Close"), "", self.close)
        column((area, 1), row(None, close), spacing=12, margins=(18, 16, 18, 16), parent=self)

    def show_runs(self, runs: list[OrphanedRun]) -> None:
        """Shows the runs, or a sentence if there are none."""
        while item := self._list.takeAt(0):
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for run in runs:
            self._list.addWidget(
                _card(
                    run.request.title,
                    f"{tr(_KINDS[run.request.kind])}, {run.state}",
                    button(
                        tr("Resume"),
                        tr("Resumes from the last checkpoint"),
                        partial(self.resume.emit, run),
                    ),
                    button(
                        tr("Discard…"),
                        tr("Deletes the run with its frames"),
                        partial(self.discard.emit, run),
                    ),
                )
            )
        if not runs:
            self._list.addWidget(
                label(tr("No training is unfinished. Models are listed under Models."), "quiet")
            )
        self._list.addStretch()


def _card(title: str, text: str, *buttons: QPushButton) -> QFrame:
    frame = QFrame()
    frame.setObjectName("card")
    texts = column(label(title, "bannerTitle"), label(text, "quiet", wrap=True), spacing=3)
    for action in buttons:
        action.setAccessibleName(f"{action.text()}: {title}")
    row((texts, 1), *buttons, margins=(14, 10, 12, 10), parent=frame)
    return frame
