"""Measures a broadcast or a DVD file whose clock jumps, such as recordings that were joined.

FFmpeg states the difference of the first and the last time stamp, which may be any number then.
"""

from __future__ import annotations

import itertools
import statistics
from typing import TYPE_CHECKING

import av.error

from uvanet.sources.clock_jumps import is_jump

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from av.video.stream import VideoStream

    from uvanet.sources.media_input import MediaInput

_FORMATS = ("mpegts", "mpeg")
_PIECES = 8
_READ_BYTES = 1 << 19  # pieces of this size are read as a whole
_MAX_PROBES = 300
# A piece is taken for continuous if its bit rate is the usual one within this factor.
_FACTOR, _SLACK_S = 4.0, 1.0


def jumping_duration(
    media: MediaInput, reopen: Callable[[], MediaInput], fps: float
) -> float | None:
    """The duration without the jumps of the clock, seconds; None if the clock does not jump.

    Reads a few places of the file, and more around each jump.

    Args:
        media: The open file.
        reopen: Opens it once more.
        fps: Frames per second.
    """
    if media.file is None or media.container.format.name not in _FORMATS:
        return None
    try:
        with reopen() as second:
            if second.video is None:
                return None
            scan = _Scan(second, second.video, 1.0 / fps)
            duration = scan.duration()
    except (av.error.FFmpegError, OSError):
        return None
    return duration if scan.jumped else None


class _Scan:
    def __init__(self, media: MediaInput, track: VideoStream, step: float) -> None:
        self.jumped = False
        self._media = media
        self._track = track
        self._step = step
        self._times: dict[int, float | None] = {}
        self._seconds_per_byte = 0.0

    def duration(self) -> float:
        size = self._media.container.size
        end = max(0, size - _READ_BYTES)
        places = [end * index // _PIECES for index in range(_PIECES + 1)]
        rates = [self._read(place, place + _READ_BYTES) / _READ_BYTES for place in places]
        self._seconds_per_byte = statistics.median(rates)
        pieces = itertools.pairwise(places)
        return sum(self._piece(*piece) for piece in pieces) + self._read(end, size) + self._step

    def _piece(self, low: int, high: int) -> float:
        """Seconds from the first packet behind one place to that behind another."""
        if high <= low:
            return 0.0
        if high - low <= _READ_BYTES:
            return self._read(low, high)
        earlier, later = self._time(low), self._time(high)
        expected = (high - low) * self._seconds_per_byte
        if earlier is not None and later is not None:
            seconds = later - earlier
            if expected / _FACTOR - _SLACK_S <= seconds <= expected * _FACTOR + _SLACK_S:
                return max(0.0, seconds)
        if len(self._times) > _MAX_PROBES:
            return expected
        middle = (low + high) // 2
        return self._piece(low, middle) + self._piece(middle, high)

    def _time(self, place: int) -> float | None:
        """Time of the first packet behind a place."""
        if place not in self._times:
            self._times[place] = next((time for time, _ in self._packets(place)), None)
        return self._times[place]

    def _read(self, low: int, high: int) -> float:
        """Like `_piece`, packet by packet."""
        total, last = 0.0, None
        for time, place in self._packets(low):
            if last is not None:
                if is_jump(last, time, ahead=True):
                    self.jumped = True
                    total += self._step
                else:
                    total += time - last
            if place >= high:
                break
            last = time
        return total

    def _packets(self, place: int) -> Iterator[tuple[float, int]]:
        """Times of decoding, seconds, and places of the video packets behind a place."""
        self._media.container.seek(place, unsupported_byte_offset=True, stream=self._track)
        for packet in self._media.packets(self._track):
            if packet.dts is not None and packet.time_base is not None and packet.size:
                yield float(packet.dts * packet.time_base), packet.pos or 0
