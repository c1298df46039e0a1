"""Whether a teacher is fast enough for the picture to wait for it."""

from __future__ import annotations

from collections import deque

SLOW_S, FAST_S = 0.25, 0.15
"""Seconds per map: above `SLOW_S`, frames no longer wait for the teacher; below `FAST_S`, they
wait again."""

_RESULTS = 4  # in a row, since other causes may delay a single one


class TeacherPace:
    """Decides by the last results whether frames can wait for the teacher.

    Attributes:
        keeps_up: Whether the teacher is fast enough; True at first.
    """

    def __init__(self) -> None:
        self.keeps_up = True
        self._seconds: deque[float] = deque(maxlen=_RESULTS)

    def add(self, seconds: float) -> bool:
        """Adds the seconds that a map took; returns whether `keeps_up` changed."""
        before = self.keeps_up
        self._seconds.append(seconds)
        if len(self._seconds) == _RESULTS:
            if min(self._seconds) > SLOW_S:
                self.keeps_up = False
            elif max(self._seconds) < FAST_S:
                self.keeps_up = True
        return self.keeps_up != before

    def reset(self) -> None:
        """Starts again for another teacher."""
        self.keeps_up = True
        self._seconds.clear()
