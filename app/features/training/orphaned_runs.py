"""Runs that another start of the program left: those that go on, ended, or were killed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from app.features.training.run import EVENTS, TrainingRun, found_runs, read_request, sweep_runs
from app.features.training.training_data import sweep_recordings
from app.ui.i18n import tr
from uvanet.training.progress import DoneEvent, ErrorEvent, LineReader
from uvanet.training.run_lock import holder

if TYPE_CHECKING:
    from pathlib import Path

    from app.features.training.feature import Training
    from app.features.training.run import RunRequest
    from uvanet.training.progress import Event

_TOPIC = "left runs"
_SOON_MS = 700  # after the first picture has come


class OrphanedRuns(QObject):
    """Looks for them once, soon after the start, and offers what can be done.

    Args:
        feature: Follows those that go on.
    """

    def __init__(self, feature: Training) -> None:
        super().__init__(feature)
        self._feature = feature
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._look)
        self._timer.start(_SOON_MS)
        feature.context.messages.acted.connect(self._on_acted)

    def unfinished(self) -> list[tuple[Path, RunRequest, str]]:
        """Folder, request and state in words of the runs that did not come to their end."""
        own = self._feature.run.folder if self._feature.run is not None else None
        found = []
        for folder, request in found_runs():
            if folder == own or holder(folder) is not None:
                continue
            found.append((folder, request, _state(folder)))
        return found

    def resume(self, folder: Path) -> None:
        """Goes on with a run that was stopped or killed."""
        request = read_request(folder)
        if request is not None:
            self._feature.start(request, folder)

    def _look(self) -> None:
        if self._feature.busy or self._feature.scene.active:
            return
        sweep_runs()
        sweep_recordings()
        waiting: list[str] = []
        for folder, request in found_runs():
            run = TrainingRun(folder, request, self._feature)
            if holder(folder) is not None and not self._feature.busy and run.attach():
                self._feature.follow(run)
                continue
            if not _ended(folder) or _failed(folder):
                waiting.append(request.title)
            else:
                # It ended well while nobody looked.
                run.attach()
                if run.outcome is not None and (run.outcome.report or run.outcome.model):
                    self._feature.on_ended(run, run.outcome, now=False)
                else:
                    # Stopped before there was a result.
                    waiting.append(request.title)
        if waiting:
            self._feature.context.messages.notify(
                "info",
                tr("A training did not come to its end: {titles}.").format(
                    titles=", ".join(waiting)
                ),
                tr("Go on with it or discard it: Train, Models and runs (Ctrl+Shift+T)."),
                button=tr("Look at it"),
                topic=_TOPIC,
            )

    def _on_acted(self, topic: str) -> None:
        if topic == _TOPIC:
            self._feature.shelf.present()


def _kinds(folder: Path) -> list[type[Event]]:
    try:
        data = (folder / EVENTS).read_bytes()
    except OSError:
        return []
    return [type(event) for event in LineReader().feed(data)]


def _ended(folder: Path) -> bool:
    return bool({DoneEvent, ErrorEvent} & set(_kinds(folder)))


def _failed(folder: Path) -> bool:
    return ErrorEvent in _kinds(folder)


def _state(folder: Path) -> str:
    kinds = _kinds(folder)
    if ErrorEvent in kinds:
        return tr("failed")
    if DoneEvent in kinds:
        return tr("stopped")
    return tr("killed") if kinds else tr("never started")
