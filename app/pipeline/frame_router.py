"""The frames' ways through the pipeline: two slots, two hands, and the books on them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from app.pipeline.accounting import FrameAccounting
from app.pipeline.latest_slot import LatestSlot
from app.pipeline.packets import FramePacket, SaliencyPacket
from app.pipeline.stats import Drop

if TYPE_CHECKING:
    from collections.abc import Callable

    from uvanet.sources.base import Frame


class SourceFeed:
    """One source's way into the traffic, dead once another source has its place.

    Used by the capture thread of that source. On a dead lane all methods do nothing, so a
    source that wakes up late harms nobody.
    """

    def __init__(self, traffic: FrameRouter) -> None:
        self._traffic = traffic

    def deliver(self, frame: Frame, t: float, t_scene: float) -> None:
        """Sends a frame on its way, captured at `t`; see `FramePacket` for `t_scene`."""
        self._traffic.deliver(self, frame, t, t_scene)

    def skipped(self, cause: Drop, t: float) -> None:
        """Counts a frame that was read at `t` and dropped on the spot."""
        self._traffic.skipped(self, cause, t)

    def renew_epoch(self, flush: Drop | None) -> None:
        """Begins an epoch; with `flush`, drops what is under way for that cause."""
        self._traffic.renew_epoch(self, flush)


class FrameRouter:
    """Leads frames from the current lane to the network and results to the painter.

    Newest wins at both slots. What became pointless (by a seek, by another source) is stopped
    at every station it could still pass, so it is never painted.
    """

    def __init__(self) -> None:
        self.frames: LatestSlot[FramePacket] = LatestSlot()
        self.ledger = FrameAccounting()
        self._results: LatestSlot[SaliencyPacket] = LatestSlot()
        self._lock = threading.Lock()
        self._lane: SourceFeed | None = None
        self._seq = 0
        self._epoch = 0
        # Frames of epochs before this one are pointless, and why.
        self._floor = 0
        self._floor_cause = Drop.SOURCE_CHANGED
        self._hand: SaliencyPacket | None = None
        self._newest = 0
        self._publishing = threading.Lock()
        # Sees every captured frame, on the capture thread; must be quick.
        self.tap: Callable[[FramePacket], None] | None = None

    def open_lane(self) -> SourceFeed:
        """Gives a new source its way; the lane before is dead from here on."""
        with self._lock:
            self._lane = lane = SourceFeed(self)
            self._advance_epoch(Drop.SOURCE_CHANGED)
        return lane

    def close(self) -> None:
        """Stops everything and writes off what is under way."""
        with self._lock:
            self._lane = None
            self._advance_epoch(Drop.CLOSED)
        self.frames.close()
        self._results.close()
        self.ledger.close()

    # The capture thread's side

    def deliver(self, lane: SourceFeed, frame: Frame, t: float, t_scene: float) -> None:
        """See `SourceFeed.deliver`."""
        with self._lock:
            if lane is not self._lane:
                return
            self._seq += 1
            packet = FramePacket(
                self._seq, t, frame.pts, t_scene, frame.index, frame.image, self._epoch
            )
            self.ledger.captured(packet.seq, t)
            loser = self.frames.put(packet)
            tap = self.tap
        if loser is not None:
            self.ledger.dropped(loser.seq, Drop.NETWORK_BUSY)
        if tap is not None:
            tap(packet)

    def skipped(self, lane: SourceFeed, cause: Drop, t: float) -> None:
        """See `SourceFeed.skipped`."""
        with self._lock:
            if lane is self._lane:
                self.ledger.skipped(cause, t)

    def renew_epoch(self, lane: SourceFeed, flush: Drop | None) -> None:
        """See `SourceFeed.renew_epoch`."""
        with self._lock:
            if lane is self._lane:
                self._advance_epoch(flush)

    def _advance_epoch(self, flush: Drop | None) -> None:
        self._epoch += 1
        if flush is None:
            return
        self._floor, self._floor_cause = self._epoch, flush
        if (frame := self.frames.clear()) is not None:
            self.ledger.dropped(frame.seq, flush)
        if (result := self._results.clear()) is not None:
            self.ledger.dropped(result.frame.seq, flush)

    # The inference thread's side

    def stale(self, frame: FramePacket) -> bool:
        """Whether a frame is pointless by now; it is written off by this very call."""
        if frame.epoch >= self._floor:
            return False
        self.ledger.dropped(frame.seq, self._floor_cause)
        return True

    def failed(self, frame: FramePacket) -> None:
        """The network raised on a frame."""
        self.ledger.failed(frame.seq)

    def pointless(self, result: SaliencyPacket) -> Drop | None:
        """Why nobody wants to see a result any more; the books are not touched."""
        return self._floor_cause if result.frame.epoch < self._floor else None

    def discard(self, result: SaliencyPacket, cause: Drop) -> None:
        """A result got lost between the network and the painter."""
        self.ledger.dropped(result.frame.seq, cause)

    def publish(self, result: SaliencyPacket) -> bool:
        """Leaves a result for the painter; False where it is pointless by now."""
        if self.stale(result.frame):
            return False
        # Two threads come here while a teacher comes or goes; the painter never sees an older
        # result after a newer one.
        with self._publishing:
            if result.frame.seq < self._newest:
                self.ledger.dropped(result.frame.seq, Drop.TEACHER_BUSY)
                return False
            self._newest = result.frame.seq
            loser = self._results.put(result)
        if loser is not None:
            self.ledger.dropped(loser.frame.seq, Drop.PAINTER_BUSY)
        return loser is not result

    # The painter's side

    def take(self) -> SaliencyPacket | None:
        """The newest result; the one taken before is written off if it was never painted."""
        result = self._results.take(0)
        if result is None or self.stale(result.frame):
            return None
        hand, self._hand = self._hand, result
        if hand is not None:
            self.ledger.dropped(hand.frame.seq, Drop.PAINTER_BUSY)
        return result

    def painted(self, result: SaliencyPacket, t: float) -> None:
        """A result is on the screen since `t`; only the first time of the last one counts."""
        if result is self._hand:
            self._hand = None
            self.ledger.painted(result.frame.seq, t, t - result.frame.t_capture)
