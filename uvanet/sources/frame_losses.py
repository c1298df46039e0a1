"""Counts the lost packets and frames of a video track among those that FFmpeg flags as damaged.

FFmpeg also flags packets near the joint of two recordings, and the last picture of a recording that
was stopped in the middle of the picture. Only certain losses are counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from uvanet.sources.media_input import reason

if TYPE_CHECKING:
    from av.error import FFmpegError
    from av.packet import Packet
    from av.video.frame import VideoFrame

    from uvanet.sources.media_input import Damage

_MAX_ERRORS_IN_A_ROW = 200
_MAX_GAP_S = 10.0  # between packets of one recording
_WITH_ERRORS = "decoded with errors"
_NEAR_A_JUMP = 8  # packets; parsers flag a packet shortly before a jump of the clock


class _Incomplete(NamedTuple):
    """An incomplete packet: number of packets since a jump, and position in the video, seconds."""

    run: int
    position: float


class LossDetector:
    """Counts the losses of one pass over a track.

    Call `saw_packet` before a packet is decoded, then `failed` or, for each of its frames,
    `saw_frame`.

    Args:
        damage: Receives the losses.
        segments: Whether the track comes in segments of whole frames, of which some may be missing.
        exact: Whether packets state exactly for how long they are shown.
        jumped: Whether the pass begins after a jump. In a broadcast that may be between two key
            frames; what cannot be decoded up to the next one is no loss.
    """

    def __init__(
        self,
        damage: Damage,
        *,
        segments: bool = False,
        exact: bool = False,
        jumped: bool = False,
    ) -> None:
        self._damage = damage
        self._segments = segments
        self._exact = exact
        self._decodable = not jumped
        self._adjoin = True  # whether each packet so far began where the one before ended
        self._previous: Packet[Any] | None = None
        self._step: float | None = None  # seconds between the last two packets
        self._run = 0  # packets since the clock jumped
        self._errors = 0  # packets in a row that could not be decoded
        self._incomplete: dict[int | None, _Incomplete] = {}  # by time stamps
        self._inter = False  # whether frames depend on others, so that a key frame is a start
        self._last: int | None = None  # time stamp of the last packet with data
        # Positions of the last packet's frames with errors; they are losses if a packet follows.
        self._unsure: list[float] = []

    @property
    def hopeless(self) -> bool:
        """Whether so many packets in a row failed that decoding should end."""
        return self._errors > _MAX_ERRORS_IN_A_ROW

    def saw_packet(self, packet: Packet[Any], position: float, *, hole: bool = False) -> None:
        """Takes the next packet; an incomplete one is a loss if no jump of the clock is near.

        Args:
            packet: A packet that is not decoded yet.
            position: Seconds of the last frame since the first one.
            hole: Whether the container holds bytes before the packet that belong to no packet. It
                is a loss where a frame is missing in time, too.
        """
        step = _step(self._previous, packet)
        whole = self._step is not None and step is not None and step <= 1.5 * self._step
        if _is_same_clock(step):
            self._run += 1
        else:
            # FFmpeg flags intact packets where two recordings are joined, and where a recording
            # begins in the middle of a picture.
            self._run = 0
            self._incomplete.clear()
        if step and self._step and self._run and step > 2.5 * self._step:
            gap = packet.is_keyframe and not _adjoins(self._previous, step)
            skipped = gap and self._segments and (self._exact or self._adjoin)
            if hole or skipped or any(self._run - at.run <= 2 for at in self._incomplete.values()):
                self._count_missing(round(step / self._step) - 1, position)
        elif not _adjoins(self._previous, step):
            self._adjoin = False
        self._previous, self._step = packet, step
        if packet.size:
            self._decodable = self._decodable or packet.is_keyframe
            if packet.is_keyframe and self._inter and whole:
                # Recordings that were joined on one clock: the count of packets starts anew, for
                # which FFmpeg flags one of the two packets before. No frame is missing.
                self._forget_last_incomplete()
            self._inter = self._inter or not packet.is_keyframe
            self._last = packet.pts
            while self._unsure:
                self._damage.add(self._unsure.pop(0), _WITH_ERRORS)
        if packet.is_corrupt and self._run > _NEAR_A_JUMP:
            self._incomplete[packet.pts] = _Incomplete(self._run, position)
        certain = [pts for pts, at in self._incomplete.items() if self._run - at.run > _NEAR_A_JUMP]
        for pts in certain:
            self._damage.add(self._incomplete.pop(pts).position, "incomplete")

    def _count_missing(self, count: int, position: float) -> None:
        for _ in range(count):
            self._damage.add(position, "missing")
        if self._segments:
            self._forget_last_incomplete()  # FFmpeg flags a packet before a missing segment

    def _forget_last_incomplete(self) -> None:
        """Removes the last packets, of which FFmpeg flagged one although it is whole."""
        self._incomplete = {
            pts: at for pts, at in self._incomplete.items() if self._run - at.run > 2
        }

    def saw_frame(self, frame: VideoFrame, position: float) -> None:
        """Takes a decoded frame; see `saw_packet`."""
        self._errors = 0
        if not frame.is_corrupt:
            return
        self._incomplete.pop(frame.pts, None)  # counted once
        if frame.pts == self._last:
            self._unsure.append(position)
        else:
            self._damage.add(position, _WITH_ERRORS)

    def failed(self, packet: Packet[Any], error: FFmpegError, position: float) -> None:
        """Takes a packet that could not be decoded."""
        self._incomplete.pop(packet.pts, None)  # counted once
        self._errors += 1
        if self._decodable:
            self._damage.add(position, reason(error))


def _step(earlier: Packet[Any] | None, later: Packet[Any]) -> float | None:
    """Seconds between the decoding of two neighboring packets; None if unknown."""
    if earlier is None or earlier.dts is None or later.dts is None or later.time_base is None:
        return None
    return float((later.dts - earlier.dts) * later.time_base)


def _adjoins(earlier: Packet[Any] | None, step: float | None) -> bool:
    """Whether the packet after `step` seconds begins where the earlier one ends."""
    if earlier is None or step is None or not earlier.duration or earlier.time_base is None:
        return True
    duration = float(earlier.duration * earlier.time_base)
    return abs(step - duration) <= 0.5 * duration


def _is_same_clock(step: float | None) -> bool:
    """Whether two neighboring packets belong to one recording, by the seconds between them."""
    return step is not None and 0 <= step < _MAX_GAP_S
