"""The time axis of a source, kept exactly.

A file states its times in ticks of its own; sources give them as seconds, and some containers round
them to a millisecond. Frames that follow a rate get that rate's exact times back, all others keep
their own, to the tick.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av.error

from uvanet.errors import SourceError
from uvanet.sources import SourceKind
from uvanet.sources.media_input import open_file, open_url
from uvanet.video.writer import exact_rate

if TYPE_CHECKING:
    from uvanet.sources import SourceInfo

FALLBACK_FPS = 25.0
"""Frame rate of a video made from a source without one."""

_PROBE_SECONDS = 60.0
_TIMEOUT_S = 15.0
_ROUNDING = Fraction(11, 10_000)  # of containers that count milliseconds
_USUAL_SCALE = 90_000
_FINEST_SCALE = 1_000_000


@dataclass(frozen=True, slots=True)
class Timing:
    """The time axis of a source.

    Attributes:
        rate: Nominal frames per second.
        scale: Ticks per second of the exported times.
        regular: Frames come at multiples of the rate's period.
    """

    rate: Fraction
    scale: int
    regular: bool

    @property
    def tick(self) -> Fraction:
        """The shortest step between two times, in seconds."""
        return Fraction(1, self.scale)

    def at(self, pts: float) -> Fraction:
        """The exact time of a frame, from its seconds since the source's start."""
        if self.regular:
            even = Fraction(round(pts * self.rate)) / self.rate
            if abs(even - Fraction(pts)) <= _ROUNDING:
                return even
        return Fraction(round(pts * self.scale), self.scale)


def timing_of(info: SourceInfo, path: Path | None = None) -> Timing:
    """Learns the time axis of an open source.

    Args:
        info: Of the source.
        path: The video file; its first minute's packets are read.
    """
    rate = exact_rate(info.fps if 0 < info.fps <= 1000 else FALLBACK_FPS)
    even = rate.numerator * -(-10_000 // rate.numerator)
    if info.live:
        return Timing(rate, _USUAL_SCALE, regular=False)
    if info.kind not in (SourceKind.VIDEO, SourceKind.NETWORK, SourceKind.DEMO):
        return Timing(rate, even, regular=True)
    base, times = _packet_times(path or info.spec)
    regular = all(
        abs(round((time - times[0]) * rate) / rate - (time - times[0])) <= _ROUNDING
        for time in times
    )
    if regular:
        return Timing(rate, even, regular=True)
    fits = base.numerator == 1 and base.denominator <= _FINEST_SCALE
    return Timing(rate, base.denominator if fits else _USUAL_SCALE, regular=False)


def _packet_times(source: str | Path) -> tuple[Fraction, list[Fraction]]:
    """Gives the length of a tick and the sorted times of the shown frames of the first minute."""
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
        pass  # the frames' own times decide
    return base, [tick * base for tick in sorted(ticks)]
