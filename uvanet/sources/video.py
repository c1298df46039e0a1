"""A video file."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import av.error

from uvanet.errors import SourceError
from uvanet.i18n import tr
from uvanet.redaction import printable
from uvanet.sources._files import check_file, looks_like_text
from uvanet.sources._thread_safe import ThreadSafeSource
from uvanet.sources.base import Frame, SourceInfo, SourceKind
from uvanet.sources.media_input import open_file, reason
from uvanet.sources.media_losses import find_loss
from uvanet.sources.media_reader import ENCRYPTED_HINT, MediaReader, NoVideoError

# The duration of some formats is an estimate, often too short. A seek may go beyond it.
_DURATION_SLACK_S = 5.0


class VideoSource(ThreadSafeSource):
    """The frames of a video file as a video player shows them.

    A file that was cut off, is damaged or changes while it is read is played as far as possible.
    Then `read` raises an error that states how much is missing.

    Args:
        path: The file.
        spec: The string that opens the source again; by default the absolute path.
        title: A name for people; by default the file's name.
        kind: `VIDEO`, or `DEMO` for the shipped clip.
        note: See `SourceInfo.note`.
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
        self._name = printable(self._path)
        self._reader = MediaReader(partial(open_file, self._path))
        self._next_index = 0
        self._next_pts = 0.0

    def files(self) -> list[Path]:
        """See `Source.files`."""
        return [self._path]

    def _open(self) -> SourceInfo:
        check_file(self._path)
        try:
            self._reader.open()
        except NoVideoError as error:
            raise self._no_video(error) from None
        except (av.error.FFmpegError, OSError, ValueError, MemoryError) as error:
            raise self._unreadable(error) from None
        reader = self._reader
        cut = tr("The file was cut off and ends too early.") if reader.is_truncated() else ""
        return SourceInfo(
            spec=self._spec,
            title=self._title,
            kind=self._kind,
            width=reader.size[0],
            height=reader.size[1],
            fps=reader.fps,
            variable_rate=reader.variable_rate,
            frames=reader.frames,
            duration=reader.duration,
            seekable=True,
            note=" ".join(part for part in (self._note, reader.note, cut) if part),
            clock_start=reader.clock_start,
        )

    def _read(self) -> Frame | None:
        try:
            result = self._reader.read()
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise SourceError(
                tr("{name} cannot be read any more: {error}.").format(
                    name=self._name, error=reason(error)
                ),
                tr("The frames before are good; check the disk."),
            ) from None
        if result is None:
            if loss := find_loss(self._reader, self._name, self._next_pts):
                raise loss
            return None
        picture, pts = result
        frame = Frame(picture, pts, self._next_index)
        self._next_index += 1
        self._next_pts = pts + 1.0 / self._reader.fps
        return frame

    def _seek(self, seconds: float) -> None:
        info = self.info
        if info.duration is not None:
            seconds = min(seconds, info.duration + _DURATION_SLACK_S)
        try:
            found = self._reader.seek(seconds, self.abandon_seek)
        except (av.error.FFmpegError, NoVideoError, OSError, ValueError):
            found = None
        if found is None:
            raise SourceError(
                tr("{name} has no frame at {seconds:.1f} s.").format(
                    name=self._name, seconds=seconds
                ),
                tr("Play it from the start."),
            )
        self._next_index = round(found * info.fps)

    def _release(self) -> None:
        self._reader.close()

    def _no_video(self, error: NoVideoError) -> SourceError:
        name, tracks = self._name, error.tracks
        if self._reader.damage.encrypted:
            return SourceError(tr("{name} is encrypted.").format(name=name), tr(ENCRYPTED_HINT))
        if "video (unknown)" in tracks:
            return SourceError(
                tr("{name} uses a codec that FFmpeg does not know.").format(name=name),
                tr("Convert it to H.264 with the program that made it."),
            )
        if looks_like_text(self._path):
            return SourceError(
                tr("{name} is a text file, not a video.").format(name=name),
                tr("Choose a video or a picture."),
            )
        if "audio" in tracks and not error.found:
            return SourceError(
                tr("{name} holds sound but no video.").format(name=name),
                tr("Choose a video or a picture."),
            )
        return SourceError(
            tr("{name} holds no video that can be decoded ({tracks}).").format(
                name=name, tracks=tracks or tr("no tracks")
            ),
            tr("Copy it again, or convert it to H.264."),
        )

    def _unreadable(self, error: Exception) -> SourceError:
        if looks_like_text(self._path):
            return SourceError(
                tr("{name} is a text file, not a video.").format(name=self._name),
                tr("Choose a video or a picture."),
            )
        return SourceError(
            tr("{name} is not a video that can be read: {error}.").format(
                name=self._name, error=reason(error)
            ),
            tr(
                "Choose a video such as mp4, mov, mkv, webm or avi, or a picture. If the file was "
                "cut off, copy or download it again."
            ),
        )
