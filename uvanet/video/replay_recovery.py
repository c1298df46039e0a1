"""Replay buffers of programs that were killed: their recordings are saved, the rest is removed.

A buffer is a folder whose lock its program holds. Whose lock is free is stale. While a recording
runs, or is being saved, a marker in the folder says from when on; without one, nobody asked for
the pictures to be kept.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import av.error
import cv2
import msgspec
import numpy as np
from filelock import FileLock, Timeout
from msgspec.structs import replace

from uvanet.atomic_io import atomic_write, remove_stale_parts
from uvanet.bounded_io import read_bounded
from uvanet.errors import UvanetError
from uvanet.video.muxing import unwritable
from uvanet.video.replay_segments import SUFFIX, MotionJpegFile, places_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from uvanet.video.replay_segments import Place

LOCK_NAME = "lock"
MIN_FRAMES = 2
"""Fewer are no video."""

_MARKER = "recording.json"
_MAX_MARKER_BYTES = 1 << 16
_LOG = logging.getLogger(__name__)


class RecordingMarker(msgspec.Struct, frozen=True):
    """What a recording needs to be saved later.

    Attributes:
        start: Its first moment, seconds.
        title: Title of its source.
        target: The file that it is being saved to; empty before.
    """

    start: float
    title: str = ""
    target: str = ""


def write_marker(folder: Path, marker: RecordingMarker | None) -> None:
    """Notes in a buffer's folder that a recording runs, or that none does.

    A disk that has no room for the marker does not end the recording.
    """
    with contextlib.suppress(OSError):
        if marker is None:
            (folder / _MARKER).unlink(missing_ok=True)
        else:
            # Not synced, since the window calls it: a killed program loses nothing by that.
            (folder / _MARKER).write_bytes(msgspec.json.encode(marker))


def remove_stale_buffers(root: Path) -> None:
    """Removes stale buffers, except those with a recording."""
    for folder in _stale_buffers(root):
        if not (folder / _MARKER).exists():
            shutil.rmtree(folder, ignore_errors=True)


def recover_recordings(root: Path, reserve: Callable[[str], Path]) -> list[Path]:
    """Saves the recordings in stale buffers, then removes the buffers.

    Args:
        root: The folder of the buffers.
        reserve: Gives a new, empty .mkv file for a title.

    Returns:
        The files. A recording that cannot be saved now stays for the next call.
    """
    saved = []
    for folder in _stale_buffers(root):
        if (marker := _read_marker(folder)) is not None:
            try:
                path = _save(folder, marker, reserve)
            except (UvanetError, OSError, cv2.error):
                _LOG.exception("a recording in %s could not be recovered", folder)
                continue
            saved += [path] if path is not None else []
        shutil.rmtree(folder, ignore_errors=True)
    return saved


def save_frames(path: Path, size: tuple[int, int], places: list[Place]) -> None:
    """Copies frames into a .mkv file, atomically.

    Raises:
        OutputError: It cannot be written.
    """
    try:
        times = [place.t for place in places]
        with atomic_write(path) as part, MotionJpegFile(part, size, times) as file:
            for place in places:
                file.write(place.read(), place.t)
    except (av.error.FFmpegError, OSError) as error:
        raise unwritable(path, error) from error


def _read_marker(folder: Path) -> RecordingMarker | None:
    """The marker of a recording; None where there is none."""
    try:
        return msgspec.json.decode(
            read_bounded(folder / _MARKER, _MAX_MARKER_BYTES), type=RecordingMarker
        )
    except OSError:
        return None
    except (ValueError, RecursionError):  # damaged: a recording ran, so that nothing is thrown away
        return RecordingMarker(start=float("-inf"))


def _save(folder: Path, marker: RecordingMarker, reserve: Callable[[str], Path]) -> Path | None:
    segments = sorted(folder.glob(f"*{SUFFIX}"))
    places = [place for path in segments for place in places_in(path) if place.t >= marker.start]
    if len(places) < MIN_FRAMES:
        return None
    first = cv2.imdecode(np.frombuffer(places[0].read(), np.uint8), cv2.IMREAD_COLOR)
    if first is None:
        return None
    begun = Path(marker.target)
    if marker.target and begun.is_file() and begun.stat().st_size == 0:
        remove_stale_parts(begun)
        path = begun
    else:
        path = reserve(marker.title)
        write_marker(folder, replace(marker, target=str(path.absolute())))
    try:
        save_frames(path, (first.shape[1], first.shape[0]), places)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def _stale_buffers(root: Path) -> Iterator[Path]:
    """Gives the buffers whose lock is free, and holds it meanwhile."""
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
