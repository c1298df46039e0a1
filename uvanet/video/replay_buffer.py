"""The last seconds of a live source, on disk: bounded, cheap, gone when it is closed.

Each frame is a JPEG (1.8 ms for 720p), since pictures are independent of each other that way: old
ones can be dropped and any stretch can be saved by copying bytes, as a Matroska file that every
player and `uvanet.sources` reads, each frame at its own time.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
from collections import deque
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Self

import av
import av.error
import cv2
from filelock import FileLock, Timeout

from uvanet.atomic_io import atomic_write
from uvanet.errors import OutputError
from uvanet.video.muxing import open_output, unwritable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

    import numpy as np
    from numpy.typing import NDArray

_SEGMENT_SECONDS = 2.0
_JPEG_QUALITY = 90
_MIN_FRAMES = 2
_LOCK_NAME = "lock"
_TICK = Fraction(1, 1000)  # of Matroska

_Place = tuple[Path, int, int, float]
"""Of a frame: file, where it begins in it, how long it is, and its time."""


@dataclass(slots=True)
class _Segment:
    """A few seconds: their frames' times and lengths, and the file with their bytes."""

    path: Path
    file: BinaryIO
    frames: list[tuple[float, int]] = field(default_factory=list)

    def drop(self) -> None:
        with contextlib.suppress(OSError):
            self.file.close()
        with contextlib.suppress(OSError):
            self.path.unlink()


class ReplayBuffer:
    """Keeps the newest frames of a source; one thread puts, any thread saves.

    Args:
        root: A folder that only the user can read; each buffer makes one of its own in it and
            removes those of programs that do not run any more.
        seconds: How many seconds are kept at least.

    Attributes:
        size: (width, height) of the frames kept; (0, 0) before the first.

    Raises:
        OutputError: The folder cannot be made.
    """

    def __init__(self, root: Path, seconds: float) -> None:
        self.size = (0, 0)
        self._seconds = seconds
        self._segments: deque[_Segment] = deque()
        self._hold: float | None = None
        self._lock = threading.Lock()
        self._number = 0
        self._closed = False
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            remove_stale_buffers(root)
            self._folder = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=root))
            # Held as long as this program runs: whose lock is free is stale.
            self._owner = FileLock(self._folder / _LOCK_NAME, thread_local=False)
            self._owner.acquire(timeout=0)
        except OSError as error:
            raise unwritable(root, error) from error

    def put(self, image: NDArray[np.uint8], t: float) -> None:
        """Adds a frame; frames older than the buffer is long are dropped.

        Frames of another size than before, or from an earlier time, start anew.

        Args:
            image: BGR, uint8, (h, w, 3).
            t: Seconds, growing.

        Raises:
            OutputError: The disk is full.
        """
        data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes()
        size = (image.shape[1], image.shape[0])
        with self._lock:
            if self._closed:
                return
            last = self._segments[-1].frames[-1][0] if self._segments else None
            if size != self.size or (last is not None and t <= last):
                self._clear()
                self.size = size
            try:
                segment = self._segment_for(t)
                segment.file.write(data)
            except OSError as error:
                raise unwritable(self._folder, error) from error
            segment.frames.append((t, len(data)))
            self._forget(t)

    @property
    def span(self) -> tuple[float, float] | None:
        """The times of the oldest and the newest frame; None without any."""
        with self._lock:
            if not self._segments:
                return None
            return self._segments[0].frames[0][0], self._segments[-1].frames[-1][0]

    def hold(self, t: float | None) -> None:
        """Keeps everything from `t` on, whatever its length; None for the usual bound again."""
        with self._lock:
            self._hold = t

    def save(self, path: Path, start: float, end: float | None = None) -> int:
        """Copies the frames of a stretch into a file.

        Args:
            path: A .mkv file; one that exists is replaced.
            start: The first moment.
            end: The last; None for the newest frame.

        Returns:
            How many frames it has.

        Raises:
            OutputError: It cannot be written, or there are no frames.
        """
        with self._lock:
            kept = self._kept(start, end)
            if len(kept) < _MIN_FRAMES:
                raise OutputError("Nothing was recorded.", "Let the source play for a moment.")
            # The lock is held: segments must not go while they are copied. Putting waits.
            try:
                for segment in self._segments:
                    segment.file.flush()
                times = [place[3] for place in kept]
                with atomic_write(path) as part, MotionJpegFile(part, self.size, times) as file:
                    for place, offset, length, t in kept:
                        file.write(_read(place, offset, length), t)
            except (av.error.FFmpegError, OSError) as error:
                raise unwritable(path, error) from error
        return len(kept)

    def salvage(self, path: Path, start: float) -> int:
        """Saves the frames from a moment on where the disk is full, and keeps nothing else.

        Segments are deleted before their frames are written again, and the newest one, whose last
        frame may be incomplete, is deleted beforehand; so no more room is needed than there was.

        Args:
            path: A .mkv file; one that exists is replaced. It may be on another disk.
            start: The first moment.

        Returns:
            How many frames it has; if even this fails, as many as could be written.

        Raises:
            OutputError: There is nothing to save, or nothing could be written.
        """
        with self._lock:
            if len(self._segments) > 1:
                self._segments.pop().drop()
            while len(self._segments) > 1 and self._segments[1].frames[0][0] <= start:
                self._segments.popleft().drop()
            kept = self._kept(start, None)
            if len(kept) < _MIN_FRAMES:
                raise OutputError("Nothing was recorded.", "Make room on the disk.")
            written, times = 0, [place[3] for place in kept]
            try:
                with atomic_write(path) as part:
                    try:
                        with MotionJpegFile(part, self.size, times) as file:
                            while self._segments:
                                for t, data in _take(self._segments.popleft()):
                                    if t >= start:
                                        file.write(data, t)
                                        written += 1
                    except (av.error.FFmpegError, OSError):
                        if written < _MIN_FRAMES:
                            raise
            except (av.error.FFmpegError, OSError) as error:
                raise unwritable(path, error) from error
            self._clear()
        return written

    def clear(self) -> None:
        """Forgets everything, such as when another source plays."""
        with self._lock:
            self._clear()

    def close(self) -> None:
        """Removes everything."""
        with self._lock:
            self._closed = True
            self._clear()
            shutil.rmtree(self._folder, ignore_errors=True)
            self._owner.release(force=True)

    def _segment_for(self, t: float) -> _Segment:
        if not self._segments or t - self._segments[-1].frames[0][0] >= _SEGMENT_SECONDS:
            self._number += 1
            path = self._folder / f"{self._number:06d}.jpegs"
            self._segments.append(_Segment(path, path.open("wb")))
        return self._segments[-1]

    def _forget(self, now: float) -> None:
        oldest = now - self._seconds
        if self._hold is not None:
            oldest = min(oldest, self._hold)
        while len(self._segments) > 1 and self._segments[1].frames[0][0] <= oldest:
            self._segments.popleft().drop()

    def _clear(self) -> None:
        while self._segments:
            self._segments.popleft().drop()

    def _kept(self, start: float, end: float | None) -> list[_Place]:
        return [
            (segment.path, offset, length, t)
            for segment in self._segments
            for offset, length, t in _places(segment)
            if t >= start and (end is None or t <= end)
        ]


