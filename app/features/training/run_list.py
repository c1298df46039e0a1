"""Lists unfinished runs in a dialog, and resumes or discards them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.features.training.orphaned_runs import scan_runs
from app.features.training.recordings import delete_recording
from app.features.training.run_folders import delete_run, read_request
from app.ui.build import present
from app.ui.i18n import tr
from app.ui.questions import ask
from uvanet.errors import UvanetError

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QWidget

    from app.features.training.orphaned_runs import OrphanedRun
    from app.features.training.run_controller import RunController
    from app.features.training.run_list_dialog import RunListDialog
    from app.runtime.jobs import Jobs


class RunList(QObject):
    """Lists the runs that can be resumed, and resumes or discards them.

    Args:
        controller: Resumes runs.
        jobs: Reads and deletes folders on worker threads.
        window: Parent of the dialog, which is made when it is first opened.

    Signals:
        failed: The UvanetError of a failed read or deletion.
        resume: The folder and the RunRequest of a run to resume.
    """

    failed = Signal(object)
    resume = Signal(object, object)

    def __init__(self, controller: RunController, jobs: Jobs, window: QWidget) -> None:
        super().__init__(controller)
        self._controller = controller
        self._jobs = jobs
        self._window = window
        self.dialog: RunListDialog | None = None

    def open(self) -> None:
        """Opens the window."""
        from app.features.training.run_list_dialog import RunListDialog

        if self.dialog is None:
            self.dialog = RunListDialog(self._window)
            self.dialog.resume.connect(self._resume)
            self.dialog.discard.connect(self._ask)
        self.update()
        present(self.dialog)

    def update(self) -> None:
        """Reads the runs on a worker thread and shows them."""
        if self.dialog is not None:
            self._jobs.run(scan_runs, self._show, self._on_error, name="runs")

    def _show(self, runs: list[OrphanedRun]) -> None:
        followed = self._controller.run
        if self.dialog is not None:
            self.dialog.show_runs(
                [
                    run
                    for run in runs
                    if run.resumable and (followed is None or run.folder != followed.folder)
                ]
            )

    def _resume(self, run: OrphanedRun) -> None:
        self.resume.emit(run.folder, run.request)
        self.update()

    def _ask(self, run: OrphanedRun) -> None:
        assert self.dialog is not None
        ask(
            self.dialog,
            tr("Discard run"),
            tr("Discard the training of {title}?").format(title=run.request.title),
            tr("Its checkpoint and its frames are deleted for good."),
            tr("Discard"),
            lambda: self._discard(run.folder),
            destructive=True,
        )

    def _discard(self, folder: Path) -> None:
        def work() -> None:
            request = read_request(folder)
            with contextlib.suppress(UvanetError):  # the run is active again
                delete_run(folder)
                if request is not None:
                    delete_recording(request.arguments)

        self._jobs.run(work, lambda _: self.update(), self._on_error, name="delete-run")

    def _on_error(self, error: Exception) -> None:
        if not isinstance(error, UvanetError):
            raise error
        self.failed.emit(error)
