"""Writes the frames of a live source into a replay buffer, on a separate thread."""

from __future__ import annotations

import logging
import queue
import threading
from typing import TYPE_CHECKING, Literal

from app.ui.i18n import tr
from uvanet.errors import OutputError, UvanetError

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.pipeline.packets import FramePacket
    from uvanet.video.replay_buffer import ReplayBuffer

_log = logging.getLogger(__name__)

SlowPart = Literal["disk", "encoder"]

_MAX_WAITING = 8  # frames in memory; while the queue is full, frames are counted as missed


class Recorder:
    """Writes frames into a replay buffer on a thread, so that capture never waits.

    Any error ends the recording and is reported. The buffer is kept until `close`, so that its
    frames can be saved.

    Args:
        make_buffer: Makes the buffer, on the recorder's thread; it may block.
        failed: Receives the error that ended the recording, on the recorder's thread. No frame is
            accepted afterwards.
        resized: Called on the recorder's thread with the time of the first frame of another size
            while earlier frames are held. The buffer is emptied afterwards.

    Attributes:
        missed: Number of frames that were dropped, as encoding or the disk was too slow.
        buffer: The replay buffer; None until it is made.
    """

    def __init__(
        self,
        make_buffer: Callable[[], ReplayBuffer],
        failed: Callable[[UvanetError], None],
        resized: Callable[[float], None] = lambda _: None,
    ) -> None:
        self.missed = 0
        self.buffer: ReplayBuffer | None = None
        self._hold: float | None = None
        self._title = ""
        self._lock = threading.Lock()
        self._make_buffer = make_buffer
        self._failed = failed
        self._resized = resized
        self._frames: queue.Queue[FramePacket] = queue.Queue(_MAX_WAITING)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="uvanet-recorder", daemon=True)
        self._thread.start()

    def offer(self, packet: FramePacket) -> None:
        """Accepts a frame and returns at once. For the capture thread."""
        if self._closing.is_set():
            return
        try:
            self._frames.put_nowait(packet)
        except queue.Full:
            self.missed += 1

    @property
    def slow_part(self) -> SlowPart:
        """The part that takes most of the time, and so causes missed frames."""
        buffer = self.buffer
        if buffer is None or buffer.write_seconds > buffer.encode_seconds:
            return "disk"
        return "encoder"

    def hold(self, t: float | None, title: str = "") -> None:
        """Keeps all frames from a time on; None keeps the last seconds only.

        Can be called before the buffer is made. See `ReplayBuffer.hold`.
        """
        with self._lock:
            self._hold, self._title = t, title
            if self.buffer is not None:
                self.buffer.hold(t, title)

    def close(self, timeout: float) -> bool:
        """Ends the recording and deletes the buffered frames.

        Args:
            timeout: Seconds to wait for the thread.

        Returns:
            Whether the thread has ended.
        """
        self._closing.set()
        self._thread.join(timeout)
        if self._thread.is_alive():
            return False
        if self.buffer is not None:
            self.buffer.close()
        return True

    def _work(self) -> None:
        try:
            self._record()
        except UvanetError as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001 - an encoder or the memory may fail in many ways
            _log.exception("the recorder failed")
            self._fail(
                OutputError(
                    tr("The recording ended: {reason}.").format(
                        reason=error or type(error).__name__
                    ),
                    tr("Start it again; the program's log says more."),
                )
            )

    def _fail(self, error: UvanetError) -> None:
        _log.warning("recording ended: %s", error)
        self._closing.set()
        self._failed(error)

    def _record(self) -> None:
        buffer = self._make_buffer()
        with self._lock:
            self.buffer = buffer
            buffer.hold(self._hold, self._title)
        while not self._closing.is_set():
            try:
                packet = self._frames.get(timeout=0.2)
            except queue.Empty:
                continue
            height, width = packet.picture.shape[:2]
            if buffer.size not in ((0, 0), (width, height)) and self._hold is not None:
                self._resized(packet.t_capture)
                self.hold(packet.t_capture, self._title)
            buffer.put(packet.image, packet.t_capture)
