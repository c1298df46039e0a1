"""Thumbnails of picture files, decoded in the background when they are needed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from app.runtime.jobs import Jobs
from app.ui.images import to_qimage
from uvanet.errors import SourceError
from uvanet.resizing import shrink
from uvanet.sources.picture_decoding import load_picture

SIDE = 96
"""Longest side of a thumbnail in pixels."""

_MAX_THUMBNAILS = 400  # in memory, at most 28 KB each
_MAX_WAITING = 60  # more than are visible at once


class Thumbnails(QObject):
    """Keeps the thumbnails that were used last; decodes one at a time.

    Args:
        jobs: Runs the decoding.

    Signals:
        loaded: Index of a picture whose thumbnail was decoded.
    """

    loaded = Signal(int)

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._paths: Sequence[Path] = ()
        self._images: OrderedDict[int, QImage] = OrderedDict()
        self._waiting: list[int] = []  # the newest last
        self._busy = False

    def open(self, paths: Sequence[Path]) -> None:
        """Starts with other pictures."""
        self._paths = paths
        self._images.clear()
        self._waiting.clear()

    def get(self, index: int) -> QImage | None:
        """Returns the thumbnail of a picture; a null image where the file cannot be read.

        None where the thumbnail is not decoded yet. It is then decoded before all thumbnails that
        were requested earlier.
        """
        image = self._images.get(index)
        if image is not None:
            self._images.move_to_end(index)
            return image
        if index in self._waiting:
            self._waiting.remove(index)
        self._waiting.append(index)
        del self._waiting[:-_MAX_WAITING]
        self._start()
        return None

    def __len__(self) -> int:
        return len(self._images)

    def _start(self) -> None:
        if self._busy or not self._waiting:
            return
        index, paths = self._waiting.pop(), self._paths
        self._busy = True

        def done(image: QImage) -> None:
            self._busy = False
            if paths is self._paths:
                self._images[index] = image
                while len(self._images) > _MAX_THUMBNAILS:
                    self._images.popitem(last=False)
                self.loaded.emit(index)
            self._start()

        self._jobs.run(lambda: _thumbnail(paths[index]), done, name="thumbnail")


def _thumbnail(path: Path) -> QImage:
    try:
        image = load_picture(path)
    except SourceError:
        return QImage()
    return to_qimage(shrink(image, SIDE, SIDE))
