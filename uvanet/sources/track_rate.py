"""Frame rates that a container states for a video track."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.video.stream import VideoStream

MIN_FPS, MAX_FPS = 1e-4, 20_000.0
"""From time lapses with a frame every few hours to the cameras of crash tests."""
# A higher stated rate may be the time base of the container; the first frames decide then.
_MAX_STATED_FPS = 480.0


def stated_rate(track: VideoStream) -> float | None:
    """Frames per second, 1e-4 to 480; None if the container states no plausible rate."""
    rates = (track.average_rate, track.guessed_rate, track.base_rate)
    return next((float(r) for r in rates if r and MIN_FPS <= r <= _MAX_STATED_FPS), None)


def has_variable_rate(track: VideoStream) -> bool:
    """Whether the mean rate differs from the rate of the shortest step between frames."""
    # Matroska states one rate also for frames of uneven duration, which stay unnoticed.
    average, base, tick = track.average_rate, track.base_rate, track.time_base
    if not base:
        return False
    if not average:  # FFmpeg found no mean of the first steps
        return tick != 1 / base
    if tick and average == 1 / tick and average > _MAX_STATED_FPS:  # no mean either, as of raw DV
        return False
    # The last frame's duration is rounded. Interlaced video counts fields.
    allowed = max(0.001, 1.5 / (track.frames or math.inf))
    return all(abs(float(average * step / base) - 1) > allowed for step in (1, 2))
