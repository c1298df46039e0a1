"""When the frames of a file are shown, kept exactly.

A file states its times in ticks of its own; sources give them as seconds, some containers round
them to a millisecond. Frames that follow a rate get that rate's exact times back, all others keep
their own, to the tick.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from uvanet.sources import SourceKind, input_name, probe
from uvanet.video.writer import exact_rate

if TYPE_CHECKING:
    from uvanet.sources import SourceInfo

FALLBACK_FPS = 25.0
"""Of a video made from a source without a frame rate."""

_LOOK_SECONDS = 60.0
_ROUNDING = Fraction(11, 10_000)  # of containers that count milliseconds
_USUAL_SCALE = 90_000
_FINEST_SCALE = 1_000_000


@dataclass(frozen=True, slots=True)
class Timing:
    """The time axis of a source.

    Attributes:
        rate: Frames a second, nominally.
        scale: Ticks a second of the times given out.
        regular: Frames come at multiples of the rate's period.
        offset: Seconds on the file's own clock at which the first picture is shown; its sound
            may start earlier.
    """

    rate: Fraction
    scale: int
    regular: bool
    offset: float = 0.0

    @property
    def tick(self) -> Fraction:
        """The shortest step between two times."""
        return Fraction(1, self.scale)

    def at(self, pts: float) -> Fraction:
        """The exact time of a frame, from its seconds since the source's start."""
        if self.regular:
            even = Fraction(round(pts * self.rate)) / self.rate
            if abs(even - Fraction(pts)) <= _ROUNDING:
                return even
        return Fraction(round(pts * self.scale), self.scale)


def timing_of(info: SourceInfo) -> Timing:
    """Learns the time axis of an open source; of a file by reading its first minute's times."""
    rate = exact_rate(info.fps if 0 < info.fps <= 1000 else FALLBACK_FPS)
    even = rate.numerator * -(-10_000 // rate.numerator)
    if info.live:
        return Timing(rate, _USUAL_SCALE, regular=False)
    if info.kind not in (SourceKind.VIDEO, SourceKind.NETWORK):
        return Timing(rate, even, regular=True)
    base, times = _picture_times(info.spec)
    if not times:
        return Timing(rate, even, regular=True)
    first = times[0]
    offset = float(first) - probe(info.spec).start
    regular = all(
        abs(round((time - first) * rate) / rate - (time - first)) <= _ROUNDING for time in times
    )
    if regular:
        return Timing(rate, even, regular=True, offset=offset)
    fits = base.numerator == 1 and base.denominator <= _FINEST_SCALE
    return Timing(rate, base.denominator if fits else _USUAL_SCALE, regular=False, offset=offset)


def _picture_times(spec: str) -> tuple[Fraction, list[Fraction]]:
    """The length of a tick and the sorted times of the pictures in a clip's first minute."""
    import imageio_ffmpeg

    try:
        done = subprocess.run(
            [
                *(imageio_ffmpeg.get_ffmpeg_exe(), "-v", "quiet", "-nostdin", "-copyts"),
                *("-i", input_name(spec), "-map", "0:v:0", "-c", "copy"),
                *("-t", str(_LOOK_SECONDS), "-f", "framecrc", "-"),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_LOOK_SECONDS,
            check=False,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except (OSError, RuntimeError, subprocess.TimeoutExpired):
        return Fraction(0), []
    base, ticks = Fraction(0), []
    for line in done.stdout.splitlines():
        if line.startswith("#tb 0:"):
            base = Fraction(line.split(":", 1)[1].strip())
        elif line and not line.startswith("#"):
            ticks.append(int(line.split(",")[2]))
    return base, [tick * base for tick in sorted(ticks)]
