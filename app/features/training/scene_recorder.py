"""Records the frames that the window shows into a private folder."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal

from app.features.training.frame_pair_writer import FramePairWriter
from app.features.training.recordings import new_recording_folder
from app.pipeline.packets import SaliencyPacket
from app.session.presenter import FramePresenter
from app.ui.i18n import tr
from uvanet.errors import OutputError, UvanetError
from uvanet.training.data.frame_pairs import MAX_PAIRS


class SceneRecorder(QObject):
    """Records for a number of seconds, without pauses, or until it is cancelled.

    Args:
        presenter: Shows the frames.
        seconds: Duration of the recording.
        parent: Parent object.
        min_pairs: With fewer frame pairs the recording fails.

    Signals:
        progress: Seconds recorded so far.
        finished: All frames are written to `folder`.
        failed: The UvanetError that ended the recording; its folder is deleted.

    Raises:
        OutputError: The folder cannot be made.
    """

    progress = Signal(float)
    finished = Signal()
    failed = Signal(object)
    _written = Signal()

    def __init__(
        self, presenter: FramePresenter, seconds: float, parent: QObject, min_pairs: int = 0
    ) -> None:
        super().__init__(parent)
        self.folder = new_recording_folder()
        self.seconds = seconds
        self._min_pairs = min_pairs
        self._presenter = presenter
        self._active = True
        self._cancelled = False
        self._written.connect(self._on_written, Qt.ConnectionType.QueuedConnection)
        interval = seconds / MAX_PAIRS
        self._writer = FramePairWriter(self.folder, interval, self._written.emit, min_pairs)
        presenter.presented.connect(self._add)

    def cancel(self, timeout: float = 0.0) -> bool:
        """Ends the recording and deletes its folder, on the writer's thread.

        Args:
            timeout: Seconds to wait for the deletion.

        Returns:
            Whether the folder is deleted.
        """
        self._cancelled = True
        self._stop(discard=True)
        return self._writer.wait(timeout)

    def _add(self, packet: SaliencyPacket) -> None:
        if not self._active:
            return
        self._writer.add(packet.frame)
        self.progress.emit(self._writer.seconds)
        if self._writer.seconds >= self.seconds or self._writer.error is not None:
            self._stop()

    def _stop(self, *, discard: bool = False) -> None:
        if self._active:
            self._active = False
            self._presenter.presented.disconnect(self._add)
        self._writer.close(discard=discard)

    def _on_written(self) -> None:
        if self._cancelled:
            return
        error = self._error()
        if error is None:
            self.finished.emit()
        else:
            self.failed.emit(error)

    def _error(self) -> UvanetError | None:
        """Returns why the recording cannot be used; None if it can."""
        if self._writer.error is not None:
            text = tr("The frames cannot be written to {folder}: {reason}.")
            return OutputError(
                text.format(folder=self.folder, reason=self._writer.error),
                tr("Make room on the disk, and start again."),
            )
        if self._writer.written < self._min_pairs:
            text = tr("Only {count} frame pairs were recorded; {least} are needed.")
            return UvanetError(
                text.format(count=self._writer.written, least=self._min_pairs),
                tr("Keep the source playing and the window visible, and record for longer."),
            )
        return None
