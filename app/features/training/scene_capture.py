"""Records a live scene, then starts a run on the recorded frames."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QObject, Signal

from app.features.training.recordings import keep_recording
from app.features.training.run_controller import RunController
from app.features.training.run_folders import RunRequest
from app.features.training.scene_recorder import SceneRecorder
from app.session.presenter import FramePresenter
from uvanet.errors import UvanetError
from uvanet.training.data.frame_pairs import MIN_PAIRS


class SceneCapture(QObject):
    """Makes one recording at a time.

    Args:
        controller: Starts the run.
        presenter: Shows the frames that are recorded.

    Signals:
        progress: The share recorded, 0..1, and the seconds left.
        failed: The UvanetError that ended the recording.
    """

    progress = Signal(float, float)
    failed = Signal(object)

    def __init__(self, controller: RunController, presenter: FramePresenter) -> None:
        super().__init__(controller)
        self._controller = controller
        self._presenter = presenter
        self._recorder: SceneRecorder | None = None

    def record(self, request: RunRequest, seconds: float, *, keep: bool) -> None:
        """Starts to record.

        Args:
            request: The run, without the folder of its training data.
            seconds: Duration of the recording.
            keep: Whether the frames are kept after the training.

        Raises:
            OutputError: The private folder cannot be made.
        """
        recorder = SceneRecorder(self._presenter, seconds, self, MIN_PAIRS)
        recorder.progress.connect(self._on_progress)
        recorder.finished.connect(lambda: self._on_finished(recorder, request, keep=keep))
        recorder.failed.connect(self._fail)
        self._recorder = recorder
        self._controller.capturing = True

    def cancel(self, timeout: float = 0.0) -> bool:
        """Ends the recording and deletes its frames, on another thread.

        Args:
            timeout: Seconds to wait for the deletion.

        Returns:
            Whether the frames are deleted.
        """
        recorder = self._recorder
        self._end()
        return recorder is None or recorder.cancel(timeout)

    def _end(self) -> None:
        self._recorder = None
        self._controller.capturing = False

    def _on_progress(self, seconds: float) -> None:
        if self._recorder is not None:
            share = min(1.0, seconds / self._recorder.seconds)
            self.progress.emit(share, max(0.0, self._recorder.seconds - seconds))

    def _on_finished(self, recorder: SceneRecorder, request: RunRequest, *, keep: bool) -> None:
        try:
            folder = keep_recording(recorder.folder) if keep else recorder.folder
        except UvanetError as error:
            self._fail(error)
            return
        self._end()
        options = ["--recording", "--keep-frames"] if keep else ["--recording"]
        arguments = [str(folder), *request.arguments, *options]
        self._controller.start(msgspec.structs.replace(request, arguments=arguments))

    def _fail(self, error: UvanetError) -> None:
        self._end()
        self.failed.emit(error)