class MotionJpegFile:
    """A Matroska file of JPEG pictures, each with its own time, to the millisecond.

    Args:
        path: The file.
        size: (width, height) of the pictures.
        times: Seconds of the pictures; they tell readers the mean rate.
    """

    def __init__(self, path: Path, size: tuple[int, int], times: Sequence[float]) -> None:
        self._zero = times[0]
        rate = Fraction((len(times) - 1) / (times[-1] - times[0])).limit_denominator(1000)
        width, height = size
        self._output = open_output(path, "matroska", {"flush_packets": "1"})
        self._stream = self._output.add_mux_stream("mjpeg", rate, width=width, height=height)

    def write(self, data: bytes, t: float) -> None:
        """Adds a picture with its time, one of `times`."""
        packet = av.Packet(data)
        packet.stream = self._stream
        packet.time_base = _TICK
        packet.pts = packet.dts = round((t - self._zero) / _TICK)
        packet.is_keyframe = True
        self._output.mux(packet)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._output.close()


def remove_stale_buffers(root: Path) -> None:
    """Removes the buffers of programs that do not run any more: those whose lock is free."""
    for folder in root.glob("*-*"):
        lock = FileLock(folder / _LOCK_NAME)
        try:
            lock.acquire(timeout=0)
        except (Timeout, OSError):
            continue
        shutil.rmtree(folder, ignore_errors=True)
        lock.release()


def _read(path: Path, offset: int, length: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(length)


def _take(segment: _Segment) -> Iterator[tuple[float, bytes]]:
    """Gives the frames of a segment, after its file was deleted."""
    with contextlib.suppress(OSError):
        segment.file.flush()
    data = segment.path.read_bytes()
    segment.drop()
    for offset, length, t in _places(segment):
        yield t, data[offset : offset + length]


def _places(segment: _Segment) -> list[tuple[int, int, float]]:
    places, offset = [], 0
    for t, length in segment.frames:
        places.append((offset, length, t))
        offset += length
    return places
