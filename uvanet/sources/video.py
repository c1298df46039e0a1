"""A video file."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2

from uvanet.errors import SourceError
from uvanet.sources._container import Wholeness, wholeness
from uvanet.sources._files import check_file, looks_like_text
from uvanet.sources._probe import probe
from uvanet.sources._reader import Reader
from uvanet.sources._thread_safe import ThreadSafeSource
from uvanet.sources.base import Frame, SourceInfo, SourceKind

if TYPE_CHECKING:
    from pathlib import Path

# Containers round, and guess counts from durations: less than this is not a loss.
_SPARE_FRAMES = 3
_SPARE_PART = 0.02
_SPARE_SECONDS = 0.5

# Pixels of a frame up to which one thread decodes fast enough. Each further one holds frames of its
# own: with two, the live view of a 720p film takes 9 MB more.
_SMALL = 1280 * 720


class VideoSource(ThreadSafeSource):
    """The frames of a file that ffmpeg can decode, upright as its player would show them.

    A file that was cut off is played up to the break; then `read` raises and says how much
    is missing, instead of passing for a shorter video.

    Args:
        path: The file.
        spec: The string that opens it again; by default the absolute path.
        title: By default the file's name.
        kind: `VIDEO`, or `DEMO` for the clip of our own.
        note: As in `SourceInfo`.
    """

    def __init__(
        self,
        path: Path,
        *,
        spec: str = "",
        title: str = "",
        kind: SourceKind = SourceKind.VIDEO,
        note: str = "",
    ) -> None:
        super().__init__(title or path.name)
        self._path = path.absolute()
        self._spec = spec or str(self._path)
        self._kind = kind
        self._note = note
        self._name = str(path)
        self._reader = Reader(str(self._path), self._name)
        self._next_index = 0
        self._next_pts = 0.0
        self._cut = False

    def _open(self) -> SourceInfo:
        check_file(self._path)
        self._start_reading(cv2.CAP_PROP_N_THREADS, 1)
        if math.prod(self._reader.size) > _SMALL:
            self._start_reading()
        self._cut = wholeness(self._path) is Wholeness.CUT
        reader = self._reader
        duration = reader.frames / reader.fps if reader.frames else None
        note = self._note
        if self._cut:
            note = f"{note} The file was cut off and ends too early.".strip()
        return SourceInfo(
            spec=self._spec,
            title=self._title,
            kind=self._kind,
            width=reader.size[0],
            height=reader.size[1],
            fps=reader.fps,
            frames=reader.frames,
            duration=duration,
            seekable=True,
            note=note,
        )

    def _start_reading(self, *parameters: int) -> None:
        self._reader.release()
        self._reader = Reader(str(self._path), self._name, parameters)
        if not self._reader.open():
            raise self._why_not()

    def _read(self) -> Frame | None:
        result = self._reader.read()
        if result is None:
            self._look_for_loss()
            return None
        image, pts = result
        frame = Frame(image, pts, self._next_index)
        self._next_index += 1
        self._next_pts = pts + 1.0 / self._reader.fps
        return frame

    def _seek(self, seconds: float) -> None:
        info = self.info
        if info.duration is not None:
            seconds = min(seconds, info.duration - 1.0 / info.fps)
        found = self._reader.seek(seconds)
        if found is None:
            raise SourceError(
                f"{self._path} has no picture at {seconds:.1f} s.", "Play it from the start."
            )
        self._next_index = round(found * info.fps)

    def _release(self) -> None:
        self._reader.release()

    def _look_for_loss(self) -> None:
        """Raises where the file promised more than came."""
        promised = self.info.frames
        if promised is None:
            return
        missing = promised - self._next_index
        if missing <= max(_SPARE_FRAMES, _SPARE_PART * promised):
            return
        total = promised / self._reader.fps
        if not self._cut:
            # Whole by its own account: a trimmed recording keeps frames that no player
            # shows, so the time stated counts and not the number of frames.
            total = probe(self._path).duration or self._next_pts
            if total - self._next_pts <= max(_SPARE_SECONDS, _SPARE_PART * total):
                return
        raise SourceError(
            f"{self._path} is damaged: its pictures end after {self._next_pts:.1f} of "
            f"{total:.1f} seconds.",
            "What came before is good; copy or download the file again for the rest.",
        )

    def _why_not(self) -> SourceError:
        path = self._path
        if looks_like_text(path):
            return SourceError(
                f"{path} is a text file, not a video.", "Choose a video or a picture."
            )
        if wholeness(path) is Wholeness.NO_INDEX:
            return SourceError(
                f"{path} is cut off: the index (moov), which an mp4 ends with, is missing.",
                "Copy or download it again, or finish its recording.",
            )
        found = probe(path)
        unknown = [codec for codec in found.video if codec.startswith(("none", "unknown"))]
        if unknown:
            return SourceError(
                f"{path} uses a codec that ffmpeg does not know: {unknown[0]}.",
                "Convert it to H.264 with the program that made it.",
            )
        if found.audio and not found.video:
            return SourceError(
                f"{path} holds sound but no pictures.", "Choose a video or a picture."
            )
        if found.video:
            return SourceError(
                f"{path} says it is {found.video[0]}, but no picture can be decoded.",
                "Copy it again, or convert it to H.264.",
            )
        return SourceError(
            f"{path} is not a video that can be read.",
            "Choose a video such as mp4, mov, mkv, webm or avi, or a picture.",
        )
