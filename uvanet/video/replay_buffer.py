"""Keeps the last seconds of a live source on disk, bounded, until the buffer is closed.

Each frame is a JPEG (1.8 ms for 720p), so that frames are independent: old frames can be deleted,
and any range can be saved by copying bytes. The saved file is Matroska with a time stamp for each
frame; video players and `uvanet.sources` read it.
"""

from __future__ import annotations

import math
import os
import shutil
import tempfile
import threading
import time
from collections import deque
from pathlib import Path
from typing import NamedTuple

import av.error
import cv2
import numpy as np
from filelock import FileLock
from msgspec.structs import replace
from numpy.typing import NDArray

from uvanet.atomic_io import Part
from uvanet.errors import OutputError
from uvanet.i18n import tr
from uvanet.video.muxing import unwritable
from uvanet.video.replay_recovery import (
    LOCK_NAME,
    MIN_FRAMES,
    RecordingMarker,
    remove_stale_buffers,
    save_frames,
    save_marked,
    write_marker,
)
from uvanet.video.replay_segments import SUFFIX, MotionJpegFile, Place, Segment

_SEGMENT_SECONDS = 2.0
_JPEG_QUALITY = 90


class SavedRecording(NamedTuple):
    """A file made from a replay buffer.

    Attributes:
        path: The file.
        frames: Number of its frames.
    """

    path: Path
    frames: int


