"""Decodes HEIF pictures, such as the HEIC photos of phones, which are often stored in tiles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from uvanet.i18n import tr
from uvanet.sources.color_profile import icc_profile

HEIF_SUFFIXES = frozenset((".heic", ".heif", ".hif"))

# Brands of ISO/IEC 23008-12: pictures coded by HEVC, and pictures of any codec.
_HEVC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx")
_OPEN = (b"mif1", b"mif2", b"msf1")
_AV1 = (b"avif", b"avis")


def is_heif(head: bytes) -> bool:
    """Whether a file is a HEIF picture coded by HEVC, from its first 64 bytes."""
    return _brand(head) in _HEVC or (_brand(head) in _OPEN and not is_avif(head))


def is_avif(head: bytes) -> bool:
    """Whether a file is an AVIF picture, from its first 64 bytes."""
    size = int.from_bytes(head[:4], "big")
    compatible = head[16 : min(size, len(head))]
    return _brand(head) in _AV1 or (
        _brand(head) in _OPEN and any(brand in compatible for brand in _AV1)
    )


def decode_heif(data: NDArray[np.uint8]) -> NDArray[np.generic]:
    """Decodes the primary picture: its tiles joined, cropped and upright.

    The orientation is that of the container; an orientation in EXIF only repeats it
    (ISO/IEC 23000-22).

    Args:
        data: Content of the file, uint8, one dimension.

    Returns:
        BGR, BGRA or gray, shape (h, w, 3), (h, w, 4) or (h, w), uint8; gray of more than 8 bits is
        uint16.

    Raises:
        ValueError: The data is not a HEIF picture or damaged, or this build has no decoder.
    """
    try:
        # Imported at first use: with Pillow it takes 0.1 s, and few sessions need it.
        import pi_heif
    except ImportError:
        raise ValueError(tr("this build has no decoder for HEIC")) from None
    try:
        # PyAV gives the tiles without their places, and OpenCV cannot read HEVC.
        picture = pi_heif.open_heif(data.tobytes(), bgr_mode=True)
        image = np.ascontiguousarray(picture)
    except (EOFError, MemoryError, OSError, RuntimeError, SyntaxError, TypeError) as error:
        raise ValueError(str(error) or type(error).__name__) from None
    profile = icc_profile(picture.info.get("icc_profile") or b"")
    return image if profile is None else profile.to_srgb(image)


def _brand(head: bytes) -> bytes:
    return head[8:12] if head[4:8] == b"ftyp" else b""
