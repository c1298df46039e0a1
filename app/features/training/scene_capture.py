"""Records a live scene for a while, then starts a run on it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, Signal

from app.features.training.recordings import recordings_folder
from app.features.training.run_folders import FRAMES, new_run_folder
from app.features.training.scene_recorder import SceneRecorder
from app.ui.i18n import tr
from uvanet.errors import UvanetError
from uvanet.training.data.frame_pairs import MIN_PAIRS
from uvanet.user_models import private

if TYPE_CHECKING:
    from pathlib import Path

    from app.features.training.run_controller import RunController
    from app.features.training.run_folders import RunRequest
    from app.runtime.jobs import Jobs
    from app.session.presenter import FramePresenter


class SceneCapture(QObject):
    """Makes one recording at a time.

    Args:
        controller: Starts the run.
        presenter: Shows the frames that are recorded.
        jobs: Delete unused folders.

    Signals:
        progress: The share recorded, 0..1, and the seconds left.
        failed: The UvanetError that ended the recording; nothing is left of it.
    """

    progress = Signal(float, float)
    failed = Signal(object)

    def __init__(self, controller: RunController, presenter: FramePresenter, jobs: Jobs) -> None:
        super().__init__(controller)
        self._controller = controller
        self._presenter = presenter
        self._jobs = jobs
        self._recorder: SceneRecorder | None = None

    @property
    def active(self) -> bool:
        """Whether it records."""
        return self._recorder is not None

    def record(self, request: RunRequest, seconds: float, *, keep: bool) -> None:
        """Begins to record.

        Args:
            request: The run, without the folder it learns from.
            seconds: Duration of the recording.
            keep: Leave the frames where they are after the training.

        Raises:
            OutputError: The private folder cannot be made.
        """
        folder = new_run_folder()
        frames = folder / FRAMES
        if keep:
            frames = private(recordings_folder()) / folder.name
        private(frames)
        arguments = [str(frames), *request.arguments, "--recording"]
        arguments += ["--keep-frames"] if keep else []
        request = msgspec.structs.replace(request, arguments=arguments)
        recorder = SceneRecorder(self._presenter, frames, seconds, self, discard=(frames, folder))
        recorder.progress.connect(self._on_progress)
        recorder.finished.connect(lambda count: self._on_finished(folder, request, count))
        recorder.failed.connect(self._fail)
        self._recorder = recorder
        self._controller.capturing = True

    def cancel(self, timeout: float = 0.0) -> bool:
        """Ends the recording and deletes what was recorded, on another thread.

        Args:
            timeout: Seconds to wait for the deletion.

        Returns:
            Whether it is deleted.
        """
        recorder = self._end()
        return recorder is None or recorder.cancel(timeout)

    def _end(self) -> SceneRecorder | None:
        recorder, self._recorder = self._recorder, None
        self._controller.capturing = False
        return recorder

    def _on_progress(self, seconds: float) -> None:
        if self._recorder is not None:
            share = min(1.0, seconds / self._recorder.seconds)
            self.progress.emit(share, max(0.0, self._recorder.seconds - seconds))

    def _on_finished(self, folder: Path, request: RunRequest, count: int) -> None:
        if count >= MIN_PAIRS:
            self._end()
            self._controller.start(request, folder)
            return
        self._fail(
            UvanetError(
                tr("Only {count} frame pairs were recorded; {least} are needed.").format(
                    count=count, least=MIN_PAIRS
                ),
                tr("Keep the source playing and the window visible, and record for longer."),
            )
        )

    def _fail(self, error: UvanetError) -> None:
        recorder = self._end()
        if recorder is not None:
            folders = recorder.discard

            def work() -> None:
                for folder in folders:
                    shutil.rmtree(folder, ignore_errors=True)

            self._jobs.run(work, name="delete-capture")
        self.failed.emit(error)
