"""Groups of pictures: the frames from one key frame to the next."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av

if TYPE_CHECKING:
    from av.video.stream import VideoStream

# Frames closer than this count as of one group where the track has no index.
_NEAR_S = 1.0


def is_same_group(track: VideoStream, zero: Fraction, earlier: float, later: float) -> bool:
    """Whether no key frame lies between two times, by the index of the track.

    Args:
        track: The track.
        zero: Seconds of the first frame on the clock of the container.
        earlier: Seconds since the first frame.
        later: As `earlier`, not before it.
    """
    base = track.time_base or Fraction(1, av.time_base)

    def seconds(timestamp: int) -> float:
        return float(timestamp * base - zero)

    entries = track.index_entries
    if not len(entries) or seconds(entries[-1].timestamp) < later:
        return later - earlier < _NEAR_S  # the index is not known so far
    key = entries.search_timestamp(int((zero + Fraction(later)) / base))
    # An index has times of decoding, a few frames before those of showing.
    return key >= 0 and seconds(entries[key].timestamp) <= earlier
