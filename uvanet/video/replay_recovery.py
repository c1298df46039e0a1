"""Saves recordings from the replay buffers of programs that were killed, and removes the rest.

A buffer is a folder with a lock that its program holds; a buffer whose lock is free is stale. While
a recording runs or is being saved, a marker in the folder states its start. A buffer without a
marker holds no recording.
"""

from __future__ import annotations

import contextlib
import logging
import math
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import av.error
import cv2
import msgspec
import numpy as np
from filelock import FileLock, Timeout
from msgspec.structs import replace

from uvanet.atomic_io import Part, remove_stale_parts
from uvanet.bounded_io import read_bounded
from uvanet.errors import UvanetError
from uvanet.video.muxing import unwritable
from uvanet.video.replay_segments import SUFFIX, MotionJpegFile, Place, places_in

LOCK_NAME = "lock"
MIN_FRAMES = 2
"""Smallest number of frames of a recording."""

_MARKER = "recording.json"
_MAX_MARKER_BYTES = 1 << 16
_FIRST = -sys.float_info.max  # earlier than any frame; JSON has no infinity
_LOG = logging.getLogger(__name__)


class RecordingMarker(msgspec.Struct, frozen=True):
    """The data that the recovery of a recording needs.

    Attributes:
        start: Start of the recording, seconds.
        title: Title of its source.
        target: The file of a copy that has begun; else empty. A killed copy leaves parts beside it.
        saved: The name to which the finished copy is renamed; empty before.
        file_id: Identity of the finished copy: if the file `saved` has it, the copy was renamed.
        until: Time of the last frame in the copy, seconds.
    """

    start: float
    title: str = ""
    target: str = ""
    saved: str = ""
    file_id: str = ""
    until: float = 0.0


def write_marker(folder: Path, marker: RecordingMarker | None) -> None:
    """Writes the marker of a recording to a buffer's folder; None removes it.

    Errors are ignored: a recording continues even if the disk has no space for the marker.
    """
    with contextlib.suppress(OSError):
        if marker is None:
            (folder / _MARKER).unlink(missing_ok=True)
        else:
            # Not synced, since the window must not wait. A crash of the program loses nothing.
            new = folder / f"{_MARKER}.new"
            new.write_bytes(msgspec.json.encode(marker))
            new.replace(folder / _MARKER)


def remove_stale_buffers(root: Path) -> None:
    """Removes stale buffers, except those with a recording."""
    for folder in stale_folders(root):
        if not (folder / _MARKER).exists():
            shutil.rmtree(folder, ignore_errors=True)


def recover_recordings(root: Path, name: Callable[[str], Path]) -> list[Path]:
    """Saves the recordings in stale buffers, then removes the buffers.

    Args:
        root: The folder of the buffers.
        name: Gives the path of a .mkv file for a title. If it exists, a number is added.

    Returns:
        The files. A recording that cannot be saved is kept for the next call.
    """
    saved = []
    for folder in stale_folders(root):
        if (marker := _read_marker(folder)) is not None:
            try:
                path = _save(folder, marker, name)
            except (UvanetError, OSError, cv2.error):
                _LOG.exception("a recording in %s could not be recovered", folder)
                continue
            saved += [path] if path is not None else []
        shutil.rmtree(folder, ignore_errors=True)
    return saved


def save_frames(
    path: Path,
    size: tuple[int, int],
    places: list[Place],
    saving: Callable[[Path, Path], None] = lambda _part, _target: None,
) -> Path:
    """Copies frames into a new .mkv file, atomically.

    Args:
        path: The file; a missing folder is made. If the file exists, a number is added to its name.
        size: (width, height) of the frames.
        places: The frames.
        saving: Called with the finished copy and the name to which it is renamed next.

    Returns:
        The final path.

    Raises:
        OutputError: The file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = Part(path)
        try:
            with MotionJpegFile(part.path, size, [place.t for place in places]) as file:
                for place in places:
                    file.write(place.read(), place.t)
            return part.commit_new(lambda target: saving(part.path, target))
        except BaseException:
            part.discard()
            raise
    except (av.error.FFmpegError, OSError) as error:
        raise unwritable(path, error) from error


def save_marked(
    folder: Path, marker: RecordingMarker, path: Path, size: tuple[int, int], places: list[Place]
) -> Path:
    """Saves a whole recording; its marker always states whether the file is complete.

    Args:
        folder: The buffer's folder.
        marker: The recording's marker.
        path: See `save_frames`.
        size: See `save_frames`.
        places: All frames of the recording.

    Returns:
        The final path.

    Raises:
        OutputError: The file cannot be written.
    """

    def saving(part: Path, target: Path) -> None:
        write_marker(
            folder,
            replace(
                begun, saved=str(target.absolute()), file_id=_file_id(part), until=places[-1].t
            ),
        )

    begun = replace(marker, target=str(path.absolute()))
    write_marker(folder, begun)
    return save_frames(path, size, places, saving)


def _read_marker(folder: Path) -> RecordingMarker | None:
    """Reads the marker of a buffer; None if it has none."""
    try:
        return msgspec.json.decode(
            read_bounded(folder / _MARKER, _MAX_MARKER_BYTES), type=RecordingMarker
        )
    except OSError:
        return None
    except (ValueError, RecursionError):  # the marker is damaged: keep all frames
        return RecordingMarker(start=_FIRST)


def _save(folder: Path, marker: RecordingMarker, name: Callable[[str], Path]) -> Path | None:
    """Saves the frames that are in no file yet; None if there are none."""
    if marker.target:
        remove_stale_parts(Path(marker.target))
    start = marker.start
    if marker.saved and _file_id(Path(marker.saved)) == marker.file_id:
        start = math.nextafter(marker.until, math.inf)
    segments = sorted(folder.glob(f"*{SUFFIX}"))
    places = [place for path in segments for place in places_in(path) if place.t >= start]
    if len(places) < MIN_FRAMES:
        return None
    first = cv2.imdecode(np.frombuffer(places[0].read(), np.uint8), cv2.IMREAD_COLOR)
    if first is None:
        return None
    begun = Path(marker.target) if marker.target and not marker.saved else None
    path = begun if begun is not None and begun.parent.is_dir() else name(marker.title)
    unsaved = RecordingMarker(start, marker.title)
    try:
        return save_marked(folder, unsaved, path, (first.shape[1], first.shape[0]), places)
    except BaseException:
        write_marker(folder, unsaved)
        raise


def _file_id(path: Path) -> str:
    """The inode of a file, which renaming does not change; empty without a file."""
    try:
        return str(path.stat().st_ino)
    except OSError:
        return ""


def stale_folders(root: Path) -> Iterator[Path]:
    """Yields the folders in `root` whose program has ended; each is locked until the next one."""
    for folder in root.glob("*-*"):
        lock = FileLock(folder / LOCK_NAME)
        try:
            lock.acquire(timeout=0)
        except (Timeout, OSError):
            continue
        try:
            yield folder
        finally:
            lock.release()
