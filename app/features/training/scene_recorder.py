"""Records a live scene into a private folder, from what the window paints anyway."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.features.training.frame_pair_writer import FramePairWriter
from uvanet.training.data.frame_pairs import MAX_PAIRS

if TYPE_CHECKING:
    from pathlib import Path

    from app.pipeline.packets import SaliencyPacket
    from app.session.presenter import FramePresenter


class SceneRecorder(QObject):
    """Goes on until it has seen enough, or is cancelled.

    Args:
        display: What is painted.
        folder: Exists, and is the user's alone.
        seconds: How long.

    Signals:
        seen: Seconds so far.
        finished: All is written; the number of pairs.
    """

    seen = Signal(float)
    finished = Signal(int)

    def __init__(
        self, display: FramePresenter, folder: Path, seconds: float, parent: QObject
    ) -> None:
        super().__init__(parent)
        self.folder = folder
        self.seconds = seconds
        self._writer: FramePairWriter | None = FramePairWriter(folder, seconds / MAX_PAIRS)
        self._display = display
        display.presented.connect(self._add)

    @property
    def error(self) -> OSError | None:
        """Why nothing more is written; None where all is well."""
        return self._writer.error if self._writer is not None else None

    def cancel(self, timeout: float = 1.0) -> None:
        """Ends it and deletes what was seen."""
        self._end(timeout)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _add(self, packet: SaliencyPacket) -> None:
        if self._writer is None:
            return
        seconds = self._writer.add(packet.frame)
        self.seen.emit(seconds)
        if seconds >= self.seconds or self._writer.error is not None:
            writer = self._writer
            self._end(1.0)
            self.finished.emit(writer.written if writer.error is None else -1)

    def _end(self, timeout: float) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            self._display.presented.disconnect(self._add)
            writer.close(timeout)
