"""Routes frames from capture to inference and results to the painter, and counts drops.

Both stations hold the newest item only (`LatestSlot`). Every captured frame is counted in
`FrameAccounting` until it is painted, dropped or failed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

from app.pipeline.accounting import FrameAccounting
from app.pipeline.latest_slot import LatestSlot
from app.pipeline.packets import FramePacket, SaliencyPacket
from app.pipeline.stats import Drop
from uvanet.sources.base import Frame


class FrameRouter:
    """Passes frames of the current source to the network, and results to the painter.

    A seek or a change of source makes the frames before obsolete. Every thread checks
    `is_obsolete` and drops such frames, so that they are never painted.

    Attributes:
        frames: Slot from which the inference thread takes frames.
        accounting: Counters of all frames.
        min_epoch_cause: Why frames are obsolete.
        tap: Called with each captured frame on the capture thread; must be quick.
    """

    def __init__(self) -> None:
        self.frames: LatestSlot[FramePacket] = LatestSlot()
        self.accounting = FrameAccounting()
        self.tap: Callable[[FramePacket], None] | None = None
        self._results: LatestSlot[SaliencyPacket] = LatestSlot()
        self._lock = threading.Lock()
        self._source = 0
        self._seq = 0
        self._epoch = 0
        self._min_epoch = 0
        self.min_epoch_cause = Drop.SOURCE_CHANGED
        self._last: FramePacket | None = None
        self._in_paint: FramePacket | None = None
        self._newest_result = 0
        self._publishing = threading.Lock()

    def open_feed(self, source: int) -> SourceFeed:
        """Makes a source the current one; the feed of the source before has no effect any more.

        Args:
            source: Number of the source, not used before, above 0.
        """
        with self._lock:
            self._source = source
            self._last = None
            self._begin_epoch(Drop.SOURCE_CHANGED)
        return SourceFeed(self, source)

    def close(self) -> None:
        """Drops the frames in flight and accepts no more."""
        with self._lock:
            self._source = 0
            self._last = None
            self._begin_epoch(Drop.CLOSED)
        self.frames.close()
        self._results.close()
        self.accounting.close()

    def _begin_epoch(self, flush: Drop | None) -> None:
        self._epoch += 1
        if flush is None:
            return
        self._min_epoch, self.min_epoch_cause = self._epoch, flush
        if (frame := self.frames.clear()) is not None:
            self.drop(frame, flush)
        if (result := self._results.clear()) is not None:
            self.drop(result.frame, flush)

    # For the capture thread

    def _send(self, packet: FramePacket) -> None:
        self._last = packet
        self.accounting.captured(packet.seq, packet.t_capture)
        replaced = self.frames.put(packet)
        if replaced is not None:
            self.drop(replaced, Drop.NETWORK_BUSY)

    @property
    def last_seq(self) -> int | None:
        """Capture number of the current source's newest frame; None before the first."""
        last = self._last
        return None if last is None else last.seq

    def repeat_frame(self, t: float) -> None:
        """Sends the newest frame of the current source once more, in an epoch of its own.

        Called for a new network while no new frame comes. The frame counts as captured again;
        `tap` does not get it.

        Args:
            t: Seconds on the pipeline's clock, the new time of capture.
        """
        with self._lock:
            if self._last is None:
                return
            self._begin_epoch(None)
            self._seq += 1
            again = replace(
                self._last, seq=self._seq, t_capture=t, epoch=self._epoch, t_exposure=None
            )
            self._send(again)

    # For the inference and teacher threads

    def is_obsolete(self, frame: FramePacket) -> bool:
        """Whether a frame must not be painted any more; drop it then."""
        return frame.epoch < self._min_epoch

    def drop(self, frame: FramePacket, cause: Drop | None = None) -> None:
        """Counts a frame as dropped; the default cause is what made the frame obsolete."""
        self.accounting.dropped(frame.seq, cause or self.min_epoch_cause)

    def publish_result(self, result: SaliencyPacket) -> bool:
        """Puts a result into the painter's slot; returns False where it was dropped instead."""
        frame = result.frame
        if self.is_obsolete(frame):
            self.drop(frame)
            return False
        # Two threads publish while a teacher starts or stops. The painter never gets an older
        # result after a newer one.
        with self._publishing:
            if frame.seq < self._newest_result:
                self.drop(frame, Drop.TEACHER_BUSY)
                return False
            self._newest_result = frame.seq
            replaced = self._results.put(result)
        if replaced is not None:
            self.drop(replaced.frame, Drop.PAINTER_BUSY)
        return replaced is not result

    # For the thread that paints

    def take_result(self) -> SaliencyPacket | None:
        """Takes the newest result; drops the one taken before where it was never painted."""
        result = self._results.take(0)
        if result is None:
            return None
        if self.is_obsolete(result.frame):
            self.drop(result.frame)
            return None
        before, self._in_paint = self._in_paint, result.frame
        if before is not None:
            self.drop(before, Drop.PAINTER_BUSY)
        return result

    def painted(self, frame: FramePacket, t: float) -> None:
        """Counts the frame taken last as painted at `t`; a repaint is not counted."""
        if frame is self._in_paint:
            self._in_paint = None
            self.accounting.painted(frame, t)


class SourceFeed:
    """Input of one source; has no effect once another source is the current one.

    A source that returns late from `read` therefore changes nothing. Used by the source's
    capture thread.

    Attributes:
        source: Number of the source.
    """

    def __init__(self, router: FrameRouter, source: int) -> None:
        self.source = source
        self._router = router

    def deliver(self, frame: Frame, t: float, t_scene: float) -> None:
        """Sends a frame to the network.

        Args:
            frame: Frame of the source.
            t: Time of capture, seconds on the pipeline's clock.
            t_scene: See `FramePacket`.
        """
        router = self._router
        with router._lock:
            if self.source != router._source:
                return
            router._seq += 1
            packet = FramePacket(
                router._seq,
                t,
                frame.pts,
                t_scene,
                frame.index,
                frame.picture,
                router._epoch,
                self.source,
                frame.captured,
            )
            router._send(packet)
            tap = router.tap
        if tap is not None:
            tap(packet)

    def skip(self, cause: Drop, t: float) -> None:
        """Counts a frame that was read at `t` and dropped at once."""
        router = self._router
        with router._lock:
            if self.source == router._source:
                router.accounting.skipped(cause, t)

    def begin_epoch(self, flush: Drop | None) -> None:
        """Begins an epoch; drops all frames in flight where the cause `flush` is given."""
        router = self._router
        with router._lock:
            if self.source == router._source:
                router._begin_epoch(flush)
