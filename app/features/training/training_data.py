"""What a student is to learn from: looks through folders, and records what is seen now."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from PySide6.QtCore import QObject

from app.features.training.run import found_runs
from app.features.training.scene_recorder import SceneRecorder
from app.ui.i18n import tr
from uvanet.errors import UvanetError
from uvanet.sources.base import SourceKind
from uvanet.user_models import data_folder, private, runs_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.features.training.source_form import GazeFrom, LearnFrom
    from app.shell.context import FeatureContext

_FOR_NOW, _KEPT = "train-", "kept-"


def recordings_folder() -> Path:
    """Where all recordings lie; it may not exist yet."""
    return data_folder() / "recordings"


def delete_recording(arguments: Sequence[str]) -> None:
    """Deletes what was recorded for a run alone; never another folder.

    Args:
        arguments: Of the run.
    """
    for word in arguments:
        folder = Path(word)
        if folder.parent == recordings_folder() and folder.name.startswith(_FOR_NOW):
            shutil.rmtree(folder, ignore_errors=True)


def sweep_recordings(*, closing: bool = False) -> None:
    """Deletes recordings made for a run that never came.

    Args:
        closing: This window's own go, too, and not only those of windows that are gone.
    """
    used = {word for _, request in found_runs() for word in request.arguments}
    for folder in recordings_folder().glob(f"{_FOR_NOW}*"):
        owner = folder.name.rpartition("-p")[2]
        own = owner == str(os.getpid())
        needed = not closing if own else owner.isdecimal() and psutil.pid_exists(int(owner))
        if str(folder) not in used and not needed:
            shutil.rmtree(folder, ignore_errors=True)


class TrainingDataChoice(QObject):
    """Serves the widget that asks.

    Args:
        context: Its source is recorded.
        widget: Asks.
        gaze: Asks too.
    """

    def __init__(self, context: FeatureContext, widget: LearnFrom, gaze: GazeFrom) -> None:
        super().__init__(widget)
        self._context = context
        self._widget = widget
        self._looked_at = ("", "")
        self._recording: SceneRecorder | None = None
        widget.looked_for.connect(self._look)
        widget.record_wanted.connect(self._record)
        gaze.looked_for.connect(lambda path: self._look_at_gaze(gaze, path))

    def keep(self) -> None:
        """Lets the recording, if there is one, outlive the run that learns from it."""
        folder = Path(self._widget.recorded or "/")
        if self._widget.path == str(folder) and folder.name.startswith(_FOR_NOW):
            kept = folder.with_name(folder.name.replace(_FOR_NOW, _KEPT, 1))
            folder.rename(kept)
            self._widget.end_recording(str(kept))

    def end(self, timeout: float = 1.0) -> None:
        """Ends what goes on; an unfinished recording is deleted."""
        self._looked_at = ("", "")
        recording, self._recording = self._recording, None
        if recording is not None:
            recording.cancel(timeout)

    def source_changed(self) -> None:
        """Gives an unfinished recording up: its scene is over."""
        if self._recording is not None:
            self.end()
            self._refuse(tr("The source changed; nothing was kept of the recording."))

    def _look(self, path: str, layout: str) -> None:
        from uvanet.training.data.inspect import survey

        self._looked_at = wanted = (path, layout)
        root = Path(path).expanduser()

        def current() -> bool:
            return self._looked_at == wanted

        self._context.jobs.run(
            lambda: survey(root, runs_folder(), current, layout=layout),
            lambda found: self._widget.show_survey(found) if current() else None,
            lambda error: self._widget.show_problem(str(error)) if current() else None,
            name="survey",
        )

    def _look_at_gaze(self, gaze: GazeFrom, path: str) -> None:
        from uvanet.training.data.inspect import survey_gaze

        root = Path(path).expanduser()
        self._context.jobs.run(
            lambda: survey_gaze(root, runs_folder()),
            lambda found: gaze.show_survey(found) if gaze.path == path else None,
            lambda error: gaze.show_problem(str(error)) if gaze.path == path else None,
            name="survey",
        )

    def _record(self, seconds: int) -> None:
        self.end()
        if not seconds:
            self._widget.end_recording()
            return
        info = self._context.session.info
        if info is None:
            self._refuse(tr("There is no source: choose one first."))
            return
        if info.kind is SourceKind.PICTURE:
            self._refuse(tr("A still picture does not move; choose its folder instead."))
            return
        try:
            # Whose it is stands in its name: what a window leaves that was killed is swept.
            name = time.strftime(f"{_FOR_NOW}%Y%m%d-%H%M%S-p{os.getpid()}")
            folder = private(recordings_folder()) / name
            private(folder)
        except UvanetError as error:
            self._refuse(str(error))
            return
        self._recording = SceneRecorder(self._context.presenter, folder, seconds, self)
        self._recording.seen.connect(
            lambda seen: self._widget.show_recording(min(1.0, seen / seconds))
        )
        self._recording.finished.connect(self._on_finished)

    def _on_finished(self, count: int) -> None:
        recording, self._recording = self._recording, None
        if recording is None:
            return
        if count > 0:
            self._widget.end_recording(str(recording.folder))
            return
        recording.cancel()
        words = tr("The frames cannot be written to {folder}. Make room on the disk.")
        self._refuse(words.format(folder=recording.folder))

    def _refuse(self, words: str) -> None:
        self._widget.end_recording()
        self._widget.show_problem(words)
