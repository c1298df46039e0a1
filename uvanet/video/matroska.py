"""Pictures with a time each, in the few elements of Matroska that readers need (RFC 9559).

A pipe of raw pictures has no times; in this form each has its own, to the nanosecond, so that a
variable rate reaches an encoder, and a file of JPEG pictures plays in every player.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fractions import Fraction

_UNKNOWN_LENGTH = b"\x01" + b"\xff" * 7


def header(
    size: tuple[int, int], rate: Fraction, *, raw: bool, seconds: float | None = None
) -> bytes:
    """The start of a file with one track.

    Args:
        size: (width, height) of the pictures in pixels.
        rate: Pictures a second on average; only a remark for readers.
        raw: The pictures are planar YUV 4:2:0 (I420); otherwise each is a JPEG file.
        seconds: How long it is, where that is known.
    """
    ebml = _element(
        0x1A45DFA3,
        _number(0x4286, 1)
        + _number(0x42F7, 1)
        + _number(0x42F2, 4)
        + _number(0x42F3, 8)
        + _element(0x4282, b"matroska")
        + _number(0x4287, 4)
        + _number(0x4285, 2),
    )
    facts = _number(0x2AD7B1, 1)  # times are in nanoseconds
    if seconds is not None:
        facts += _element(0x4489, struct.pack(">d", seconds * 1e9))
    facts += _element(0x4D80, b"uvanet") + _element(0x5741, b"uvanet")
    info = _element(0x1549A966, facts)
    picture = _number(0xB0, size[0]) + _number(0xBA, size[1])
    if raw:
        picture += _element(0x2EB524, b"I420")
    track = (
        _number(0xD7, 1)
        + _number(0x73C5, 1)
        + _number(0x83, 1)
        + _number(0x9C, 0)
        + _element(0x86, b"V_UNCOMPRESSED" if raw else b"V_MJPEG")
    )
    track += _number(0x23E383, round(1_000_000_000 / rate))
    tracks = _element(0x1654AE6B, _element(0xAE, track + _element(0xE0, picture)))
    return ebml + struct.pack(">I", 0x18538067) + _UNKNOWN_LENGTH + info + tracks


def picture_head(nanoseconds: int, length: int) -> bytes:
    """What stands before the bytes of one picture: a cluster of its own with its time.

    Args:
        nanoseconds: When the picture is shown, from the start.
        length: How many bytes follow.
    """
    time = _number(0xE7, nanoseconds)
    block = _id(0xA3) + _length(length + 4) + b"\x81\x00\x00\x80"
    return _id(0x1F43B675) + _length(len(time) + len(block) + length) + time + block


def _element(name: int, content: bytes) -> bytes:
    return _id(name) + _length(len(content)) + content


def _number(name: int, value: int) -> bytes:
    return _element(name, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


def _id(name: int) -> bytes:
    return name.to_bytes((name.bit_length() + 7) // 8, "big")


def _length(value: int) -> bytes:
    return (1 << 56 | value).to_bytes(8, "big")