class ReplayBuffer:
    """Keeps the newest frames of a source. One thread calls `put`; any thread may call the rest.

    Only other copies, `salvage` and `close` wait for a running copy. `put` and `hold` do not.

    Held frames (see `hold`) survive a crash of the program, see `recover_recordings`.

    Args:
        root: A folder that only the user can read. Each buffer makes a subfolder, and removes the
            subfolders of programs that have ended, except recordings.
        seconds: Minimum length of the buffer.

    Attributes:
        size: (width, height) of the frames kept; (0, 0) before the first.
        encode_seconds: Total time of encoding so far.
        write_seconds: Total time of writing to the disk so far.

    Raises:
        OutputError: The folder cannot be made.
    """

    def __init__(self, root: Path, seconds: float) -> None:
        self.size = (0, 0)
        self.encode_seconds = self.write_seconds = 0.0
        self._seconds = seconds
        self._segments: deque[Segment] = deque()
        self._hold: RecordingMarker | None = None
        self._lock = threading.Lock()
        self._copying = threading.Lock()  # held for a whole copy; taken before `_lock`
        self._dropped: list[Segment] | None = None  # segments to delete after the running copy
        self._marked_copy = False  # whether the marker on the disk belongs to the running copy
        self._number = 0
        self._closed = False
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            remove_stale_buffers(root)
            self._folder = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=root))
            # Locked as long as this program runs; a buffer whose lock is free is stale.
            self._owner = FileLock(self._folder / LOCK_NAME, thread_local=False)
            self._owner.acquire(timeout=0)
        except OSError as error:
            raise unwritable(root, error) from error

    def put(self, image: NDArray[np.uint8], t: float) -> None:
        """Adds a frame and deletes frames that are too old.

        A frame of another size, or with a time before that of the last frame, empties the buffer
        first.

        Args:
            image: BGR, uint8, (h, w, 3).
            t: Time of the frame, seconds.

        Raises:
            OutputError: The disk is full.
        """
        begin = time.perf_counter()
        data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes()
        encoded = time.perf_counter()
        self.encode_seconds += encoded - begin
        size = (image.shape[1], image.shape[0])
        with self._lock:
            if self._closed:
                return
            last = self._segments[-1].places[-1].t if self._segments else None
            if size != self.size or (last is not None and t <= last):
                self._clear()
                self.size = size
            try:
                self._append(t, data)
            except OSError as error:
                raise unwritable(self._folder, error) from error
            self._drop_old(t)
        self.write_seconds += time.perf_counter() - encoded

    @property
    def span(self) -> tuple[float, float] | None:
        """The times of the oldest and the newest frame; None without any."""
        with self._lock:
            if not self._segments:
                return None
            return self._segments[0].places[0].t, self._segments[-1].places[-1].t

    def hold(self, t: float | None, title: str = "") -> None:
        """Keeps all frames from a time on, without a limit of length.

        Args:
            t: Start of a recording, seconds; None ends it, and the usual limit applies again.
            title: Title of its source.
        """
        with self._lock:
            self._hold = None if t is None else RecordingMarker(t, title)
            if not self._closed and not self._marked_copy:
                write_marker(self._folder, self._hold)

    def save(self, path: Path, start: float, end: float | None = None) -> SavedRecording:
        """Copies the frames of a range into a new file.

        Args:
            path: A .mkv file. If it exists, a number is added to its name.
            start: Start of the range, seconds.
            end: End of the range, seconds; None for the newest frame.

        Raises:
            OutputError: The file cannot be written, or there are no frames.
        """
        with self._copying:
            with self._lock:
                kept, size, hold = self._kept(start, end), self.size, self._hold
                if len(kept) < MIN_FRAMES:
                    raise OutputError(
                        tr("Nothing was recorded."), tr("Let the source play for a moment.")
                    )
                # Any other copy is only a part of the running recording.
                self._marked_copy = end is None and (hold is None or start <= hold.start)
                self._dropped = []
            saved: Path | None = None
            try:
                if self._marked_copy:
                    marker = hold or RecordingMarker(start)
                    saved = save_marked(self._folder, marker, path, size, kept)
                else:
                    saved = save_frames(path, size, kept)
            finally:
                self._end_copy(hold, None if saved is None else kept[-1].t)
        return SavedRecording(saved, len(kept))

    def salvage(self, path: Path, start: float) -> SavedRecording:
        """Saves the frames from a time on when the disk is full, and empties the buffer.

        Each segment is deleted before its frames are written to the file. The newest segment, whose
        last frame may be incomplete, is deleted first. So no additional space is needed.

        Args:
            path: A .mkv file, perhaps on another disk. If it exists, a number is added to its name.
            start: Start of the range, seconds.

        Returns:
            The file. It ends early if the disk fills up all the same.

        Raises:
            OutputError: There are no frames, or the file could not be written.
        """
        with self._copying, self._lock:
            if len(self._segments) > 1:
                self._segments.pop().drop()
            while len(self._segments) > 1 and self._segments[1].places[0].t <= start:
                self._segments.popleft().drop()
            kept = self._kept(start, None)
            if len(kept) < MIN_FRAMES:
                raise OutputError(tr("Nothing was recorded."), tr("Make room on the disk."))
            written, times = 0, [place.t for place in kept]
            try:
                part = Part(path)
                try:
                    try:
                        with MotionJpegFile(part.path, self.size, times) as file:
                            while self._segments:
                                for t, data in self._segments.popleft().take():
                                    if t >= start:
                                        file.write(data, t)
                                        written += 1
                    except (av.error.FFmpegError, OSError):
                        if written < MIN_FRAMES:
                            raise
                    saved = part.commit_new()
                except BaseException:
                    part.discard()
                    raise
            except (av.error.FFmpegError, OSError) as error:
                raise unwritable(path, error) from error
            self._clear()
        return SavedRecording(saved, written)

    def clear(self) -> None:
        """Deletes all frames, for example when the source changes."""
        with self._lock:
            self._clear()

    def close(self) -> None:
        """Removes the buffer after the running copy has ended."""
        with self._copying, self._lock:
            self._closed = True
            self._clear()
            shutil.rmtree(self._folder, ignore_errors=True)
            self._owner.release(force=True)

    def _append(self, t: float, data: bytes) -> None:
        segment = self._segments[-1] if self._segments else None
        if segment is not None and t - segment.places[0].t < _SEGMENT_SECONDS:
            segment.append(t, data)
            return
        self._number += 1
        segment = Segment.create(self._folder / f"{self._number:06d}{SUFFIX}")
        try:
            segment.append(t, data)
        except OSError:
            segment.drop()
            raise
        self._segments.append(segment)

    def _drop_old(self, now: float) -> None:
        oldest = now - self._seconds
        if self._hold is not None:
            oldest = min(oldest, self._hold.start)
        while len(self._segments) > 1 and self._segments[1].places[0].t <= oldest:
            self._drop_first()

    def _clear(self) -> None:
        while self._segments:
            self._drop_first()

    def _drop_first(self) -> None:
        segment = self._segments.popleft()
        if self._dropped is None:
            segment.drop()
        else:
            self._dropped.append(segment)

    def _end_copy(self, held: RecordingMarker | None, until: float | None) -> None:
        """Deletes the segments dropped during a copy, and updates the marker.

        Args:
            held: The recording at the start of the copy.
            until: Time of the last frame in the copy; None if the copy failed.
        """
        with self._lock:
            for segment in self._dropped or ():
                segment.drop()
            self._dropped = None
            if self._marked_copy:
                self._marked_copy = False
                unsaved = self._hold
                if unsaved is not None and unsaved is held and until is not None:
                    # After a crash, only frames later than the copy have to be recovered.
                    unsaved = replace(unsaved, start=math.nextafter(until, math.inf))
                write_marker(self._folder, unsaved)

    def _kept(self, start: float, end: float | None) -> list[Place]:
        return [
            place
            for segment in self._segments
            for place in segment.places
            if place.t >= start and (end is None or place.t <= end)
        ]
