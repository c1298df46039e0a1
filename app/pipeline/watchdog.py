"""Detects sources that give no frames and networks that do not return.

A call into a driver or an engine may block for ever, so another thread has to watch it.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable

from app.pipeline.events import SourceResumed, SourceStalled

STALL_S = 3.0
CAMERA_STALL_S = 6.0
"""For cameras, which report a stall themselves after 3 to 4 seconds unless their driver hangs."""
STEP_LIMIT_S = 20.0
"""Seconds after which a step of a network is given up."""

_TICK_S = 0.2
_SUSPENDED_S = 1.0  # after a longer time between two checks, the process was suspended
_GRACE_CHECKS = 5  # checks after a suspension that report no new stall


class StallDetector:
    """Decides whether a source has stalled, by the times of its frames.

    The reading thread calls `feed`, `pause` and `rest`; the watchdog calls `check`. A live source
    calls `feed` for each frame. A file can stall during a read only: `feed` is called at the start
    of a read, `pause` at its end. Time during which the process was suspended does not count.

    Args:
        source: Number of the source, for the events.
    """

    def __init__(self, source: int) -> None:
        self._limit = STALL_S
        self._source = source
        self._last: float | None = None
        self._stalled = False
        self._checked = math.inf
        self._grace_checks = 0

    def expect_camera(self) -> None:
        """Waits longer, since the source reports stalls itself."""
        self._limit = CAMERA_STALL_S

    def feed(self, t: float) -> None:
        """Sets the time, in seconds, of the newest frame or of the opening of the source."""
        self._last = t

    def pause(self) -> None:
        """Expects no frame until the next `feed`; a stall that was reported is over."""
        self._last = math.inf

    def rest(self) -> None:
        """Like `pause`, but the end of a stall is not reported."""
        self._last = None

    def check(self, now: float) -> SourceStalled | SourceResumed | None:
        """Returns the event that is due at the time `now`."""
        if now - self._checked > _SUSPENDED_S:
            self._grace_checks = _GRACE_CHECKS
        self._checked = now
        last = self._last
        if last is None:
            self._stalled = False
            return None
        silent = now - last
        if silent >= self._limit and not self._stalled:
            if self._grace_checks:
                self._grace_checks -= 1
                return None
            self._stalled = True
            return SourceStalled(self._source, silent)
        if silent < self._limit and self._stalled:
            self._stalled = False
            return SourceResumed(self._source)
        return None


class StepTimer:
    """Measures one step of a network in ticks of the watchdog.

    Unlike the clock, ticks stop while the machine is suspended.
    """

    def __init__(self) -> None:
        self._ticks = 0

    def tick(self, limit_s: float) -> bool:
        """Counts a tick; returns whether the step has taken more than `limit_s` seconds."""
        self._ticks += 1
        return self._ticks * _TICK_S > limit_s


class Watchdog:
    """Calls a check a few times per second on a thread of its own.

    Args:
        check: What to call; must not raise.
        stopped: Ends the thread.
        name: Name of the thread.
    """

    def __init__(self, check: Callable[[], None], stopped: threading.Event, name: str) -> None:
        self._check = check
        self._stopped = stopped
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def join(self, timeout: float) -> bool:
        """Waits for the thread; returns False where it still runs."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        # Real time, also where a test replaces the pipeline's clock: a call hangs in real time.
        while not self._stopped.wait(_TICK_S):
            self._check()
