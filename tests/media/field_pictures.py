"""Writes H.264 as field pictures (PAFF), as camcorders do and no encoder of FFmpeg does.

Bit by bit: each field is a picture of its own whose macroblocks are plain samples (I_PCM).
Syntax: ITU-T H.264, 7.3.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import corpus

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

SIZE = (192, 96)
_GOP = 10
_MAIN, _LEVEL = 77, 30
_I_PCM = 25
_I_SLICE = 7
_SPS, _PPS, _IDR, _OTHER = 0x67, 0x68, 0x65, 0x61


class _Bits:
    """Collects the bits of one NAL unit."""

    def __init__(self) -> None:
        self._bits: list[str] = []

    def u(self, count: int, *values: int) -> None:
        """Adds numbers of so many bits."""
        self._bits += [format(value, f"0{count}b") for value in values]

    def ue(self, *values: int) -> None:
        """Adds unsigned Exp-Golomb codes; signed ones of 0 are the same."""
        for value in values:
            code = format(value + 1, "b")
            self._bits.append("0" * (len(code) - 1) + code)

    def samples(self, data: bytes) -> None:
        """Adds bytes at the next whole byte."""
        self._bits.append("0" * (-sum(map(len, self._bits)) % 8))
        self._bits.append(format(int.from_bytes(data), f"0{8 * len(data)}b"))

    def nal(self, header: int) -> bytes:
        """The unit with start code, stop bit and emulation prevention."""
        text = "".join(self._bits) + "1"
        text += "0" * (-len(text) % 8)
        data = int(text, 2).to_bytes(len(text) // 8)
        return bytes([0, 0, 0, 1, header]) + re.sub(rb"\0\0(?=[\0-\3])", b"\0\0\3", data)


def _headers() -> bytes:
    width, height = SIZE
    sps = _Bits()
    sps.u(8, _MAIN, 0, _LEVEL)
    sps.ue(0, 4, 0, 4, 1)  # 8 bits of frame_num and of the order count, one reference frame
    sps.u(1, 0)
    sps.ue(width // 16 - 1, height // 32 - 1)
    sps.u(1, 0, 0, 1, 0)  # fields are allowed, not by macroblock; no cropping
    sps.u(1, 1, 0, 0, 0, 0, 1)
    sps.u(32, 1, 2 * corpus.RATE)
    sps.u(1, 1, 0, 0, 0, 0)
    pps = _Bits()
    pps.ue(0, 0)
    pps.u(1, 0, 0)
    pps.ue(0, 0, 0)
    pps.u(1, 0, 0, 0)
    pps.ue(0, 0, 0)
    pps.u(1, 1, 0, 0)
    return sps.nal(_SPS) + pps.nal(_PPS)


def _field(luma: np.ndarray, number: int, *, bottom: bool) -> bytes:
    whole = number % _GOP == 0 and not bottom
    bits = _Bits()
    bits.ue(0, _I_SLICE, 0)
    bits.u(8, number % _GOP)
    bits.u(1, 1, bottom)
    if whole:
        bits.ue(number // _GOP % 2)
    bits.u(8, 2 * (number % _GOP) + bottom)
    bits.u(1, *([0, 0] if whole else [0]))
    bits.ue(0, 1)  # no deblocking
    for top in range(0, luma.shape[0], 16):
        for left in range(0, luma.shape[1], 16):
            bits.ue(_I_PCM)
            bits.samples(luma[top : top + 16, left : left + 16].tobytes() + bytes([128]) * 128)
    return bits.nal(_IDR if whole else _OTHER)


def write(path: Path, *, packet_per_field: bool) -> Path:
    """Writes an MPEG transport stream of `corpus.FRAMES` numbered frames, 25 a second."""
    with av.open(str(path), "w", format="mpegts") as out:
        stream = out.add_mux_stream("h264", Fraction(corpus.RATE), width=SIZE[0], height=SIZE[1])
        for number in range(corpus.FRAMES):
            luma = corpus.numbered(number, SIZE)[..., 0]
            fields = [_field(luma[bottom::2], number, bottom=bool(bottom)) for bottom in (0, 1)]
            if number % _GOP == 0:
                fields[0] = _headers() + fields[0]
            parts = fields if packet_per_field else [b"".join(fields)]
            for index, data in enumerate(parts):
                packet = av.Packet(data)
                packet.stream, packet.time_base = stream, Fraction(1, 2 * corpus.RATE)
                packet.pts = packet.dts = 2 * number + index
                packet.is_keyframe = number % _GOP == 0 and index == 0
                out.mux(packet)
    return path


def copy(source: Path, target: Path) -> Path:
    """Copies the packets into another container, as people do with a camcorder's files."""
    with av.open(str(source)) as media, av.open(str(target), "w") as out:
        stream = out.add_stream_from_template(media.streams.video[0])
        for packet in media.demux():
            if packet.size:
                packet.stream = stream
                packet.dts = packet.pts if packet.dts is None else packet.dts
                out.mux(packet)
    return target
