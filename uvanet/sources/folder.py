"""A folder of pictures in the order of their numbers: slides, or the frames of a film."""

from __future__ import annotations

import logging
from pathlib import Path

from uvanet.errors import SourceError
from uvanet.i18n import tr
from uvanet.natural_order import natural_order
from uvanet.sources._thread_safe import ThreadSafeSource
from uvanet.sources.base import Frame, SourceInfo, SourceKind
from uvanet.sources.film_frames import are_film_frames
from uvanet.sources.picture import PICTURE_SUFFIXES
from uvanet.sources.picture_decoding import load_picture

_LOG = logging.getLogger(__name__)

FILM_RATE = 25.0
"""Frames per second of a folder whose pictures are the frames of a film."""

_SLIDE_RATE = 1.0  # a slide lasts one second on the time axis


class FolderSource(ThreadSafeSource):
    """The pictures of one folder, without its subfolders, one frame each.

    A picture that cannot be read is skipped, logged, and listed in `skipped`.

    Args:
        path: The folder.
        fps: Frames per second of a film; 0 for slides, see `SourceInfo.slides`. None: a film at
            `FILM_RATE` if `are_film_frames` holds for the pictures, otherwise slides.

    Attributes:
        skipped: Pictures skipped so far.

    Raises:
        SourceError: `fps` is out of range.
    """

    def __init__(self, path: Path, fps: float | None = None) -> None:
        super().__init__(path.name or str(path))
        if fps is not None and not 0.0 <= fps <= 1000.0:
            raise SourceError(
                tr("A folder cannot be played at {fps} frames per second.").format(fps=fps),
                tr("Give a number up to 1000; 0 for slides."),
            )
        self.skipped: list[Path] = []
        self._path = path.absolute()
        self._requested_fps = fps
        self._fps = _SLIDE_RATE
        self._files: list[Path] = []
        self._next_index = 0
        self._any_read = False

    def files(self) -> list[Path]:
        """See `Source.files`."""
        return _pictures(self._path)

    def _open(self) -> SourceInfo:
        self._files = _pictures(self._path)
        rate = self._requested_fps
        if rate is None:
            rate = FILM_RATE if are_film_frames(self._files) else 0.0
        self._fps = rate or _SLIDE_RATE
        return SourceInfo(
            spec=str(self._path),
            title=self._title,
            kind=SourceKind.FOLDER,
            width=0,
            height=0,
            fps=self._fps,
            frames=len(self._files),
            duration=len(self._files) / self._fps,
            seekable=True,
            slides=not rate,
            pictures=tuple(self._files),
        )

    def _read(self) -> Frame | None:
        while self._next_index < len(self._files):
            index = self._next_index
            path = self._files[index]
            self._next_index += 1
            try:
                image = load_picture(path)
            except SourceError as error:
                self._skip(path, error)
                continue
            self._any_read = True
            return Frame(image, index / self._fps, index)
        if not self._any_read:
            raise SourceError(
                tr("None of the {count} pictures in {path} can be read.").format(
                    count=len(self._files), path=self._path
                ),
                tr("Open one of them alone to see the reason."),
            )
        return None

    def _seek(self, seconds: float) -> None:
        # The addend keeps the time n / fps from falling on frame n - 1 by rounding.
        index = int(max(0.0, seconds) * self._fps + 1e-6)
        self._next_index = min(index, len(self._files) - 1)

    def _release(self) -> None:
        self._files = []

    def _skip(self, path: Path, error: SourceError) -> None:
        if path not in self.skipped:
            self.skipped.append(path)
            _LOG.warning("skipped: %s", error)


def _pictures(folder: Path) -> list[Path]:
    try:
        if not folder.exists():
            raise SourceError(
                tr("{folder} does not exist.").format(folder=folder),
                tr("Check the spelling of the path."),
            )
        files = [
            path
            for path in folder.iterdir()
            if path.suffix.lower() in PICTURE_SUFFIXES
            and not path.name.startswith(".")
            and path.is_file()
        ]
    except OSError as error:
        raise SourceError(
            tr("The folder {folder} cannot be read: {reason}.").format(
                folder=folder, reason=error.strerror
            ),
            tr("Ask its owner for permission, or choose another."),
        ) from None
    if not files:
        raise SourceError(
            tr("The folder {folder} holds no pictures.").format(folder=folder),
            tr("Choose one with PNG, JPEG, HEIC, WebP, TIFF or BMP files in it."),
        )
    return natural_order(files)
