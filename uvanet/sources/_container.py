"""Whether a video file was cut off, read from the sizes its container states.

Only lengths are read, never the index: a few bytes per top-level part of the file.
"""

from __future__ import annotations

import enum
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO


class Wholeness(enum.Enum):
    """What the container's own sizes say about a file."""

    WHOLE = enum.auto()
    CUT = enum.auto()
    NO_INDEX = enum.auto()
    UNKNOWN = enum.auto()


def wholeness(path: Path) -> Wholeness:
    """Compares the sizes stated in a file with the file's own.

    Returns:
        `CUT` where a part is said to reach past the end of the file, `NO_INDEX` for an mp4 or
        mov without its `moov` box (no player can open it), `UNKNOWN` for containers that
        state no size, such as mpeg-ts.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        file.seek(0)
        if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"):
            return _mp4(file, size)
        if head[:4] == b"\x1a\x45\xdf\xa3":
            return _matroska(file, size)
        if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
            stated = 8 + int.from_bytes(head[4:8], "little")
            return Wholeness.CUT if stated > size else Wholeness.WHOLE
    return Wholeness.UNKNOWN


def _mp4(file: BinaryIO, size: int) -> Wholeness:
    """Walks the top-level boxes (ISO/IEC 14496-12): a size, a type, the content."""
    at, index, cut = 0, False, False
    while at + 8 <= size:
        file.seek(at)
        header = file.read(16)
        length = int.from_bytes(header[:4], "big")
        if length == 1:
            length = int.from_bytes(header[8:16], "big")
        elif length == 0:
            length = size - at
        if length < 8:
            break
        at += length
        cut = at > size
        index = index or (header[4:8] == b"moov" and not cut)
    if not index:
        return Wholeness.NO_INDEX
    return Wholeness.CUT if cut else Wholeness.WHOLE


def _matroska(file: BinaryIO, size: int) -> Wholeness:
    """Reads the length of the one segment that follows the EBML header (RFC 8794)."""
    file.seek(4)
    header = _variable_length(file)
    if header is None:
        return Wholeness.UNKNOWN
    file.seek(header, os.SEEK_CUR)
    if file.read(4) != b"\x18\x53\x80\x67":
        return Wholeness.UNKNOWN
    segment = _variable_length(file)
    if segment is None:
        return Wholeness.UNKNOWN
    return Wholeness.CUT if file.tell() + segment > size else Wholeness.WHOLE


def _variable_length(file: BinaryIO) -> int | None:
    """Reads an EBML size; None where it is missing or stands for "unknown"."""
    first = file.read(1)
    if not first or first[0] == 0:
        return None
    extra = 8 - first[0].bit_length()
    marker = 0x80 >> extra
    rest = file.read(extra)
    if len(rest) < extra:
        return None
    value = int.from_bytes(bytes([first[0] - marker]) + rest, "big")
    return None if value == (1 << (7 * (extra + 1))) - 1 else value
