"""The dialog of a run: options, progress and result, one page each."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QStackedWidget, QWidget

from app.features.training.run import RunResult, TrainingRun
from app.features.training.run_result import RunResultCard
from app.features.training.run_view import RunView
from app.features.training.torch_page import TorchPage
from app.features.training.training_dependencies import training_possible
from app.features.training.training_form import TrainingForm
from app.ui.build import button, column, row
from app.ui.i18n import tr


class RunDialog(QDialog):
    """Shows the options, progress or result of a run. Closing the dialog does not end the run.

    Args:
        form: The page with the options.
        title: Title of the window.
        parent: Parent object.

    Signals:
        command: "pause", "resume" or "stop".
    """

    command = Signal(str)

    def __init__(self, form: TrainingForm, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setMinimumWidth(500)
        self.form = form
        self.view = RunView()
        self.result_card = RunResultCard()
        self.torch = TorchPage()
        self.pages = QStackedWidget()
        for page in (self.form, self.view, self.result_card, self.torch):
            self.pages.addWidget(page)
        self.view.command.connect(self.command)
        self.result_card.again.connect(self.show_form)
        self.torch.installed.connect(self.show_form)
        close = row(None, button(tr("Close"), "", self.close))
        column((self.pages, 1), close, spacing=12, margins=(22, 20, 22, 18), parent=self)

    def show_form(self) -> None:
        """Shows the options; if torch is missing, shows how to install it."""
        self.pages.setCurrentWidget(self.form if training_possible() else self.torch)

    def follow(self, run: TrainingRun) -> None:
        """Shows the progress of a run from now on."""
        self.show_progress()
        run.progressed.connect(self.view.show_event)

    def show_progress(self) -> None:
        """Shows the progress page, empty."""
        self.view.begin()
        self.form.advanced.button.setChecked(False)  # the other pages do not need its room
        self.pages.setCurrentWidget(self.view)
        if self.isVisible():
            self.view.show_charts(True)

    def show_result(self, result: RunResult, *, in_use: bool, log: str = "") -> None:
        """Shows how the run ended.

        Args:
            result: Result of the run.
            in_use: Whether the live view uses the new model.
            log: Standard error of the process; shown below the messages of the run.
        """
        self.result_card.show_result(result, in_use=in_use)
        messages = self.view.log.toPlainText() if self.pages.currentWidget() is self.view else ""
        self.result_card.show_log("\n".join(part for part in (messages, log) if part))
        self.pages.setCurrentWidget(self.result_card)

    def showEvent(self, event: QShowEvent) -> None:
        """Creates the charts."""
        super().showEvent(event)
        if self.pages.currentWidget() is self.view:
            self.view.show_charts(True)

    def done(self, code: int) -> None:
        """Removes the charts, which take memory."""
        self.view.show_charts(False)
        super().done(code)
