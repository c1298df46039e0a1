"""Inspects folders and records the source, for the form that asks for training data."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject

from app.features.training.recordings import keep_recording
from app.features.training.scene_recorder import SceneRecorder
from app.features.training.source_form import FolderForm, GazeForm
from app.runtime.jobs import Jobs
from app.session.presenter import FramePresenter
from app.session.session import LiveSession
from app.ui.i18n import tr
from uvanet.errors import UvanetError
from uvanet.paths import expand_user
from uvanet.sources.base import SourceKind
from uvanet.user_models import runs_folder


class TrainingDataChoice(QObject):
    """Inspects the chosen folders, and records the current source.

    Args:
        session: Its source is recorded.
        presenter: Shows the frames that are recorded.
        jobs: Reads the folders on worker threads.
        form: Asks for a folder of videos and images.
        gaze: Asks for gaze data.
    """

    def __init__(
        self,
        session: LiveSession,
        presenter: FramePresenter,
        jobs: Jobs,
        form: FolderForm,
        gaze: GazeForm,
    ) -> None:
        super().__init__(form)
        self._session = session
        self._presenter = presenter
        self._jobs = jobs
        self._form = form
        self._inspected = ("", "")
        self._recorder: SceneRecorder | None = None
        form.inspection_requested.connect(self._inspect)
        form.record_requested.connect(self._record)
        gaze.inspection_requested.connect(lambda path: self._inspect_gaze(gaze, path))

    def keep(self) -> None:
        """Keeps the chosen recording after the run."""
        if self._form.path and self._form.path == self._form.recorded:
            try:
                self._form.end_recording(str(keep_recording(Path(self._form.path))))
            except UvanetError as error:
                self._refuse(str(error))

    def cancel(self, timeout: float = 0.0) -> bool:
        """Cancels an active recording; its frames are deleted on another thread.

        Args:
            timeout: Seconds to wait for the deletion.

        Returns:
            Whether the frames are deleted.
        """
        recorder, self._recorder = self._recorder, None
        return recorder is None or recorder.cancel(timeout)

    def close(self, timeout: float) -> bool:
        """Cancels inspection and recording when the program quits; see `cancel`."""
        self._inspected = ("", "")
        return self.cancel(timeout)

    def source_changed(self) -> None:
        """Cancels an active recording, as its scene has ended."""
        if self._recorder is not None:
            self.cancel()
            self._refuse(tr("The source changed; nothing was kept of the recording."))

    def _inspect(self, path: str, layout: str) -> None:
        from uvanet.training.data.inspect import survey

        self._inspected = requested = (path, layout)
        root = expand_user(path)

        def current() -> bool:
            return self._inspected == requested

        self._jobs.run(
            lambda: survey(root, runs_folder(), current, layout=layout),
            lambda result: self._form.show_survey(result) if current() else None,
            lambda error: self._form.show_problem(str(error)) if current() else None,
            name="survey",
        )

    def _inspect_gaze(self, gaze: GazeForm, path: str) -> None:
        from uvanet.training.data.inspect import survey_gaze

        root = expand_user(path)
        self._jobs.run(
            lambda: survey_gaze(root, runs_folder()),
            lambda result: gaze.show_survey(result) if gaze.path == path else None,
            lambda error: gaze.show_problem(str(error)) if gaze.path == path else None,
            name="survey",
        )

    def _record(self, seconds: int) -> None:
        self.cancel()
        if not seconds:
            self._form.end_recording()
            return
        info = self._session.info
        if info is None:
            self._refuse(tr("There is no source: choose one first."))
            return
        if info.kind is SourceKind.PICTURE:
            self._refuse(tr("A single image does not move; choose its folder instead."))
            return
        try:
            recorder = self._recorder = SceneRecorder(self._presenter, seconds, self)
        except UvanetError as error:
            self._refuse(str(error))
            return
        recorder.progress.connect(lambda done: self._form.show_recording(min(1.0, done / seconds)))
        recorder.finished.connect(lambda: self._on_finished(recorder))
        recorder.failed.connect(lambda error: self._on_failed(recorder, error))

    def _on_finished(self, recorder: SceneRecorder) -> None:
        if recorder is self._recorder:
            self._recorder = None
            self._form.end_recording(str(recorder.folder))

    def _on_failed(self, recorder: SceneRecorder, error: UvanetError) -> None:
        if recorder is self._recorder:
            self._recorder = None
            self._refuse(str(error))

    def _refuse(self, reason: str) -> None:
        self._form.end_recording()
        self._form.show_problem(reason)
