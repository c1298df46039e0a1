"""The window of a run: choices, then progress, then what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QStackedWidget, QVBoxLayout, QWidget

from app.features.training.form_parts import TorchPage
from app.features.training.run_result import RunResultCard
from app.features.training.run_view import RunView
from app.features.training.training_dependencies import training_possible

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from app.features.training.run import RunResult, TrainingRun


class RunDialog(QDialog):
    """Stays what it is when it is closed: the run goes on.

    Args:
        setup: The page of choices.
        title: Of the window.

    Signals:
        ordered: "pause", "resume" or "stop".
    """

    ordered = Signal(str)

    def __init__(self, setup: QWidget, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setMinimumWidth(600)
        self.setup = setup
        self.view = RunView()
        self.ending = RunResultCard()
        self.torch = TorchPage()
        self.pages = QStackedWidget()
        for page in (self.setup, self.view, self.ending, self.torch):
            self.pages.addWidget(page)
        self.view.ordered.connect(self.ordered)
        self.ending.again.connect(self.show_setup)
        self.torch.installed.connect(self.show_setup)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(22, 20, 22, 18)
        layout.addWidget(self.pages)

    def show_setup(self) -> None:
        """Shows the choices, or what is missing for them to be of use."""
        self.pages.setCurrentWidget(self.setup if training_possible() else self.torch)

    def follow(self, run: TrainingRun) -> None:
        """Shows a run from now on, and what it told until now."""
        self.show_progress()
        for told in run.history:
            self.view.take(told)
        run.told.connect(self.view.take)

    def show_progress(self) -> None:
        """Shows a run that has told nothing yet."""
        self.view.begin()
        self.pages.setCurrentWidget(self.view)
        if self.isVisible():
            self.view.show_graphs(True)

    def show_outcome(self, outcome: RunResult, *, swapped: bool, log: str = "") -> None:
        """Shows how it ended, and where it failed what it wrote."""
        self.ending.show_outcome(outcome, swapped=swapped)
        self.ending.show_log(log if outcome.state == "failed" else "")
        self.pages.setCurrentWidget(self.ending)

    def showEvent(self, event: QShowEvent) -> None:
        """Loads the graphs."""
        super().showEvent(event)
        if self.pages.currentWidget() is self.view:
            self.view.show_graphs(True)

    def done(self, code: int) -> None:
        """Takes the graphs away; the run goes on."""
        self.view.show_graphs(False)
        super().done(code)
