"""Chooses the largest student whose step takes a small part of the time between two frames.

The policy has no clock and no side effects: its inputs are step times and rates.
"""

from __future__ import annotations

from collections.abc import Mapping

BUDGET = 0.25
"""Share of a frame's time that a step may take on an idle machine."""

OVERLOAD = 0.5
"""Share of a frame's time above which a step in the live view is too slow."""

SETTLE_TICKS = 10
"""Observations that are ignored after a change: their median includes steps of the model before."""

OVERLOAD_TICKS = 6
"""Slow observations in a row after which a smaller student is chosen."""

CALM_TICKS = 60
"""Calm observations in a row after which a larger student is chosen again, at first. Each overload
doubles the number, up to `MAX_CALM_TICKS`, so that varying load does not change the model often."""

MAX_CALM_TICKS = 64 * CALM_TICKS


class AutomaticPolicy:
    """Chooses among students by their step times; a smaller one while other programs load the CPU.

    Args:
        times: Step time of each student on this machine in milliseconds, by name. The smallest
            student comes first; at least one.

    Attributes:
        name: The chosen student.
        frame_ms: Time between two frames, milliseconds; 0 before `set_rate`.
        busy: Whether the choice is smaller than the machine could run without other load.
    """

    def __init__(self, times: Mapping[str, float]) -> None:
        self._names, self.times = list(times), dict(times)
        self.frame_ms = 0.0
        self._fitting = self._index = 0
        self._calm_ticks = CALM_TICKS
        self._slow = self._calm = self._settle = 0

    @property
    def name(self) -> str:
        """The chosen student."""
        return self._names[self._index]

    @property
    def busy(self) -> bool:
        """Whether the choice is smaller than the machine could run without other load."""
        return self._index < self._fitting

    def set_rate(self, rate: float) -> None:
        """Chooses for a source; the same rate changes nothing.

        Args:
            rate: Frames per second of the source, above 0.
        """
        frame_ms = 1000 / rate
        if frame_ms == self.frame_ms:
            return
        self.frame_ms = frame_ms
        self._fitting = max(
            (index for index, name in enumerate(self._names) if self._fits(self.times[name])),
            default=0,
        )
        self._move_to(self._fitting)

    def observe(self, step_ms: float | None) -> None:
        """Adds an observation of the live view; call it at equal intervals after `set_rate`.

        Args:
            step_ms: Median time of the latest steps of the chosen student, milliseconds; None
                where no step ran.
        """
        if step_ms is None:
            return
        if self._settle:
            self._settle -= 1
            return
        slow = step_ms > OVERLOAD * self.frame_ms
        self._slow = self._slow + 1 if slow else 0
        if self._slow >= OVERLOAD_TICKS and self._index > 0:
            self._calm_ticks = min(2 * self._calm_ticks, MAX_CALM_TICKS)
            self._move_to(self._index - 1)
            return
        self._calm = self._calm + 1 if self.busy and self._larger_fits(step_ms) else 0
        if self._calm >= self._calm_ticks:
            self._move_to(self._index + 1)

    def _fits(self, step_ms: float) -> bool:
        return step_ms <= BUDGET * self.frame_ms

    def _larger_fits(self, step_ms: float) -> bool:
        """Whether the next larger student would fit, slowed down as the chosen one is now."""
        larger = self.times[self._names[self._index + 1]]
        return self._fits(larger * max(1.0, step_ms / self.times[self.name]))

    def _move_to(self, index: int) -> None:
        self._index, self._slow, self._calm, self._settle = index, 0, 0, SETTLE_TICKS
