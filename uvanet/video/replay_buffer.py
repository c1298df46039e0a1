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
from typing import TYPE_CHECKING

import cv2

from uvanet.atomic_io import temporary_name
from uvanet.errors import OutputError
from uvanet.video.matroska import header, picture_head
from uvanet.video.sink import remove, unwritable

if TYPE_CHECKING:
    from typing import BinaryIO

    import numpy as np
    from numpy.typing import NDArray

_SEGMENT_SECONDS = 2.0
_JPEG_QUALITY = 90
_FEWEST = 2

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
        remove(self.path)


class ReplayBuffer:
    """Keeps the newest frames of a source; one thread puts, any thread saves.

    Args:
        root: A folder that only the user can read; each ring makes one of its own in it and
            clears away those of programs that are gone.
        seconds: How much is kept at least.

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
            clear_left_over(root)
            self._folder = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=root))
        except OSError as error:
            raise unwritable(root, error) from error

    def put(self, image: NDArray[np.uint8], t: float) -> None:
        """Adds a frame; what is older than the ring is long goes.

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
            if len(kept) < _FEWEST:
                raise OutputError("Nothing was recorded.", "Let the source play for a moment.")
            for segment in self._segments:
                segment.file.flush()
            part = temporary_name(path)
            # The lock is held: segments must not go while they are copied. Putting waits.
            try:
                self._copy(kept, part)
                part.replace(path)
            except OSError as error:
                remove(part)
                raise unwritable(path, error) from error
        return len(kept)

    def rescue(self, path: Path, start: float) -> int:
        """Saves what there is from a moment on where the disk is full, and keeps nothing else.

        Pieces go before they are written again, and the newest, of which the last frame may be half
        written, goes beforehand; so no more room is needed than there was.

        Args:
            path: A .mkv file; one that exists is replaced. It may be on another disk.
            start: The first moment.

        Returns:
            How many frames it has; where even this fails, as many as could be written.

        Raises:
            OutputError: There is nothing to save, or nothing could be written.
        """
        with self._lock:
            if len(self._segments) > 1:
                self._segments.pop().drop()
            while len(self._segments) > 1 and self._segments[1].frames[0][0] <= start:
                self._segments.popleft().drop()
            kept = self._kept(start, None)
            if len(kept) < _FEWEST:
                raise OutputError("Nothing was recorded.", "Make room on the disk.")
            part, written = temporary_name(path), 0
            try:
                with part.open("wb") as out:
                    out.write(self._header(kept))
                    while self._segments:
                        # Its room is free before it is needed.
                        segment = self._segments.popleft()
                        with contextlib.suppress(OSError):
                            segment.file.flush()
                        data = segment.path.read_bytes()
                        segment.drop()
                        for offset, length, t in _places(segment):
                            if t >= start:
                                out.write(picture_head(round((t - kept[0][3]) * 1e9), length))
                                out.write(data[offset : offset + length])
                                written += 1
                        out.flush()
            except OSError as error:
                if written < _FEWEST:
                    remove(part)
                    raise unwritable(path, error) from error
            part.replace(path)
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

    def _header(self, kept: list[_Place]) -> bytes:
        seconds = kept[-1][3] - kept[0][3]
        rate = Fraction((len(kept) - 1) / seconds).limit_denominator(1000)
        return header(self.size, rate, raw=False, seconds=seconds + float(1 / rate))

    def _copy(self, kept: list[_Place], part: Path) -> None:
        zero = kept[0][3]
        with part.open("wb") as out, contextlib.ExitStack() as stack:
            out.write(self._header(kept))
            files: dict[Path, BinaryIO] = {}
            for path, offset, length, t in kept:
                if path not in files:
                    files[path] = stack.enter_context(path.open("rb"))
                files[path].seek(offset)
                out.write(picture_head(round((t - zero) * 1e9), length))
                out.write(files[path].read(length))


def clear_left_over(root: Path) -> None:
    """Removes the rings of programs that do not run any more."""
    import psutil

    for folder in root.glob("[0-9]*-*"):
        if not psutil.pid_exists(int(folder.name.split("-")[0])):
            shutil.rmtree(folder, ignore_errors=True)


def _places(segment: _Segment) -> list[tuple[int, int, float]]:
    places, offset = [], 0
    for t, length in segment.frames:
        places.append((offset, length, t))
        offset += length
    return places
