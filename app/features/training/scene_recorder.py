"""Records a scene into a private folder, from the frames that the window shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from app.features.training.frame_pair_writer import FramePairWriter
from app.ui.i18n import tr
from uvanet.errors import OutputError
from uvanet.training.data.frame_pairs import MAX_PAIRS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.pipeline.packets import SaliencyPacket
    from app.session.presenter import FramePresenter


class SceneRecorder(QObject):
    """Records until it has enough seconds, or is cancelled. Pauses do not count.

    Args:
        presenter: Shows the frames.
        folder: Exists, and only its owner may read it.
        seconds: Duration of the recording.
        parent: Parent object.
        discard: The folders that `cancel` deletes; None for `folder` alone.

    Signals:
        progress: Seconds recorded so far.
        finished: Everything is written; the number of frame pairs.
        failed: The OutputError that ended the recording; the folder stays.
    """

    progress = Signal(float)
    finished = Signal(int)
    failed = Signal(object)
    _written = Signal()

    def __init__(
        self,
        presenter: FramePresenter,
        folder: Path,
        seconds: float,
        parent: QObject,
        discard: Sequence[Path] | None = None,
    ) -> None:
        super().__init__(parent)
        self.folder = folder
        self.seconds = seconds
        self.discard = (folder,) if discard is None else tuple(discard)
        self._presenter = presenter
        self._active = True
        self._cancelled = False
        self._written.connect(self._on_written, Qt.ConnectionType.QueuedConnection)
        self._writer = FramePairWriter(folder, seconds / MAX_PAIRS, self._written.emit)
        presenter.presented.connect(self._add)

    def cancel(self, timeout: float = 0.0) -> bool:
        """Ends the recording and deletes its folders, on the writer's thread.

        Args:
            timeout: Seconds to wait for the deletion.

        Returns:
            Whether it is deleted.
        """
        self._cancelled = True
        self._stop(self.discard)
        return self._writer.wait(timeout)

    def _add(self, packet: SaliencyPacket) -> None:
        if not self._active:
            return
        self._writer.add(packet.frame)
        self.progress.emit(self._writer.seconds)
        if self._writer.seconds >= self.seconds or self._writer.error is not None:
            self._stop()

    def _stop(self, discard: Sequence[Path] = ()) -> None:
        if self._active:
            self._active = False
            self._presenter.presented.disconnect(self._add)
        self._writer.close(discard)

    def _on_written(self) -> None:
        if self._cancelled:
            return
        if self._writer.error is None:
            self.finished.emit(self._writer.written)
        else:
            self.failed.emit(
                OutputError(
                    tr("The frames cannot be written to {folder}: {reason}.").format(
                        folder=self.folder, reason=self._writer.error
                    ),
                    tr("Make room on the disk, and start again."),
                )
            )
