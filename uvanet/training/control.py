"""Control of a running training by the orders `stop`, `pause` and `resume`.

`stop` writes a checkpoint, keeps the best weights and ends the run. SIGTERM has its effect. Orders
are read from stdin, one a line, and from the file `control` in the run's folder, which a later
window can write too. The file names the process that it is for: it may be written before that
process listens, and an order that an earlier run left unread has no effect.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TypeVar

from uvanet.atomic_io import atomic_write
from uvanet.errors import UvanetError
from uvanet.i18n import tr
from uvanet.training.progress import Event, LineWriter, LogEvent, Phase, StepEvent

T = TypeVar("T")

CONTROL = "control"
"""Name of the file of orders in a run's folder."""

_POLL_S = 0.25
_SURE_S, _SURE_SHARE = 30.0, 0.03
"""Seconds, or share of the steps, after which the mean pace is taken for the pace of the rest."""


class StoppedError(UvanetError):
    """A run was told to stop; its checkpoint is written."""

    def __init__(self) -> None:
        super().__init__(tr("The run was stopped."), tr("Give the same command to resume it."))


class Callback:
    """Receives the events of a run and controls it; this base class does neither."""

    def emit(self, event: Event) -> None:
        """Receives an event."""

    def proceed(self) -> bool:
        """Whether the run is to continue; blocks while it is paused."""
        return True


class Timer:
    """Estimates the remaining time, without pauses.

    Args:
        total: Number of steps.
        done: Steps done before the start.
    """

    def __init__(self, total: int, done: int = 0) -> None:
        self._total, self._first = total, done
        self._began = time.monotonic()

    def wait(self, callback: Callback) -> None:
        """Waits while the callback pauses the run; this time is not counted.

        Raises:
            StoppedError: The run was told to stop.
        """
        asked = time.monotonic()
        if not callback.proceed():
            raise StoppedError
        self._began += time.monotonic() - asked

    def left(self, done: int) -> float | None:
        """Remaining seconds after `done` steps, at the mean pace since the start.

        None at first: the first step also loads a model, and would promise many times too long.
        """
        elapsed = time.monotonic() - self._began
        if elapsed < _SURE_S and done - self._first < _SURE_SHARE * self._total:
            return None
        return max(0.0, elapsed / max(1, done - self._first) * (self._total - done))


def track(items: Sequence[T], phase: Phase, callback: Callback) -> Iterator[T]:
    """Iterates over the items of a phase and reports progress.

    Raises:
        StoppedError: The run was told to stop.
    """
    timer, reported = Timer(len(items)), time.monotonic()
    for done, item in enumerate(items, start=1):
        timer.wait(callback)
        yield item
        if time.monotonic() - reported > 0.3 or done == len(items):
            reported = time.monotonic()
            left = timer.left(done)
            callback.emit(StepEvent(phase=phase, done=done, total=len(items), left=left))


class ControlState:
    """The orders that a run has received. All methods may be called from any thread."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._stop = False
        self._paused = False

    @property
    def stopped(self) -> bool:
        """Whether the run is to end."""
        return self._stop

    @property
    def paused(self) -> bool:
        """Whether the run is to wait."""
        return self._paused and not self._stop

    def apply(self, text: str) -> None:
        """Applies orders separated by white space; unknown words are ignored."""
        with self._condition:
            for word in text.split():
                if word == "stop":
                    self._stop = True
                elif word in ("pause", "resume"):
                    self._paused = word == "pause"
            self._condition.notify_all()

    def wait(self, seconds: float) -> None:
        """Waits until the run is not paused, but at most for some seconds."""
        with self._condition:
            self._condition.wait_for(lambda: not self.paused, seconds)


class JsonlChannel(Callback):
    """Writes events as JSON lines and follows orders.

    Args:
        stream: Receives the lines.
        folder: Folder of the run, whose file `control` is read.
        state: Orders of stdin and signals; those of the file are added.
    """

    def __init__(self, stream: IO[str], folder: Path, state: ControlState) -> None:
        self._writer = LineWriter(stream)
        self._file = folder / CONTROL
        self._state = state
        self._polled = 0.0

    def emit(self, event: Event) -> None:
        """See `Callback.emit`."""
        self._writer.write(event)

    def proceed(self) -> bool:
        """See `Callback.proceed`."""
        self._poll()
        if self._state.paused:
            self.emit(LogEvent(text=tr("Paused."), paused=True))
            while self._state.paused:
                self._state.wait(_POLL_S)
                self._poll()
            self.emit(LogEvent(text=tr("Resumed."), paused=False))
        return not self._state.stopped

    def _poll(self) -> None:
        now = time.monotonic()
        if now - self._polled < _POLL_S:
            return
        self._polled = now
        taken = self._file.with_name(f"{CONTROL}.taken")
        with contextlib.suppress(OSError, UnicodeDecodeError):
            # Renamed before it is read, so that an order that is written meanwhile is not deleted.
            self._file.replace(taken)
            word, _, process = taken.read_text(encoding="utf-8").strip().partition(" ")
            taken.unlink()
            # On Windows, a virtual environment's Python starts another one, so that the process
            # that was started is the parent of this one.
            if process in {str(os.getpid()), str(os.getppid())}:
                self._state.apply(word)


@contextlib.contextmanager
def listening(state: ControlState) -> Iterator[None]:
    """Applies orders from stdin and SIGTERM within a block; the end of stdin has no effect.

    Call it on the main thread, since other threads may not set signal handlers.
    """
    # Not sys.stdin: a thread that waits inside it holds a lock that Python's shutdown needs.
    threading.Thread(target=_read_stdin, args=(state,), name="uvanet-control", daemon=True).start()
    before = signal.signal(signal.SIGTERM, lambda *_: state.apply("stop"))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _read_stdin(state: ControlState) -> None:
    rest = b""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        handle = sys.stdin.fileno()
        while data := os.read(handle, 4096):
            *lines, rest = (rest + data).split(b"\n")
            state.apply("\n".join(line.decode(errors="replace") for line in lines))


def send_order(folder: Path, word: str, process: int) -> None:
    """Writes an order for a run into its folder; it replaces an order that was not yet read.

    Args:
        folder: Folder of the run.
        word: `stop`, `pause` or `resume`.
        process: Number of the run's process; other processes ignore the order.

    Raises:
        OSError: The file cannot be written.
    """
    with atomic_write(folder / CONTROL) as part:
        part.write_text(f"{word} {process}\n", encoding="utf-8")
