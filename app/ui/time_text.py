"""Converts times to text and to frame numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

from app.ui.i18n import tr
from app.ui.number_text import number_text

_DROP_FRAME_RATES = (30, 60)  # nominal rates; the real rates are 1000/1001 of them
_RATE_TOLERANCE = 2e-4  # share of the nominal rate, as containers round rates
_EARLY = 0.25  # frames; a frame may start earlier by this, as containers round times


@dataclass(frozen=True, slots=True)
class TimeBase:
    """Converts the times of a source to time codes and frame numbers.

    Attributes:
        fps: Frames per second; 0 if the source has no rate.
        variable: Whether the frame rate varies.
    """

    fps: float = 0.0
    variable: bool = False

    def frame(self, seconds: float) -> int:
        """Returns the number of the frame at a time, from 0; a variable rate counts by its mean."""
        return max(0, math.floor(seconds * self.fps + _EARLY))

    def frame_start(self, seconds: float) -> float:
        """Returns the start of the frame at a time; for a variable rate, the time itself."""
        if self.variable or self.fps <= 0:
            return max(0.0, seconds)
        return self.frame(seconds) / self.fps

    def text(self, seconds: float) -> str:
        """Formats a time code.

        Returns:
            hh:mm:ss:ff, where ff is the number of the frame in its second; hh:mm:ss;ff with the
            dropped numbers of SMPTE ST 12-1 at 29.97 and 59.94 frames per second; hh:mm:ss.mmm if
            the rate is variable or not an integer.
        """
        nominal = _nominal(self.fps)
        if self.variable or nominal is None:
            milliseconds = max(0, round(seconds * 1000))
            whole, rest = divmod(milliseconds, 1000)
            return _clock(whole) + number_text(rest / 1000, ".3f")[1:]
        frame, separator = self.frame(seconds), ":"
        if nominal in _DROP_FRAME_RATES and abs(self.fps - nominal) > nominal * _RATE_TOLERANCE:
            frame, separator = _with_dropped_numbers(frame, nominal), ";"
        whole, rest = divmod(frame, nominal)
        return f"{_clock(whole)}{separator}{rest:02}"


def clock_text(seconds: float) -> str:
    """Formats a time as minutes and seconds, with hours if needed: 3:07, 1:02:03."""
    whole = max(0, int(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def time_left(seconds: float | None) -> str:
    """Formats the remaining time, rounded; empty if unknown."""
    if seconds is None or seconds < 0:
        return ""
    if seconds < 90:
        return tr("{seconds:.0f} s left").format(seconds=seconds)
    if seconds < 5400:
        return tr("{minutes:.0f} min left").format(minutes=seconds / 60)
    return tr("{hours:.1f} h left").format(hours=seconds / 3600)


def _nominal(fps: float) -> int | None:
    """Returns the number of frames per second of a time code; None for other rates."""
    nominal = round(fps)
    if nominal < 1:
        return None
    rates = (nominal, nominal * 1000 / 1001)
    near = any(abs(fps - rate) <= nominal * _RATE_TOLERANCE for rate in rates)
    return nominal if near else None


def _with_dropped_numbers(frame: int, nominal: int) -> int:
    """Skips the first 2 (at 60: 4) numbers of each minute, except every tenth minute."""
    dropped = nominal // 15
    ten_minutes = nominal * 600 - 9 * dropped
    minute = nominal * 60 - dropped
    tens, rest = divmod(frame, ten_minutes)
    minutes = max(0, rest - dropped) // minute
    return frame + dropped * (9 * tens + minutes)


def _clock(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest:02}"
