"""History of attention of the current source, filled by playback and by a scan."""

from __future__ import annotations

import contextlib
import queue
import threading

from PySide6.QtCore import QObject, QTimer, Signal

from app.pipeline.packets import SaliencyPacket
from app.runtime.jobs import Jobs
from app.session.session import LiveSession
from uvanet.analysis import Record, Sample, scan
from uvanet.sources.base import SourceInfo

_NOTIFY_EVERY_MS = 400
_DRAIN_EVERY_MS = 120
_QUEUE_SIZE = 24  # samples of a scan that wait for the GUI thread


class AttentionHistory(QObject):
    """Records the maps of the current source over time.

    Args:
        session: Provides source and model of a scan.
        jobs: Runs the scan on a worker thread.

    Attributes:
        record: The maps of the source seen so far.
        duration: Duration of the source, seconds; 0 for live sources and single pictures.

    Signals:
        changed: The record has grown or was replaced; growth is signaled every 0.4 s at most.
        progress: Progress of the scan, 0..1; None when the scan has ended.
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
        self._spec, self._slides = "", False
        self._last_bucket = -1
        self._scan: _Scan | None = None
        self._notify = QTimer(self, singleShot=True, interval=_NOTIFY_EVERY_MS)
        self._notify.timeout.connect(self.changed)
        self._drain = QTimer(self, interval=_DRAIN_EVERY_MS)
        self._drain.timeout.connect(self._add_samples)

    @property
    def scanning(self) -> bool:
        """Whether a scan is running."""
        return self._scan is not None

    def open_source(self, info: SourceInfo) -> None:
        """Starts a new record; a file that is opened again keeps its record."""
        if info.live or info.slides or info.spec != self._spec:
            self._spec, self._slides = info.spec, info.slides
            self.duration = 0.0 if info.live or info.slides else info.duration or 0.0
            self.restart()

    def close_source(self) -> None:
        """Deletes the record, as no source is open."""
        self._spec, self.duration = "", 0.0
        self.restart()

    def restart(self) -> None:
        """Starts a new record, as source, model or orientation has changed."""
        self.stop_scan()
        self.record = Record(self.duration or None)
        self._last_bucket = -1
        self.changed.emit()

    def replace(self, record: Record) -> None:
        """Replaces the record of the current source."""
        self.stop_scan()
        self.record = record
        self.changed.emit()

    def add_packet(self, packet: SaliencyPacket) -> None:
        """Adds a result that was shown."""
        seconds = packet.frame.pts
        bucket = int(seconds / self.record.step)
        if packet.failed or bucket == self._last_bucket:
            return
        self._last_bucket = bucket
        if self._slides:
            self.record = Record()  # slides have no history
        if self.record.add(seconds, packet.saliency, packet.bgra):
            self._notify_soon()

    def start_scan(self) -> None:
        """Runs the model over the whole clip in the background."""
        if self._scan is not None or not self.duration:
            return
        self._scan = current = _Scan(self._session, self.record.step)
        self.progress.emit(0.0)
        self._drain.start()

        # A stopped scan may still end or fail; its result is ignored.
        def done(_: object) -> None:
            if current is self._scan:
                self._add_samples()
                self.stop_scan()
                self.scanned.emit()

        def failed(error: Exception) -> None:
            if current is self._scan:
                self._add_samples()
                self.stop_scan()
                self.failed.emit(error)

        self._jobs.run(current.run, done, failed, name="scan")

    def stop_scan(self) -> None:
        """Stops the scan; its maps stay in the record."""
        if self._scan is not None:
            self._scan.stop.set()
            self._scan = None
            self._drain.stop()
            self.progress.emit(None)

    def _add_samples(self) -> None:
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
            self._notify_soon()

    def _notify_soon(self) -> None:
        if not self._notify.isActive():
            self._notify.start()


class _Scan:
    """The part of a scan that runs on a worker thread."""

    def __init__(self, session: LiveSession, step: float) -> None:
        self._session = session
        self._step = step
        self.stop = threading.Event()
        self.samples: queue.Queue[Sample] = queue.Queue(_QUEUE_SIZE)

    def run(self) -> None:
        """Puts the samples of the clip into the queue, until its end or `stop`."""
        predictor = self._session.student.load_copy()
        samples = scan(self._session.reopen_source(), predictor, self._step)
        with contextlib.closing(samples):
            for sample in samples:
                while not self.stop.is_set():
                    with contextlib.suppress(queue.Full):
                        self.samples.put(sample, timeout=0.1)
                        break
                if self.stop.is_set():
                    return
