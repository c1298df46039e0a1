"""Writes pairs of frames of a live scene into a private folder, beside the live view."""

from __future__ import annotations

import queue
import threading
from collections import deque
from typing import TYPE_CHECKING

import cv2

from uvanet.runtime.engine import LAG
from uvanet.training.data.frame_pairs import BEFORE, NOW

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from app.pipeline.packets import FramePacket

SIDE = 640
"""Longest side of what is kept, pixels; no teacher sees more."""

_WAITING = 6  # pairs; more are let go, so that the memory stays flat


class FramePairWriter:
    """Takes frames as they are painted and keeps some, each with the one about 100 ms before.

    Args:
        folder: Exists, and is the user's alone.
        gap: Seconds between two pairs.
    """

    def __init__(self, folder: Path, gap: float) -> None:
        self._folder = folder
        self._gap = gap
        self._recent: deque[FramePacket] = deque()
        self._begin: float | None = None
        self._due = LAG
        self._queue: queue.Queue[tuple[int, NDArray[np.uint8], NDArray[np.uint8]] | None]
        self._queue = queue.Queue(_WAITING)
        self.written = 0
        self.error: OSError | None = None
        self._thread = threading.Thread(target=self._write, name="uvanet-pairs", daemon=True)
        self._thread.start()

    def add(self, frame: FramePacket) -> float:
        """Takes a frame; gives the seconds of the scene that were seen by now."""
        recent = self._recent
        if recent and frame.epoch != recent[-1].epoch:
            recent.clear()
        if self._begin is None:
            self._begin = frame.t_capture
        recent.append(frame)
        while len(recent) > 1 and recent[1].t_capture <= frame.t_capture - LAG:
            recent.popleft()
        seen = frame.t_capture - self._begin
        if seen >= self._due and frame.t_capture - recent[0].t_capture > LAG / 2:
            wanted = frame.t_capture - LAG
            before = min(recent, key=lambda packet: abs(packet.t_capture - wanted))
            try:
                self._queue.put_nowait((round(seen * 1000), frame.image, before.image))
            except queue.Full:
                return seen
            self._due = max(self._due + self._gap, seen)
        return seen

    def close(self, timeout: float) -> bool:
        """Waits for the last pair.

        Returns:
            Whether all of them are written.
        """
        try:
            self._queue.put(None, timeout=timeout)
        except queue.Full:
            return False
        self._thread.join(timeout)
        self._recent.clear()
        return not self._thread.is_alive()

    def _write(self) -> None:
        while (entry := self._queue.get()) is not None:
            stamp, now, before = entry
            try:
                if self.error is None:
                    # The frame before first: a pair counts from its second half.
                    self._keep(f"{stamp:09d}{BEFORE}", before)
                    self._keep(f"{stamp:09d}{NOW}", now)
                    self.written += 1
            except OSError as error:
                self.error = error

    def _keep(self, name: str, image: NDArray[np.uint8]) -> None:
        height, width = image.shape[:2]
        scale = min(1.0, SIDE / max(height, width))
        if scale < 1:
            size = max(1, round(width * scale)), max(1, round(height * scale))
            small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        else:
            small = image
        done, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 93])
        if not done:
            raise OSError("the picture cannot be encoded")
        path = self._folder / name
        path.touch(mode=0o600)
        path.write_bytes(data.tobytes())
