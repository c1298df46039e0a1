"""Tells when a live source has gone silent.

A camera that was unplugged may make `read` block for ever, so the thread that reads cannot be
the one that notices.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from app.pipeline.events import SourceResumed, SourceStalled

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.pipeline.clock import Clock

STALL_S = 3.0
_TICK_S = 0.2


class StallDetector:
    """Decides from times alone whether a source is silent.

    `feed` and `rest` come from the thread that reads, `check` from the one that watches.
    """

    def __init__(self) -> None:
        self._last: float | None = None
        self._stalled = False

    def feed(self, t: float) -> None:
        """A frame came (or the source was opened) at `t` seconds."""
        self._last = t

    def rest(self) -> None:
        """No frames are to be expected for now."""
        self._last = None

    def check(self, now: float) -> SourceStalled | SourceResumed | None:
        """Gives the event that is due at the time `now`."""
        last = self._last
        if last is None:
            self._stalled = False
            return None
        silent = now - last
        if silent >= STALL_S and not self._stalled:
            self._stalled = True
            return SourceStalled(silent)
        if silent < STALL_S and self._stalled:
            self._stalled = False
            return SourceResumed()
        return None


class Watchdog:
    """Asks a StallDetector a few times a second until told to stop.

    Args:
        detector: What decides.
        emit: Takes the events, on the watchdog's thread.
        clock: Gives the time; the ticks themselves are the machine's, since a source that
            hangs does so in real time.
        stopped: Ends the watch.
        name: Of the thread.
    """

    def __init__(
        self,
        detector: StallDetector,
        emit: Callable[[SourceStalled | SourceResumed], None],
        clock: Clock,
        stopped: threading.Event,
        name: str,
    ) -> None:
        self._detector = detector
        self._emit = emit
        self._clock = clock
        self._stopped = stopped
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def join(self, timeout: float) -> bool:
        """Waits for the thread; False where it is still there."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopped.wait(_TICK_S):
            event = self._detector.check(self._clock.now())
            if event is not None:
                self._emit(event)
