"""Records what a live source captures, beside everything else."""

from __future__ import annotations

import logging
import queue
import threading
from typing import TYPE_CHECKING

from uvanet.errors import UvanetError

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.pipeline.packets import FramePacket
    from uvanet.video.replay_buffer import ReplayBuffer

_log = logging.getLogger(__name__)

_WAITING = 8  # frames; what comes while the disk is slower than that is left out


class Recorder:
    """Brings frames into a ring on a thread of its own, so that capturing never waits.

    Args:
        make_ring: Makes the ring, on the recorder's thread; may take its time.
        failed: Gets the UvanetError that ended the recording, on that thread; no frame is
            taken any more then, and the ring stays until the recorder is closed.
        resized: Called on that thread when frames of another size come while earlier ones are
            held, before the ring starts anew with them, with the moment.

    Attributes:
        missed: Frames that were left out since the disk was too slow.
    """

    def __init__(
        self,
        make_ring: Callable[[], ReplayBuffer],
        failed: Callable[[UvanetError], None],
        resized: Callable[[float], None] = lambda _: None,
    ) -> None:
        self.missed = 0
        self.ring: ReplayBuffer | None = None
        self._hold: float | None = None
        self._lock = threading.Lock()
        self._make_ring = make_ring
        self._failed = failed
        self._resized = resized
        self._frames: queue.Queue[FramePacket] = queue.Queue(_WAITING)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="uvanet-recorder", daemon=True)
        self._thread.start()

    def offer(self, packet: FramePacket) -> None:
        """Takes a frame; returns at once. For the capture thread."""
        if self._closing.is_set():
            return
        try:
            self._frames.put_nowait(packet)
        except queue.Full:
            self.missed += 1

    def hold(self, t: float | None) -> None:
        """See `ReplayBuffer.hold`; also before there is a ring."""
        with self._lock:
            self._hold = t
            if self.ring is not None:
                self.ring.hold(t)

    def close(self, timeout: float) -> bool:
        """Ends, and removes what was kept.

        Returns:
            Whether the thread has ended.
        """
        self._closing.set()
        self._thread.join(timeout)
        if self._thread.is_alive():
            return False
        if self.ring is not None:
            self.ring.close()
        return True

    def _work(self) -> None:
        try:
            ring = self._make_ring()
            with self._lock:
                self.ring = ring
                ring.hold(self._hold)
            while not self._closing.is_set():
                try:
                    packet = self._frames.get(timeout=0.2)
                except queue.Empty:
                    continue
                height, width = packet.image.shape[:2]
                if ring.size not in ((0, 0), (width, height)) and self._hold is not None:
                    self._resized(packet.t_capture)
                    self.hold(packet.t_capture)
                ring.put(packet.image, packet.t_capture)
        except UvanetError as error:
            _log.warning("recording ended: %s", error)
            self._closing.set()
            self._failed(error)
