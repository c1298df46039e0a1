"""Restores the exact times of a source's frames.

A file states times in its own ticks; sources give them in seconds, and some containers round them
to milliseconds. Frames at a fixed rate get the exact times of that rate. All other frames keep
their own times, to the tick.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av.error

from uvanet.errors import SourceError
from uvanet.sources import SourceInfo, SourceKind
from uvanet.sources.media_input import open_file, open_url
from uvanet.video.writer import exact_rate

FALLBACK_FPS = 25.0
"""Frame rate of a video made from a source without one."""

_PROBE_SECONDS = 60.0
_TIMEOUT_S = 15.0
_ROUNDING = Fraction(11, 10_000)  # seconds; containers that count milliseconds round by up to this
_USUAL_SCALE = 90_000
_FINEST_SCALE = 1_000_000


@dataclass(frozen=True, slots=True)
class Timing:
    """The time axis of a source.

    Attributes:
        rate: Nominal frames per second.
        scale: Ticks per second of the exported times.
        regular: Whether all frames come at multiples of the frame period.
    """

    rate: Fraction
    scale: int
    regular: bool

    @property
    def tick(self) -> Fraction:
        """The shortest step between two times, in seconds."""
        return Fraction(1, self.scale)

    def at(self, pts: float) -> Fraction:
        """The exact time of a frame, from its time in seconds since the source's start."""
        if self.regular:
            exact = Fraction(round(pts * self.rate)) / self.rate
            if abs(exact - Fraction(pts)) <= _ROUNDING:
                return exact
        return Fraction(round(pts * self.scale), self.scale)


def timing_of(info: SourceInfo, path: Path | None = None) -> Timing:
    """Determines the time axis of an open source.

    Args:
        info: Properties of the source.
        path: The video file, of which the packets of the first minute are read.
    """
    rate = exact_rate(info.fps if 0 < info.fps <= 1000 else FALLBACK_FPS)
    exact_scale = rate.numerator * -(-10_000 // rate.numerator)  # has exact times of the rate
    if info.live:
        return Timing(rate, _USUAL_SCALE, regular=False)
    if info.kind not in (SourceKind.VIDEO, SourceKind.NETWORK, SourceKind.DEMO):
        return Timing(rate, exact_scale, regular=True)
    base, times = _packet_times(path or info.spec)
    regular = all(
        abs(round((time - times[0]) * rate) / rate - (time - times[0])) <= _ROUNDING
        for time in times
    )
    if regular:
        return Timing(rate, exact_scale, regular=True)
    fits = base.numerator == 1 and base.denominator <= _FINEST_SCALE
    return Timing(rate, base.denominator if fits else _USUAL_SCALE, regular=False)


def _packet_times(source: str | Path) -> tuple[Fraction, list[Fraction]]:
    """Returns the tick and the sorted times of the first minute's shown frames, in seconds."""
    base, ticks = Fraction(1, _USUAL_SCALE), []
    try:
        is_url = isinstance(source, str) and "://" in source
        media = open_url(str(source), _TIMEOUT_S, _TIMEOUT_S) if is_url else open_file(Path(source))
        with media:
            track = media.video
            if track is None or track.time_base is None:
                return base, []
            base = track.time_base
            for packet in media.packets(track):
                if packet.pts is None or packet.is_discard:
                    continue
                ticks.append(packet.pts)
                if (packet.pts - ticks[0]) * base > _PROBE_SECONDS:
                    break
    except (av.error.FFmpegError, OSError, SourceError):
        pass  # the frames keep their own times
    return base, [tick * base for tick in sorted(ticks)]
