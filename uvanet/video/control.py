"""Progress of an export, and its early end."""

from __future__ import annotations

import collections
import contextlib
import math
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType

from uvanet.i18n import tr

_WINDOW_S = 3.0
# The system kills a process soon after it asked the process to end.
_FINISH_S = 1.0


class Cancelled(Exception):
    """The export was cancelled, or stopped before its first frame; it left no file."""


class Control:
    """Ends an export, from any thread or a signal handler.

    Attributes:
        running: Whether frames are being read, so that `stop` and `cancel` take effect within a
            frame.
        reason: Why the export was stopped, for people; empty if it was not.
    """

    def __init__(self) -> None:
        self._cancelled = threading.Event()
        self._stopped = threading.Event()
        self._deadline = math.inf
        self.running = False
        self.reason = ""

    def cancel(self) -> None:
        """Ends the export; no file is left."""
        self._cancelled.set()

    def stop(self, reason: str = "", seconds: float = math.inf) -> None:
        """Ends the export and keeps the frames written so far.

        Args:
            reason: One sentence for people; empty for a general one.
            seconds: Time for the completion of the files; after it, optional copies are left out.
        """
        self.reason = reason or tr("It was stopped.")
        self._deadline = time.monotonic() + seconds
        self._stopped.set()

    def out_of_time(self) -> bool:
        """Whether an optional copy has to end now; the copy calls it at each of its steps.

        Raises:
            Cancelled: The export was cancelled.
        """
        if self.cancelled:
            raise Cancelled
        return time.monotonic() >= self._deadline

    @property
    def ended(self) -> bool:
        """Whether the export was cancelled or stopped."""
        return self.cancelled or self.stopped

    @property
    def cancelled(self) -> bool:
        """Whether the export was cancelled."""
        return self._cancelled.is_set()

    @property
    def stopped(self) -> bool:
        """Whether the export was stopped."""
        return self._stopped.is_set()


@contextlib.contextmanager
def stopped_by_signals(control: Control) -> Iterator[None]:
    """Lets Ctrl-C, SIGTERM and SIGHUP stop an export, which keeps the frames written so far.

    A second signal cancels the export. SIGTERM and SIGHUP leave one second for the completion of a
    video; after it the sound is left out. Before frames are read, Ctrl-C raises KeyboardInterrupt,
    since opening may block. Later it does not, because an exception in a callback of native code is
    lost. Does nothing outside of the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_signal(number: int, _: FrameType | None) -> None:
        if control.ended:
            control.cancel()
        elif control.running or number != signal.SIGINT:
            waits = number == signal.SIGINT
            control.stop(tr("It was interrupted."), math.inf if waits else _FINISH_S)
        else:
            raise KeyboardInterrupt

    names = ("SIGINT", "SIGTERM", "SIGHUP")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.signal(number, on_signal) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of an export.

    Attributes:
        done: Frames written.
        total: Expected number of frames, at least `done`; None if unknown.
        fps: Frames per second during the last three seconds.
        left: Expected seconds until the end; None if unknown.
    """

    done: int
    total: int | None
    fps: float
    left: float | None


class Meter:
    """Computes speed and remaining time from the number of frames written.

    Args:
        total: Expected number of frames; None if unknown.
    """

    def __init__(self, total: int | None) -> None:
        self.total = total
        self._marks = collections.deque([(time.perf_counter(), 0)])

    def at(self, done: int) -> Progress:
        """The progress now, with `done` frames written."""
        now = time.perf_counter()
        marks = self._marks
        marks.append((now, done))
        while len(marks) > 2 and marks[0][0] < now - _WINDOW_S:
            marks.popleft()
        seconds = now - marks[0][0]
        fps = (done - marks[0][1]) / seconds if seconds > 0 else 0.0
        # The count that a container states may be too low.
        total = None if self.total is None else max(self.total, done)
        left = (total - done) / fps if total is not None and fps > 0 else None
        return Progress(done, total, fps, left)
