"""What a run may be told while it goes on, and how it listens.

Three words: `stop` (write a checkpoint, keep the best, leave), `pause` and `resume`. They come as
lines on stdin, or as the file `control` in the run's folder, which also reaches a run that the
window that started it has left behind. SIGTERM means `stop`.
"""

from __future__ import annotations

import contextlib
import math
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, TypeVar

from uvanet.atomic_io import atomic_write
from uvanet.errors import TrainingError, UvanetError
from uvanet.training.progress import LineWriter, event, step_event

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import IO

    from torch import Tensor

    from uvanet.training.progress import Event

T = TypeVar("T")

CONTROL = "control"
_LOOK_EVERY = 0.25  # seconds between two looks at the file


class StoppedError(UvanetError):
    """A run was told to stop; its checkpoint stands.

    Attributes:
        done: Epochs done.
    """

    def __init__(self, done: int) -> None:
        super().__init__(
            f"The run was stopped after {done} epochs.", "Give the same command to go on."
        )
        self.done = done


def check_loss(loss: Tensor, step: int) -> None:
    """Refuses a loss that is no number any more.

    Raises:
        TrainingError: It is NaN or infinite.
    """
    if not math.isfinite(float(loss.detach())):
        raise TrainingError(
            f"The training broke at step {step}: the loss is no number.",
            "Start it again, with a smaller learning rate if it happens twice.",
        )


class Callback:
    """Who a run reports to and asks whether to go on. This one is silent and never stops it."""

    def tell(self, told: Event) -> None:
        """Hears an event."""

    def proceed(self) -> bool:
        """Whether to go on; waits while the run is paused."""
        return True


def working(items: Sequence[T], phase: str, watch: Callback) -> Iterator[T]:
    """Goes through what is to be done, tells how far it is, and ends where the run is to end.

    Raises:
        StoppedError: The run was told to stop.
    """
    began = told = time.monotonic()
    for place, item in enumerate(items):
        asked = time.monotonic()
        if not watch.proceed():
            raise StoppedError(0)
        began += time.monotonic() - asked  # a pause is no work
        yield item
        now, done = time.monotonic(), place + 1
        if now - told > 0.3 or done == len(items):
            told = now
            left = (now - began) / done * (len(items) - done)
            watch.tell(step_event(phase, done, len(items), left))


class ControlState:
    """The orders a run was given. All methods may be called from any thread."""

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

    def give(self, words: str) -> None:
        """Takes orders, one a line; what is no order is let go."""
        with self._condition:
            for word in words.split():
                if word == "stop":
                    self._stop = True
                elif word in ("pause", "resume"):
                    self._paused = word == "pause"
            self._condition.notify_all()

    def wait(self, seconds: float) -> None:
        """Waits for orders while paused."""
        with self._condition:
            self._condition.wait_for(lambda: not self.paused, seconds)


class JsonlChannel(Callback):
    """Writes events as JSON lines and obeys orders.

    Args:
        stream: Where the lines go.
        folder: The run's folder, whose file `control` is obeyed.
        orders: Given from elsewhere, too.
    """

    def __init__(self, stream: IO[str], folder: Path, orders: ControlState) -> None:
        self._writer = LineWriter(stream)
        self._file = folder / CONTROL
        self._orders = orders
        self._looked = 0.0

    def tell(self, told: Event) -> None:
        """See `Callback.tell`."""
        self._writer.write(told)

    def proceed(self) -> bool:
        """See `Callback.proceed`."""
        self._look()
        if self._orders.paused:
            self.tell(event("log", words="Paused.", paused=True))
            while self._orders.paused:
                self._orders.wait(_LOOK_EVERY)
                self._look()
            self.tell(event("log", words="Going on.", paused=False))
        return not self._orders.stopped

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._looked < _LOOK_EVERY:
            return
        self._looked = now
        with contextlib.suppress(OSError, UnicodeDecodeError):
            words = self._file.read_text(encoding="utf-8")
            self._file.unlink()
            self._orders.give(words)


@contextlib.contextmanager
def listening(orders: ControlState) -> Iterator[None]:
    """Obeys lines on stdin and SIGTERM for a while; the end of stdin means nothing.

    Only on the main thread, which alone may set signal handlers.
    """
    # Not by sys.stdin: a thread that waits inside it holds a lock that Python's end needs.
    threading.Thread(target=_read_stdin, args=(orders,), name="uvanet-orders", daemon=True).start()
    before = signal.signal(signal.SIGTERM, lambda *_: orders.give("stop"))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _read_stdin(orders: ControlState) -> None:
    rest = b""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        handle = sys.stdin.fileno()
        while data := os.read(handle, 4096):
            *lines, rest = (rest + data).split(b"\n")
            orders.give("\n".join(line.decode(errors="replace") for line in lines))


def give_order(folder: Path, word: str) -> None:
    """Leaves an order for a run that goes on elsewhere; the last one wins.

    Raises:
        OSError: It cannot be written.
    """
    with atomic_write(folder / CONTROL) as part:
        part.write_text(word + "\n", encoding="utf-8")
