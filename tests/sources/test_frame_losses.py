"""What counts as a loss, judged packet by packet with real packets and a real decoder."""

from __future__ import annotations

from fractions import Fraction

import av
import av.error
import numpy as np
import pytest

from uvanet.sources.frame_losses import LossDetector
from uvanet.sources.media_input import Damage

RATE = 25
COUNT = 30
INCOMPLETE, WITH_ERRORS = "incomplete", "decoded with errors"


def packets(codec: str = "mpeg2video") -> list[av.Packet]:
    """A key frame each: any packet can be decoded alone."""
    pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    encoder = av.CodecContext.create(codec, "w")
    encoder.width, encoder.height, encoder.pix_fmt = 160, 96, pix_fmt
    encoder.time_base, encoder.framerate, encoder.gop_size = Fraction(1, RATE), RATE, 0
    noise = np.random.default_rng(1)
    made = []
    for number in range(COUNT):
        image = noise.integers(0, 255, (96, 160, 3), np.uint8)
        frame = av.VideoFrame.from_ndarray(image, "rgb24").reformat(format=pix_fmt)
        frame.pts, frame.time_base = number, Fraction(1, RATE)
        made += encoder.encode(frame)
    return made + encoder.encode(None)


def moved(packet: av.Packet, seconds: float) -> av.Packet:
    """The packet, later."""
    packet.pts = packet.dts = packet.pts + round(seconds * RATE)
    return packet


def damaged(packet: av.Packet) -> av.Packet:
    """The packet with a hole in its data."""
    data = bytearray(bytes(packet))
    data[len(data) // 2 : len(data) // 2 + 200] = bytes(200)
    return like(packet, bytes(data))


def unreadable(packet: av.Packet) -> av.Packet:
    """The packet with nothing but zeros."""
    return like(packet, bytes(100))


def like(packet: av.Packet, data: bytes) -> av.Packet:
    other = av.Packet(data)
    other.pts, other.dts, other.time_base = packet.pts, packet.dts, packet.time_base
    return other


def judge(track: list[av.Packet], codec: str = "mpeg2video") -> tuple[Damage, LossDetector]:
    """Decodes a track with the detector beside it; the position is that of the packet."""
    damage = Damage()
    losses = LossDetector(damage)
    decoder = av.CodecContext.create(codec, "r")
    decoder.thread_count = 1
    for packet in [*track, av.Packet()]:
        position = float((packet.pts or 0) * (packet.time_base or 0))
        losses.saw_packet(packet, position)
        try:
            frames = decoder.decode(packet)
        except av.error.FFmpegError as error:
            losses.failed(packet, error, position)
            continue
        for frame in frames:
            losses.saw_frame(frame, position)
    return damage, losses


def test_whole_packets_are_no_loss() -> None:
    assert judge(packets())[0] == Damage()


def test_a_frame_with_errors_is_a_loss_once_a_packet_follows() -> None:
    track = packets()
    track[10] = damaged(track[10])
    damage, _ = judge(track)
    assert damage.count == 1
    assert damage.reasons == {WITH_ERRORS}
    assert damage.first == pytest.approx(10 / RATE, abs=1.5 / RATE)


def test_the_last_frame_may_be_incomplete() -> None:
    track = packets()
    track[-1] = damaged(track[-1])
    assert judge(track)[0] == Damage()


def test_an_incomplete_packet_far_from_a_jump_is_a_loss() -> None:
    track = packets()
    track[12].is_corrupt = True
    damage, _ = judge(track)
    assert (damage.count, damage.reasons) == (1, {INCOMPLETE})
    assert damage.first == pytest.approx(12 / RATE)


@pytest.mark.parametrize("place", [1, 8])
def test_an_incomplete_packet_at_the_start_is_none(place: int) -> None:
    track = packets()
    track[place].is_corrupt = True
    assert judge(track)[0] == Damage()


@pytest.mark.parametrize("place", [14, 15, 16, 22])
@pytest.mark.parametrize("jump", [-100.0, 11.0, 3600.0])
def test_an_incomplete_packet_near_a_jump_is_none(place: int, jump: float) -> None:
    track = packets()
    track[15:] = [moved(packet, jump) for packet in track[15:]]
    track[place].is_corrupt = True
    assert judge(track)[0] == Damage()


def test_a_gap_within_a_recording_is_no_jump() -> None:
    track = packets()
    track[15:] = [moved(packet, 9.0) for packet in track[15:]]
    track[16].is_corrupt = True
    assert judge(track)[0].reasons == {INCOMPLETE}


def test_an_incomplete_packet_that_gives_a_frame_with_errors_counts_once() -> None:
    track = packets()
    track[12] = damaged(track[12])
    track[12].is_corrupt = True
    assert judge(track)[0].count == 1


def test_packets_that_cannot_be_decoded_are_counted_and_end_it() -> None:
    good = packets("mjpeg")  # the decoder of MPEG-2 passes over anything
    bad = unreadable(good[10])
    some, losses = judge([*good[:10], *[bad] * 200], "mjpeg")
    assert some.count == 200
    assert some.first == pytest.approx(10 / RATE)
    assert not losses.hopeless
    assert judge([*good[:10], *[bad] * 201], "mjpeg")[1].hopeless
    assert not judge([*[bad] * 150, good[1], *[bad] * 150], "mjpeg")[1].hopeless
