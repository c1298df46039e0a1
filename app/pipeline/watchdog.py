"""Detects sources that give no frames and networks that do not return.

A call into a driver or an engine may block for ever, so the thread that makes the call cannot
be the one that notices.
"""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING

from app.pipeline.events import SourceResumed, SourceStalled

if TYPE_CHECKING:
    from collections.abc import Callable

STALL_S = 3.0
STEP_LIMIT_S = 20.0
"""Seconds after which a network's step is given up."""

_TICK_S = 0.2
_SUSPENDED_S = 1.0  # between two checks: the process or the machine stood still
_CHECKS_AFTER = 5  # that a source has to give a frame after that


class StallDetector:
    """Decides from times alone whether a source has stalled.

    `feed`, `pause` and `rest` are called by the thread that reads, `check` by the watchdog. A live
    source is fed with each frame. A file is waited for during a read alone: fed at its start, and
    paused at its end. The time that the process was suspended says nothing about the source.

    Args:
        source: Number of the source, for the events.
    """

    def __init__(self, source: int) -> None:
        self._source = source
        self._last: float | None = None
        self._stalled = False
        self._checked = math.inf
        self._patience = 0  # checks

    def feed(self, t: float) -> None:
        """Notes the time of a frame, or of the opening of the source, in seconds."""
        self._last = t

    def pause(self) -> None:
        """Ends the wait for a read that has returned; a stall, if there was one, is over."""
        self._last = math.inf

    def rest(self) -> None:
        """Expects no frames until the next `feed`; the end of a stall is not reported."""
        self._last = None

    def check(self, now: float) -> SourceStalled | SourceResumed | None:
        """Returns the event that is due at the time `now`."""
        if now - self._checked > _SUSPENDED_S:
            self._patience = _CHECKS_AFTER
        self._checked = now
        last = self._last
        if last is None:
            self._stalled = False
            return None
        silent = now - last
        if silent >= STALL_S and not self._stalled:
            if self._patience:
                self._patience -= 1
                return None
            self._stalled = True
            return SourceStalled(self._source, silent)
        if silent < STALL_S and self._stalled:
            self._stalled = False
            return SourceResumed(self._source)
        return None


class StepTimer:
    """Counts the watchdog's ticks during one step of a network.

    Ticks, not the clock: a machine that was suspended for an hour did not compute for an hour.
    """

    def __init__(self) -> None:
        self._ticks = 0

    def tick(self, limit_s: float) -> bool:
        """Counts a tick; whether the step lasts longer than the limit."""
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
        """Waits for the thread; False where it still runs."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        # The machine's time, whatever clock the pipeline uses: a call that hangs does so in it.
        while not self._stopped.wait(_TICK_S):
            self._check()
