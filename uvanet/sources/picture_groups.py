"""Groups of pictures: the frames from one key frame to the next."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av

if TYPE_CHECKING:
    from av.video.stream import VideoStream

# Without an index, frames closer than this count as one group.
_NEAR_S = 1.0


def is_same_group(track: VideoStream, zero: Fraction, earlier: float, later: float) -> bool:
    """Whether no key frame lies between two times, by the index of the track.

    Args:
        track: The track.
        zero: Time of the first frame on the container's clock, seconds.
        earlier: Seconds since the first frame.
        later: Seconds since the first frame, at least `earlier`.
    """
    base = track.time_base or Fraction(1, av.time_base)

    def seconds(timestamp: int) -> float:
        return float(timestamp * base - zero)

    entries = track.index_entries
    if not len(entries) or seconds(entries[-1].timestamp) < later:
        return later - earlier < _NEAR_S  # the index does not reach to `later`
    key = entries.search_timestamp(int((zero + Fraction(later)) / base))
    # An index has decoding times, which are a few frames before the presentation times.
    return key >= 0 and seconds(entries[key].timestamp) <= earlier
