"""Commands on their way to a capture thread, collapsed to what still matters."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.pipeline.clock import Clock


@dataclass(frozen=True, slots=True)
class PlaybackCommand:
    """What to do next, and the settings of the moment.

    Attributes:
        play: The newest of play (True) and pause (False); None where neither came.
        seek: The newest time sought in seconds; None where none came.
        steps: Frames to move by after the seek; the sum of what came since.
        speed: Speed of playing.
    """

    play: bool | None
    seek: float | None
    steps: int
    speed: float


class CommandQueue:
    """Takes commands from any thread for the one thread that obeys.

    Args:
        clock: What `wait_until` waits on.
        speed: First speed.
        loop: First setting of looping.
    """

    def __init__(self, clock: Clock, speed: float, loop: bool) -> None:
        self._clock = clock
        self._condition = threading.Condition()
        self._play: bool | None = None
        self._seek: float | None = None
        self._steps = 0
        self._speed = speed
        self._changed = False
        self.loop = loop
        self.stopped = threading.Event()

    def play(self, on: bool) -> None:
        """Plays, or pauses."""
        with self._condition:
            self._play = on
            self._wake()

    def seek(self, seconds: float) -> None:
        """Seeks; earlier seeks and steps that wait are pointless now."""
        with self._condition:
            self._seek, self._steps = seconds, 0
            self._wake()

    def step(self, frames: int) -> None:
        """Pauses and steps; adds to the steps that wait."""
        with self._condition:
            self._play = False
            self._steps += frames
            self._wake()

    def set_speed(self, speed: float) -> None:
        """Sets the speed."""
        with self._condition:
            self._speed = speed
            self._wake()

    def stop(self) -> None:
        """Makes the capture thread leave; for good."""
        with self._condition:
            self.stopped.set()
            self._wake()

    @property
    def waiting(self) -> bool:
        """Whether a command waits."""
        return self._changed

    def next(self, *, block: bool) -> PlaybackCommand | None:
        """Hands out what came since the last call.

        Args:
            block: Wait until something comes.

        Returns:
            The order, possibly empty; None after `stop`.
        """
        with self._condition:
            while block and not self._changed:
                self._clock.wait(self._condition, None)
            if self.stopped.is_set():
                return None
            order = PlaybackCommand(self._play, self._seek, self._steps, self._speed)
            self._play, self._seek, self._steps, self._changed = None, None, 0, False
            return order

    def wait_until(self, t: float) -> bool:
        """Waits for a time on the clock.

        Returns:
            False where a command came first.
        """
        with self._condition:
            while not self._changed:
                rest = t - self._clock.now()
                if rest <= 0:
                    return True
                self._clock.wait(self._condition, rest)
            return False

    def _wake(self) -> None:
        self._changed = True
        self._condition.notify_all()
