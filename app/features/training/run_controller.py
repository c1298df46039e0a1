"""Owns the training run that the window follows, from start to result."""

from __future__ import annotations

import contextlib
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.features.training.recordings import delete_recording
from app.features.training.run import RunCommand, RunResult, TrainingRun, is_resumable
from app.features.training.run_folders import RunRequest, delete_run, new_run_folder
from app.runtime.jobs import Jobs
from uvanet.errors import UvanetError


class RunController(QObject):
    """Starts, follows and ends one run at a time.

    Args:
        jobs: Deletes folders on worker threads.
        parent: Parent object.

    Signals:
        started: The TrainingRun that is followed from now on.
        progressed: The TrainingRun made progress, or was sent a command.
        ended: The RunRequest, the RunResult and the log text of the run that was followed.
        found: The RunRequest and the RunResult of a run that ended while the program was closed.
        failed: The UvanetError because of which a run did not start, and the kind of the run.

    Attributes:
        run: The run that is followed; None without one.
        result: Result of the last run; None before the first result, and while a run is active.
        capturing: Whether the scene is being recorded for the next run.
    """

    started = Signal(object)
    progressed = Signal(object)
    ended = Signal(object, object, str)
    found = Signal(object, object)
    failed = Signal(object, str)

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self.run: TrainingRun | None = None
        self.result: RunResult | None = None
        self.capturing = False

    @property
    def running(self) -> bool:
        """Whether a run is active."""
        return self.run is not None and self.run.active

    @property
    def busy(self) -> bool:
        """Whether a run is active or the scene is being recorded for one."""
        return self.running or self.capturing

    def start(self, request: RunRequest, folder: Path | None = None) -> None:
        """Starts a run; `started` or `failed` follows.

        Args:
            request: Request of the run.
            folder: Folder of the run to resume; None for a new run.
        """
        try:
            run = TrainingRun(folder or new_run_folder(), request, self)
            run.start()
        except UvanetError as error:
            self.failed.emit(error, request.kind)
            return
        self._follow(run)

    def follow(self, folder: Path, request: RunRequest) -> None:
        """Follows a run that an earlier session started."""
        run = TrainingRun(folder, request, self)
        run.follow()
        self._follow(run)

    def send(self, command: RunCommand) -> None:
        """Sends a command to the run."""
        if self.run is not None:
            self.run.send(command)
            self.progressed.emit(self.run)

    def report_found(self, folder: Path, request: RunRequest, result: RunResult) -> None:
        """Reports a run that ended while the program was closed; a followed run is not affected."""
        self._clean_up(folder, request, result)
        if not self.busy:
            self.result = result
        self.found.emit(request, result)

    def close(self) -> None:
        """Stops following the run; its process continues."""
        if self.run is not None:
            self.run.detach()

    def _follow(self, run: TrainingRun) -> None:
        self.run, self.result = run, None
        run.progressed.connect(lambda _: self.progressed.emit(run))
        run.ended.connect(lambda result: self._on_ended(run, result))
        self.started.emit(run)

    def _on_ended(self, run: TrainingRun, result: RunResult) -> None:
        self.run, self.result = None, result
        log = run.log_text()  # its file may be deleted now
        self._clean_up(run.folder, run.request, result)
        self.ended.emit(run.request, result, log)
        run.deleteLater()

    def _clean_up(self, folder: Path, request: RunRequest, result: RunResult) -> None:
        """Deletes a run's folder unless the run can be resumed; its model is stored elsewhere."""
        if is_resumable(folder, request, result):
            return

        def work() -> None:
            with contextlib.suppress(UvanetError):  # the run is still active
                delete_run(folder)
                delete_recording(request.arguments)

        self._jobs.run(work, name="delete-run")
