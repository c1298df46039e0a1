"""Pacing of files: when a frame is due on the clock, at a playback speed."""

from __future__ import annotations

# Seconds; a longer gap between two frames is taken for a wrong time stamp.
_LONGEST_GAP_S = 60.0


class Pacer:
    """Maps media time to clock time.

    Call `due` once per frame, in reading order. Deadlines are absolute: one late frame does not
    shift those that follow.

    Args:
        interval: Nominal seconds between frames; used where time stamps do not grow.
        speed: Media seconds per clock second.
    """

    def __init__(self, interval: float, speed: float = 1.0) -> None:
        self._interval = interval
        self._speed = speed
        self._anchored = False
        self._t = 0.0
        self._pts = 0.0
        self._last_pts = 0.0

    @property
    def speed(self) -> float:
        """Media seconds per clock second."""
        return self._speed

    @property
    def interval(self) -> float:
        """Nominal clock seconds between frames at the current speed."""
        return self._interval / self._speed

    def due(self, pts: float, now: float) -> float:
        """Returns the clock time at which a frame is due.

        Args:
            pts: The frame's media time in seconds.
            now: The clock; the first frame after a `restart` is due now.
        """
        if not self._anchored:
            self.start(pts, now)
        elif not 0 < pts - self._last_pts <= _LONGEST_GAP_S:
            # A loop started over, or time stamps repeat or jump; following them would freeze
            # the picture or play it too fast.
            self.start(pts, self.when(self._last_pts) + self.interval)
        self._last_pts = pts
        return self.when(pts)

    def when(self, pts: float) -> float:
        """Clock time of a media time, at the current speed."""
        return self._t + (pts - self._pts) / self._speed

    def position(self, now: float) -> float:
        """Media time at a clock time."""
        return self._pts + (now - self._t) * self._speed

    def start(self, pts: float, t: float) -> None:
        """Makes `pts` due at `t`."""
        self._t, self._pts, self._last_pts, self._anchored = t, pts, pts, True

    def restart(self) -> None:
        """Makes the next frame due as soon as it is read."""
        self._anchored = False

    def set_speed(self, speed: float, now: float) -> None:
        """Changes the speed from the clock time `now` on."""
        if self._anchored:
            self._t, self._pts = now, self.position(now)
        self._speed = speed
