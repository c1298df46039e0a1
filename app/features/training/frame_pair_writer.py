"""Writes pairs of frames of a scene into a private folder, on a separate thread."""

from __future__ import annotations

import logging
import queue
import shutil
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from app.pipeline.packets import FramePacket
from uvanet.resizing import shrink
from uvanet.runtime.engine import LAG
from uvanet.training.data.frame_pairs import BEFORE, NOW

Pair = tuple[int, NDArray[np.uint8], NDArray[np.uint8]]


_log = logging.getLogger(__name__)

MAX_SIDE = 640
"""Longest side of the written frames, pixels. No teacher has a larger input."""

MAX_GAP = 2.0
"""Longest time between two frames that counts as recorded, seconds. A longer gap is a pause: the
source was paused, the window minimized or the camera disconnected."""

_MAX_WAITING = 6  # pairs in memory; while the queue is full, frames are dropped


class FramePairWriter:
    """Writes frames at an interval, each with the frame about 100 ms before it.

    Args:
        folder: An existing folder that only its owner may read.
        interval: Seconds of the scene between two pairs.
        ended: Called on the writer's thread when all pairs are written, or the folder is deleted.
        min_pairs: With fewer pairs, or after an error, the folder is deleted.

    Attributes:
        seconds: Recorded time without pauses.
        written: Pairs written so far.
        error: The error that stopped the writing; None without one.
    """

    def __init__(
        self, folder: Path, interval: float, ended: Callable[[], None], min_pairs: int = 0
    ) -> None:
        self.seconds = 0.0
        self.written = 0
        self.error: Exception | None = None
        self._folder = folder
        self._interval = interval
        self._ended = ended
        self._min_pairs = min_pairs
        self._recent: deque[FramePacket] = deque()
        self._due = LAG
        self._pairs: queue.Queue[Pair] = queue.Queue(_MAX_WAITING)
        self._closing = threading.Event()
        self._discard = False
        self._thread = threading.Thread(target=self._work, name="uvanet-pairs", daemon=True)
        self._thread.start()

    def add(self, frame: FramePacket) -> None:
        """Takes a frame that was shown; returns at once."""
        recent = self._recent
        if recent:
            gap = frame.t_capture - recent[-1].t_capture
            if frame.epoch != recent[-1].epoch or not 0 <= gap <= MAX_GAP:
                recent.clear()
            else:
                self.seconds += gap
        recent.append(frame)
        while len(recent) > 1 and recent[1].t_capture <= frame.t_capture - LAG:
            recent.popleft()
        if self.seconds < self._due or frame.t_capture - recent[0].t_capture <= LAG / 2:
            return
        wanted = frame.t_capture - LAG
        before = min(recent, key=lambda packet: abs(packet.t_capture - wanted))
        try:
            self._pairs.put_nowait((round(self.seconds * 1000), frame.image, before.image))
        except queue.Full:
            return
        self._due = max(self._due + self._interval, self.seconds)

    def close(self, *, discard: bool = False) -> None:
        """Ends the thread after it has written the queued pairs. Returns at once.

        Args:
            discard: Delete the folder instead of writing them.
        """
        self._discard = discard
        self._closing.set()

    def wait(self, timeout: float) -> bool:
        """Waits until the thread ends after `close`, at most `timeout` seconds.

        Returns:
            Whether the thread has ended.
        """
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while not self._discard:
            try:
                stamp, now, before = self._pairs.get(timeout=0.05)
            except queue.Empty:
                if self._closing.is_set():
                    break
                continue
            if self.error is None:
                self._write(stamp, now, before)
        self._recent.clear()
        if self._discard or self.error is not None or self.written < self._min_pairs:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._ended()

    def _write(self, stamp: int, now: NDArray[np.uint8], before: NDArray[np.uint8]) -> None:
        try:
            # Readers look for NOW and expect BEFORE beside it, so BEFORE is written first.
            self._write_image(f"{stamp:09d}{BEFORE}", before)
            self._write_image(f"{stamp:09d}{NOW}", now)
            self.written += 1
        except (OSError, cv2.error, MemoryError) as error:
            _log.warning("a frame pair cannot be written: %s", error)
            self.error = error

    def _write_image(self, name: str, image: NDArray[np.uint8]) -> None:
        small = shrink(image, MAX_SIDE, MAX_SIDE)
        encoded, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 93])
        if not encoded:
            raise OSError("the frame cannot be encoded")
        path = self._folder / name
        path.touch(mode=0o600)
        path.write_bytes(data.tobytes())
