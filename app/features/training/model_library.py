"""The window of models and runs, and what its buttons do."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.features.training.orphaned_runs import scan_runs
from app.features.training.recordings import delete_recording
from app.features.training.run_folders import delete_run, read_request
from app.ui.build import present
from uvanet.errors import UvanetError
from uvanet.registry import list_models, list_user_models
from uvanet.user_models import delete_user_model, user_model

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QWidget

    from app.features.training.library_dialog import ModelLibraryDialog
    from app.features.training.model_history import ModelHistory
    from app.features.training.orphaned_runs import OrphanedRun
    from app.features.training.run_controller import RunController
    from app.runtime.jobs import Jobs
    from uvanet.model_card import Card


class ModelLibrary(QObject):
    """Lists models and unfinished runs, and acts on them.

    Args:
        controller: Resumes runs.
        history: Puts models into the live view.
        jobs: Read and delete folders.
        window: The parent of the dialog, which is made when it is first opened.

    Signals:
        failed: The UvanetError that kept something from being done.
        resume: The folder and the RunRequest of a run to resume.
    """

    failed = Signal(object)
    resume = Signal(object, object)

    def __init__(
        self, controller: RunController, history: ModelHistory, jobs: Jobs, window: QWidget
    ) -> None:
        super().__init__(controller)
        self._controller = controller
        self._history = history
        self._jobs = jobs
        self._window = window
        self.dialog: ModelLibraryDialog | None = None

    def open(self) -> None:
        """Opens the window."""
        from app.features.training.library_dialog import ModelLibraryDialog

        if self.dialog is None:
            self.dialog = ModelLibraryDialog(self._window)
            self.dialog.use.connect(self._use)
            self.dialog.delete.connect(self._delete_model)
            self.dialog.resume.connect(self._resume)
            self.dialog.discard.connect(self._discard)
        self.update()
        present(self.dialog)

    def cards(self) -> list[Card]:
        """The cards of all models."""
        try:
            return list_models()
        except UvanetError as error:
            self.failed.emit(error)
            return []

    def update(self) -> None:
        """Reads the lists on a worker thread and shows them."""
        if self.dialog is not None:
            self._jobs.run(_read_lists, self._show, self._on_error, name="library")

    def _show(self, lists: tuple[list[Card], set[str], list[OrphanedRun]]) -> None:
        cards, user_models, runs = lists
        followed = self._controller.run
        unfinished = [
            run
            for run in runs
            if run.resumable and (followed is None or run.folder != followed.folder)
        ]
        if self.dialog is not None:
            self.dialog.show_lists(cards, user_models, self._history.current, unfinished)

    def _use(self, name: str) -> None:
        # By its path, so that the next start of the program finds it.
        self._history.use(str(user_model(name) or name))

    def _delete_model(self, name: str) -> None:
        try:
            delete_user_model(name)
        except UvanetError as error:
            self.failed.emit(error)
        self.update()

    def _resume(self, folder: Path) -> None:
        request = read_request(folder)
        if request is not None:
            self.resume.emit(folder, request)
        self.update()

    def _discard(self, folder: Path) -> None:
        def work() -> None:
            request = read_request(folder)
            with contextlib.suppress(UvanetError):  # it is active again
                delete_run(folder)
                if request is not None:
                    delete_recording(request.arguments)

        self._jobs.run(work, lambda _: self.update(), self._on_error, name="delete-run")

    def _on_error(self, error: Exception) -> None:
        if not isinstance(error, UvanetError):
            raise error
        self.failed.emit(error)


def _read_lists() -> tuple[list[Card], set[str], list[OrphanedRun]]:
    students = [card for card in list_models() if card.role == "student"]
    return students, {card.name for card in list_user_models()}, scan_runs()
