"""Records attention over the time of a clip: during playback, and by a scan."""

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

_NOTIFY_MS = 400
_DRAIN_MS = 120
_WAITING = 24  # samples that may wait for the window's thread


class AttentionHistory(QObject):
    """The record of the current source.

    Args:
        session: Makes the source and the model of a scan.
        jobs: Runs the scan.

    Attributes:
        record: What was seen so far.
        duration: Length of the clip in seconds; 0 where it has none.

    Signals:
        changed: The record has grown or was replaced; at most a few times a second.
        progress: Progress of a scan, 0..1; None when it ends.
        scanned: A scan has reached the end of the clip.
        failed: The exception that ended a scan.
    """

    changed = Signal()
    progress = Signal(object)
    scanned = Signal()
    failed = Signal(object)

    def __init__(self, session: LiveSession, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._jobs = jobs
        self.record = Record()
        self.duration = 0.0
        self._spec = ""
        self._last = -1
        self._scan: _Scan | None = None
        self._notify = QTimer(self)
        self._notify.setSingleShot(True)
        self._notify.timeout.connect(self.changed)
        self._drain = QTimer(self)
        self._drain.timeout.connect(self._take_samples)

    @property
    def scanning(self) -> bool:
        """Whether a scan runs."""
        return self._scan is not None

    def begin(self, info: SourceInfo) -> None:
        """Starts the record of a source; a file that is opened again continues its record."""
        if info.live or info.spec != self._spec:
            self._spec = info.spec
            self.duration = 0.0 if info.live else info.duration or 0.0
            self.restart()

    def restart(self) -> None:
        """Clears the record, since the frames or the model have changed."""
        self.stop_scan()
        self.record = Record(self.duration or None)
        self._last = -1
        self.changed.emit()

    def add(self, packet: SaliencyPacket) -> None:
        """Adds the result that was painted."""
        seconds = packet.frame.pts
        bucket = int(seconds / self.record.step)
        if packet.failed or bucket == self._last:
            return
        self._last = bucket
        if self.record.add(seconds, packet.saliency, packet.bgra) and not self._notify.isActive():
            self._notify.start(_NOTIFY_MS)

    def start_scan(self) -> None:
        """Starts a scan of the whole clip in the background."""
        if self._scan is not None or not self.duration:
            return
        self._scan = current = _Scan(self._session, self.record.step)
        self.progress.emit(0.0)
        self._drain.start(_DRAIN_MS)

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
        """Stops a scan; its results are kept."""
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
            if not self._notify.isActive():
                self._notify.start(_NOTIFY_MS)


class _Scan:
    """The part of a scan that runs on a worker thread."""

    def __init__(self, session: LiveSession, step: float) -> None:
        self._session = session
        self._step = step
        self.stop = threading.Event()
        self.samples: queue.Queue[Sample] = queue.Queue(_WAITING)

    def work(self) -> None:
        """Scans the clip until its end or `stop`."""
        network = self._session.student.load_copy()
        samples = scan(self._session.reopen_source(), network, self._step)
        with contextlib.closing(samples):
            for sample in samples:
                while not self.stop.is_set():
                    with contextlib.suppress(queue.Full):
                        self.samples.put(sample, timeout=0.1)
                        break
                if self.stop.is_set():
                    return
