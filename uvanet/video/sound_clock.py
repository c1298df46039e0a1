"""Keeps sound in step with the video where the clock of a stream jumps."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from uvanet.sources.clock_jumps import is_jump

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.audio.stream import AudioStream
    from av.packet import Packet


def on_continuous_clock(
    packets: Iterator[Packet[Any]], sound: AudioStream, frame_seconds: float
) -> Iterator[Packet[AudioStream]]:
    """Yields the packets of a sound track with times that go on behind each jump of the clock.

    The picture behind a jump follows the one before it, see `MediaReader`; its sound moves by as
    much. Sound may come before the first picture of its clock, and waits for it.

    Args:
        packets: Of the sound and the video track, in the order of the stream.
        sound: The sound track.
        frame_seconds: How long a picture is shown.
    """
    shifts = [0.0]  # by the clocks of the stream, in seconds
    clock = 0  # of the sound
    last_picture: float | None = None
    last_sound: float | None = None
    end = 0.0
    waiting: list[Packet[Any]] = []
    for packet in packets:
        if packet.pts is None or packet.time_base is None:
            if packet.stream is sound:
                yield packet
            continue
        at = float(packet.pts * packet.time_base)
        if packet.stream is sound:
            if last_sound is not None and is_jump(last_sound, at, ahead=True):
                clock += 1
            last_sound = at
            waiting.append(packet)
        else:
            if last_picture is not None and is_jump(last_picture, at, ahead=True):
                shifts.append(end - at)
            last_picture = at
            end = max(end, at + shifts[-1] + frame_seconds)
        if clock < len(shifts):
            for each in waiting:
                yield _moved(each, shifts[clock])
            waiting.clear()


def _moved(packet: Packet[Any], seconds: float) -> Packet[Any]:
    assert packet.pts is not None
    assert packet.time_base is not None
    packet.pts += round(Fraction(seconds) / packet.time_base)
    packet.dts = packet.pts
    return packet
