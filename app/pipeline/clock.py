"""Clock of the pipeline, replaceable in tests."""

from __future__ import annotations

import threading
import time
from typing import Protocol


class Clock(Protocol):
    """A monotonic clock that can be waited on. Used from many threads."""

    def now(self) -> float:
        """Seconds since some fixed moment."""
        ...

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        """Waits until the condition is notified or the time is over; may wake early.

        Args:
            condition: Held by the caller, as for `Condition.wait`.
            seconds: The longest wait; None waits for a notification.
        """
        ...


class SystemClock:
    """The machine's monotonic clock (`time.perf_counter`, high resolution on every system)."""

    def now(self) -> float:
        """Seconds since some fixed moment."""
        return time.perf_counter()

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        """See `Clock.wait`."""
        condition.wait(seconds)
