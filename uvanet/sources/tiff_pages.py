"""Finds the pages of a TIFF that are no pictures of their own (TIFF 6.0; BigTIFF)."""

from __future__ import annotations

import struct

_NEW_SUBFILE_TYPE = 254
_REDUCED, _MASK = 1, 4  # a thumbnail or a level of a pyramid; a transparency mask
_MAX_PAGES = 10_000


def hidden_pages(data: bytes | memoryview) -> set[int]:
    """Indices of the thumbnails, reduced copies and masks among the pages of a TIFF.

    Args:
        data: The file. Behind damage, no page is hidden.
    """
    order = "<" if data[:2] == b"II" else ">"
    big = data[2:4] in (b"+\0", b"\0+")
    offset, number = (order + "Q", order + "Q") if big else (order + "I", order + "H")
    # Tag, type, count and value; a value of 32 bits fills the first bytes of its field.
    entry = struct.Struct(order + ("HHQI4x" if big else "HHII"))
    hidden: set[int] = set()
    try:
        (place,) = struct.unpack_from(offset, data, 8 if big else 4)
        for page in range(_MAX_PAGES):
            if not place:
                break
            (count,) = struct.unpack_from(number, data, place)
            first = place + struct.calcsize(number)
            last = -1
            for index in range(count):
                tag, _, _, value = entry.unpack_from(data, first + index * entry.size)
                if not last < tag <= _NEW_SUBFILE_TYPE:  # tags are sorted, unless damaged
                    break
                last = tag
                if tag == _NEW_SUBFILE_TYPE and value & (_REDUCED | _MASK):
                    hidden.add(page)
            (place,) = struct.unpack_from(offset, data, first + count * entry.size)
    except struct.error:
        pass
    return hidden
