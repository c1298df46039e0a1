"""Queue of playback commands for a capture thread; newer commands replace or merge older ones."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from app.pipeline.clock import Clock


@dataclass(frozen=True, slots=True)
class PlaybackCommand:
    """The commands since the last call, merged, and the current settings.

    Attributes:
        play: The newest of play (True) and pause (False); None where neither came.
        seek: The newest seek target in seconds; None where none came.
        backwards: Whether the seek belongs to reverse playback.
        steps: Frames to step after the seek; the sum of all steps since.
        speed: Playback speed; 1 is real time.
    """

    play: bool | None
    seek: float | None
    backwards: bool
    steps: int
    speed: float


class CommandQueue:
    """Collects commands of any thread for the capture thread, which executes them.

    Args:
        clock: Clock of `wait_until`.
        speed: Initial playback speed.
        loop: Initial setting of `loop`.

    Attributes:
        loop: Whether the source starts over at its end.
        stopped: Set by `stop`.
    """

    def __init__(self, clock: Clock, speed: float, loop: bool) -> None:
        self._clock = clock
        self._condition = threading.Condition()
        self._play: bool | None = None
        self._seek: float | None = None
        self._backwards = False
        self._steps = 0
        self._speed = speed
        self._changed = False
        self.loop = loop
        self.stopped = threading.Event()

    def play(self, on: bool) -> None:
        """Plays (True) or pauses (False)."""
        with self._condition:
            self._play = on
            self._wake()

    def seek(self, seconds: float, *, backwards: bool = False) -> None:
        """Seeks; replaces waiting seeks and steps."""
        with self._condition:
            self._seek, self._backwards, self._steps = seconds, backwards, 0
            self._wake()

    def step(self, frames: int) -> None:
        """Pauses and steps; adds to waiting steps."""
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
        """Ends the capture thread."""
        with self._condition:
            self.stopped.set()
            self._wake()

    @property
    def seek_waiting(self) -> bool:
        """Whether a seek waits, so that the running one is obsolete.

        Reverse playback goes on from a position, so that the running seek has to reach it.
        """
        return self._seek is not None and not self._backwards

    @property
    def waiting(self) -> bool:
        """Whether a command waits."""
        return self._changed

    def next(self, *, block: bool) -> PlaybackCommand | None:
        """Returns the commands since the last call, merged.

        Args:
            block: Wait until a command comes.

        Returns:
            The command, possibly empty; None after `stop`.
        """
        with self._condition:
            while block and not self._changed:
                self._clock.wait(self._condition, None)
            if self.stopped.is_set():
                return None
            command = PlaybackCommand(
                self._play, self._seek, self._backwards, self._steps, self._speed
            )
            self._play, self._seek, self._steps, self._changed = None, None, 0, False
            return command

    def wait_until(self, t: float) -> bool:
        """Waits until a time on the clock.

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
