"""Runs of an earlier session of the program: active, ended or killed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from app.features.training.recordings import delete_unused_recordings
from app.features.training.run import RunResult, is_resumable, read_events
from app.features.training.run_controller import RunController
from app.features.training.run_folders import RunRequest, find_runs
from app.runtime.jobs import Jobs
from app.ui.i18n import tr
from uvanet.training.run_lock import holder

_DELAY_MS = 700  # after the first frame is on the screen


@dataclass(frozen=True, slots=True)
class OrphanedRun:
    """A run that was found in its folder.

    Attributes:
        folder: Folder of the run.
        request: Request of the run.
        active: Whether its process runs.
        state: "failed", "stopped", "killed" or "never started", in the user's language.
        result: Its result; None if it was killed or never started.
        resumable: Whether the user can resume or discard it.
    """

    folder: Path
    request: RunRequest
    active: bool
    state: str
    result: RunResult | None
    resumable: bool


def scan_runs() -> list[OrphanedRun]:
    """Reads the folders of all runs, oldest first. Call it from a worker thread."""
    runs = []
    for folder, request in find_runs():
        # Checked before the events are read: the file of an ended process is complete.
        active = holder(folder) is not None
        count, result = read_events(folder)
        if result is None:
            state = tr("killed") if count else tr("never started")
        else:
            state = tr("failed") if result.state == "failed" else tr("stopped")
        resumable = not active and is_resumable(folder, request, result)
        runs.append(OrphanedRun(folder, request, active, state, result, resumable))
    return runs


class OrphanedRuns(QObject):
    """Scans the folders of runs once, soon after the start.

    Active runs are followed. Finished runs are reported. Runs that can be resumed are offered to
    the user.

    Args:
        controller: Follows and reports runs.
        jobs: Reads the folders on worker threads.

    Signals:
        unfinished: List of the titles of the runs that can be resumed.
    """

    unfinished = Signal(list)

    def __init__(self, controller: RunController, jobs: Jobs) -> None:
        super().__init__(controller)
        self._controller = controller
        self._jobs = jobs
        QTimer.singleShot(_DELAY_MS, self, self._scan)

    def _scan(self) -> None:
        if self._controller.busy:
            return

        def work() -> list[OrphanedRun]:
            delete_unused_recordings()
            return scan_runs()

        self._jobs.run(work, self._on_scanned, name="runs")

    def _on_scanned(self, runs: list[OrphanedRun]) -> None:
        followed = self._controller.run
        waiting = []
        for run in runs:
            if followed is not None and run.folder == followed.folder:
                continue
            if run.active:
                if not self._controller.busy:
                    self._controller.follow(run.folder, run.request)
            elif run.resumable:
                waiting.append(run.request.title)
            elif run.result is not None:
                self._controller.report_found(run.folder, run.request, run.result)
        if waiting:
            self.unfinished.emit(waiting)
