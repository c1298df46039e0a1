"""Progress of an export, and the ways to end it early."""

from __future__ import annotations

import collections
import contextlib
import math
import signal
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from uvanet.i18n import tr

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_WINDOW_S = 3.0
# What is asked to end by the system is killed soon after.
_FINISH_S = 1.0


class Cancelled(Exception):
    """The export was cancelled, or stopped before its first frame; it left no file."""


class Control:
    """Ends an export, from any thread or a signal handler.

    Attributes:
        running: Whether frames are read, so that a stop or cancel takes effect within a frame.
        reason: Why it was stopped, for people; empty if it was not.
    """

    def __init__(self) -> None:
        self._cancelled = threading.Event()
        self._stopped = threading.Event()
        self._deadline = math.inf
        self.running = False
        self.reason = ""

    def cancel(self) -> None:
        """Ends the export without files."""
        self._cancelled.set()

    def stop(self, reason: str = "", seconds: float = math.inf) -> None:
        """Ends the export and keeps what is finished.

        Args:
            reason: For people; a sentence, or empty for a general one.
            seconds: After so many a long copy of what is finished is left out.
        """
        self.reason = reason or tr("It was stopped.")
        self._deadline = time.monotonic() + seconds
        self._stopped.set()

    def out_of_time(self) -> bool:
        """Whether a copy that the result can do without has to end. For each step of it.

        Raises:
            Cancelled: The export was cancelled.
        """
        if self.cancelled:
            raise Cancelled
        return time.monotonic() >= self._deadline

    @property
    def ended(self) -> bool:
        """Whether it was cancelled or stopped."""
        return self.cancelled or self.stopped

    @property
    def cancelled(self) -> bool:
        """Whether it was cancelled."""
        return self._cancelled.is_set()

    @property
    def stopped(self) -> bool:
        """Whether it was stopped."""
        return self._stopped.is_set()


@contextlib.contextmanager
def stopped_by_signals(control: Control) -> Iterator[None]:
    """Lets Ctrl-C, SIGTERM and SIGHUP stop an export, which keeps what is finished.

    SIGTERM and SIGHUP leave a second for the completion of a video; after it the sound is left out.
    A second signal cancels it. Files are completed in both cases, or removed. Ctrl-C raises
    KeyboardInterrupt until frames are read, since opening may block; later it must not, because
    an exception in a callback of native code is lost. Does nothing outside of the main thread.
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
    """How far an export is.

    Attributes:
        done: Frames written.
        total: Frames there will be, about; None where nobody knows.
        fps: Frames a second of late.
        left: Seconds still to go; None where nobody knows.
    """

    done: int
    total: int | None
    fps: float
    left: float | None


class Meter:
    """Turns a count of frames into speed and time left.

    Args:
        total: Frames there will be, about; None where nobody knows.
    """

    def __init__(self, total: int | None) -> None:
        self.total = total
        self._marks = collections.deque([(time.perf_counter(), 0)])

    def at(self, done: int) -> Progress:
        """The progress with so many frames written now."""
        now = time.perf_counter()
        marks = self._marks
        marks.append((now, done))
        while len(marks) > 2 and marks[0][0] < now - _WINDOW_S:
            marks.popleft()
        seconds = now - marks[0][0]
        fps = (done - marks[0][1]) / seconds if seconds > 0 else 0.0
        # A container's count may be a few short; nobody should read 101 of 100.
        total = None if self.total is None else max(self.total, done)
        left = (total - done) / fps if total is not None and fps > 0 else None
        return Progress(done, total, fps, left)
