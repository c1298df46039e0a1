"""Fills the record of the clip: from what plays, and by a scan in the background."""

from __future__ import annotations

import contextlib
import queue
import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from uvanet.analysis import Record, scan

if TYPE_CHECKING:
    from app.pipeline.packets import SaliencyPacket
    from app.runtime.jobs import Jobs
    from app.session.session import LiveSession
    from uvanet.analysis import Sample
    from uvanet.sources.base import SourceInfo

_TELL_EVERY_MS = 400
_DRAIN_EVERY_MS = 120
_WAITING = 24  # samples that may wait for the window's thread


class AttentionHistory(QObject):
    """The record of the source that plays.

    Args:
        controller: Gives sources and networks for a scan.
        jobs: Runs it.

    Attributes:
        record: What was seen so far.
        duration: Of the clip in seconds; 0 where it has none.

    Signals:
        changed: The record has grown or is a new one; comes a few times a second at most.
        progress: How far a scan is, 0..1; None when none runs any more.
        scanned: A scan has reached the end.
        failed: The exception that ended a scan.
    """

    changed = Signal()
    progress = Signal(object)
    scanned = Signal()
    failed = Signal(object)

    def __init__(self, controller: LiveSession, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._jobs = jobs
        self.record = Record()
        self.duration = 0.0
        self._spec = ""
        self._last = -1
        self._scan: _Scan | None = None
        self._tell = QTimer(self)
        self._tell.setSingleShot(True)
        self._tell.timeout.connect(self.changed)
        self._drain = QTimer(self)
        self._drain.timeout.connect(self._take_samples)

    @property
    def scanning(self) -> bool:
        """Whether a scan runs."""
        return self._scan is not None

    def begin(self, info: SourceInfo) -> None:
        """Starts the record of a source; the same file opened again goes on with its own."""
        if info.live or info.spec != self._spec:
            self._spec = info.spec
            self.duration = 0.0 if info.live else info.duration or 0.0
            self.restart()

    def restart(self) -> None:
        """Forgets all that was seen: the pictures or the network are others from now on."""
        self.stop_scan()
        self.record = Record(self.duration or None)
        self._last = -1
        self.changed.emit()

    def see(self, packet: SaliencyPacket) -> None:
        """Takes what is on the canvas."""
        seconds = packet.frame.pts
        bucket = int(seconds / self.record.step)
        if packet.failed or bucket == self._last:
            return
        self._last = bucket
        if self.record.add(seconds, packet.saliency, packet.bgra) and not self._tell.isActive():
            self._tell.start(_TELL_EVERY_MS)

    def start_scan(self) -> None:
        """Looks through the whole clip in the background."""
        if self._scan is not None or not self.duration:
            return
        self._scan = current = _Scan(self._controller, self.record.step)
        self.progress.emit(0.0)
        self._drain.start(_DRAIN_EVERY_MS)

        def done(_: object) -> None:
            if current is self._scan:
                self._take_samples()
                self.stop_scan()
                self.scanned.emit()

        def failed(error: Exception) -> None:
            if current is self._scan:
                self._take_samples()
                self.stop_scan()
                self.failed.emit(error)

        self._jobs.run(current.work, done, failed, name="scan")

    def stop_scan(self) -> None:
        """Ends a scan; what it has seen stays."""
        if self._scan is not None:
            self._scan.stop.set()
            self._scan = None
            self._drain.stop()
            self.progress.emit(None)

    def _take_samples(self) -> None:
        if self._scan is None:
            return
        seconds = None
        with contextlib.suppress(queue.Empty):
            while True:
                sample = self._scan.samples.get_nowait()
                seconds = sample.seconds
                self.record.add(seconds, sample.saliency, sample.image)
        if seconds is not None:
            self.progress.emit(min(1.0, seconds / self.duration))
            if not self._tell.isActive():
                self._tell.start(_TELL_EVERY_MS)


class _Scan:
    """The part of a scan that runs beside the window."""

    def __init__(self, controller: LiveSession, step: float) -> None:
        self._controller = controller
        self._step = step
        self.stop = threading.Event()
        self.samples: queue.Queue[Sample] = queue.Queue(_WAITING)

    def work(self) -> None:
        """Looks through the clip until its end or `stop`."""
        network = self._controller.student.load_copy()
        samples = scan(self._controller.reopen_source(), network, self._step)
        with contextlib.closing(samples):
            for sample in samples:
                while not self.stop.is_set():
                    with contextlib.suppress(queue.Full):
                        self.samples.put(sample, timeout=0.1)
                        break
                if self.stop.is_set():
                    return
