"""Whether a teacher is fast enough for the picture to wait for it."""

from __future__ import annotations

from collections import deque

SLOW_S, FAST_S = 0.25, 0.15
"""A teacher whose maps take longer than `SLOW_S` is not waited for, until they take `FAST_S`."""

_RESULTS = 4  # in a row: a single one may be late for any cause


class TeacherPace:
    """Judges the teacher by its last results.

    Attributes:
        keeps_up: Whether the picture can wait for the teacher; true until it proves slow.
    """

    def __init__(self) -> None:
        self.keeps_up = True
        self._seconds: deque[float] = deque(maxlen=_RESULTS)

    def add(self, seconds: float) -> bool:
        """Takes the time that the teacher needed for a map; whether `keeps_up` changed."""
        before = self.keeps_up
        self._seconds.append(seconds)
        if len(self._seconds) == _RESULTS:
            if min(self._seconds) > SLOW_S:
                self.keeps_up = False
            elif max(self._seconds) < FAST_S:
                self.keeps_up = True
        return self.keeps_up != before

    def reset(self) -> None:
        """Forgets the teacher."""
        self.keeps_up = True
        self._seconds.clear()
