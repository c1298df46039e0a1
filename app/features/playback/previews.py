"""Small pictures of a source at evenly spaced times, decoded in the background."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from app.pipeline.thread_priority import lower_priority
from app.runtime.jobs import Jobs
from app.session.session import LiveSession
from uvanet.resizing import shrink
from uvanet.sources.base import Source, SourceInfo

_SIDES = (160, 90)  # largest width and height of a picture, in pixels
_MAX_PICTURES = 160  # in memory: 9 MB at most
_MAX_SLOTS = 400
_EXACT_SECONDS = 0.3  # to decode from a key frame to the requested time


_SourceKey = tuple[str, float, int, int]  # spec, duration, width and height: a file may be replaced


@dataclass(frozen=True, slots=True)
class _Preview:
    """A picture, and whether it shows exactly the time of its slot."""

    image: QImage
    exact: bool


class Previews(QObject):
    """Small pictures of the current source; the newest of earlier sources stay in memory.

    A slot is one of the evenly spaced times. `request` decodes the key frames before the times of
    slots, which is fast. `request_exact` decodes up to the time of a slot, for 0.3 s at most.

    Args:
        session: Opens the current source once more.
        jobs: Runs the decoder.

    Signals:
        loaded: A picture was added.
    """

    loaded = Signal()
    _decoded = Signal(object, int, object, bool)

    def __init__(self, session: LiveSession, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._jobs = jobs
        self._pictures: OrderedDict[tuple[_SourceKey, int], _Preview] = OrderedDict()
        self._source: _SourceKey = ("", 0.0, 0, 0)
        self._step = 0.0
        self._count = 0
        self._worker: _Worker | None = None
        self._decoded.connect(self._add)

    def open_source(self, info: SourceInfo) -> None:
        """Starts with another source."""
        self.close_source()
        duration = info.duration or 0.0
        frames = int(duration * info.fps) or 1
        self._count = min(_MAX_SLOTS, frames) if duration else 0
        self._step = duration / max(self._count, 1)
        self._source = info.spec, duration, info.width, info.height

    def close_source(self) -> None:
        """Stops decoding; the pictures stay."""
        if self._worker is not None:
            self._worker.stop()
        self._worker, self._count = None, 0

    def forget(self) -> None:
        """Drops all pictures of the current source, as after a rotation."""
        for key in [key for key in self._pictures if key[0] == self._source]:
            del self._pictures[key]
        self.loaded.emit()

    def slot(self, seconds: float) -> int:
        """The slot of a time."""
        return min(max(int(seconds / self._step), 0), self._count - 1) if self._count else 0

    def get(self, slot: int) -> QImage | None:
        """The picture of a slot; None where it was not decoded yet."""
        preview = self._pictures.get((self._source, slot))
        if preview is None:
            return None
        self._pictures.move_to_end((self._source, slot))
        return preview.image

    def request(self, slots: Sequence[int]) -> None:
        """Decodes the key frames of the slots that have no picture yet."""
        self._request([slot for slot in slots if (self._source, slot) not in self._pictures])

    def request_exact(self, slot: int) -> None:
        """Decodes the picture of one slot next; of several calls the last one counts."""
        preview = self._pictures.get((self._source, slot))
        if preview is None or not preview.exact:
            self._request([slot], exact=True)

    def _request(self, slots: Sequence[int], *, exact: bool = False) -> None:
        if not slots or not self._count:
            return
        if self._worker is None or not self._worker.add(slots, exact=exact):
            worker = self._worker = _Worker(self._session.reopen_source, self._step)
            worker.add(slots, exact=exact)
            # No message: the source plays without previews, and the log has the error.
            self._jobs.run(
                lambda: worker.run(self._decoded.emit), None, lambda _: None, name="previews"
            )

    def _add(self, worker: _Worker, slot: int, picture: NDArray[np.uint8], exact: bool) -> None:
        if worker is not self._worker:
            return
        height, width = picture.shape[:2]
        image = QImage(picture.data, width, height, 3 * width, QImage.Format.Format_BGR888).copy()
        self._pictures[self._source, slot] = _Preview(image, exact)
        while len(self._pictures) > _MAX_PICTURES:
            self._pictures.popitem(last=False)
        self.loaded.emit()


class _Worker:
    """Decodes pictures on a thread of its own, and ends when no request is left.

    Args:
        open_source: Makes the source; slow.
        step: Seconds between two slots.
    """

    def __init__(self, open_source: Callable[[], Source], step: float) -> None:
        self._open_source = open_source
        self._step = step
        self._lock = threading.Lock()
        self._row: list[int] = []
        self._single: int | None = None
        self._ended = False
        self._deadline = 0.0

    def add(self, slots: Sequence[int], *, exact: bool) -> bool:
        """Replaces the waiting slots of the same kind; returns False where the worker has ended."""
        with self._lock:
            if exact:
                self._single = slots[-1]
            else:
                self._row = list(slots)
            return not self._ended

    def stop(self) -> None:
        """Ends the work after the current picture."""
        with self._lock:
            self._ended = True
        self._deadline = 0.0

    def run(self, emit: Callable[[object, int, object, bool], object]) -> None:
        """Decodes; `emit` gets this worker, the slot, the picture and whether it is exact."""
        lower_priority()
        with self._open_source() as source:
            source.abandon_seek = lambda: time.monotonic() >= self._deadline
            while (wanted := self._next()) is not None:
                slot, exact = wanted
                # The middle of the slot: its edge may round to the frame before.
                seconds = (slot + 0.5) * self._step
                self._deadline = time.monotonic() + (_EXACT_SECONDS if exact else 0.0)
                source.seek(seconds)
                frame = source.read()
                if frame is not None and not self._ended:
                    emit(
                        self,
                        slot,
                        shrink(frame.image, *_SIDES),
                        exact or seconds - frame.pts < self._step,
                    )

    def _next(self) -> tuple[int, bool] | None:
        with self._lock:
            if self._ended:
                return None
            if self._single is not None:
                slot, self._single = self._single, None
                return slot, True
            if self._row:
                return self._row.pop(0), False
            self._ended = True
            return None
