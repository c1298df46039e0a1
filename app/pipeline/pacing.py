"""When a frame of a file is due: media time against the clock, at a speed."""

from __future__ import annotations

# A gap between two frames that only a broken time stamp can explain.
_LONGEST_GAP_S = 60.0


class Pacer:
    """Maps the frames' times to the clock's.

    Give each frame to `due` once, in the order read. Deadlines are absolute: waiting late once
    does not shift those that follow.

    Args:
        interval: Nominal seconds between frames; used where time stamps do not grow.
        speed: Media seconds a clock second.
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
        """Media seconds a clock second."""
        return self._speed

    @property
    def interval(self) -> float:
        """Nominal clock seconds between frames at the current speed."""
        return self._interval / self._speed

    def due(self, pts: float, now: float) -> float:
        """When the frame is due, on the clock.

        Args:
            pts: The frame's media time in seconds.
            now: The clock; the first frame after a `restart` is due now.
        """
        if not self._anchored:
            self.start(pts, now)
        elif not 0 < pts - self._last_pts <= _LONGEST_GAP_S:
            # A loop came round, or the time stamps stand still or leap, which would make the
            # picture race or freeze.
            self.start(pts, self.when(self._last_pts) + self.interval)
        self._last_pts = pts
        return self.when(pts)

    def when(self, pts: float) -> float:
        """The clock's time at a media time, at the current speed."""
        return self._t + (pts - self._pts) / self._speed

    def position(self, now: float) -> float:
        """The media time at the clock's time."""
        return self._pts + (now - self._t) * self._speed

    def start(self, pts: float, t: float) -> None:
        """Makes `pts` due at `t`."""
        self._t, self._pts, self._last_pts, self._anchored = t, pts, pts, True

    def restart(self) -> None:
        """Makes the next frame due when it comes."""
        self._anchored = False

    def set_speed(self, speed: float, now: float) -> None:
        """Changes the speed from the clock's time `now` on."""
        if self._anchored:
            self._t, self._pts = now, self.position(now)
        self._speed = speed
