"""Detects jumps in the clock of a stream, such as between recordings that were joined."""

from __future__ import annotations

# Packets are stored in the order of decoding, so that times go back a little.
_MAX_BACK_S = 1.0
# As FFmpeg's own programs allow. No picture of a broadcast is shown for longer.
_MAX_AHEAD_S = 10.0


def is_jump(before: float, now: float, *, ahead: bool) -> bool:
    """Whether two neighbors of one track are of different clocks.

    Args:
        before: Seconds of the earlier one.
        now: Seconds of the later one.
        ahead: The format is one of streams, whose clock jumps ahead as well as back; in other
            formats a long step is a picture that is shown for long.
    """
    return now < before - _MAX_BACK_S or (ahead and now > before + _MAX_AHEAD_S)
