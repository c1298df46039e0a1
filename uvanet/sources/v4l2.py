"""Lists the pixel formats of a camera on Linux, which OpenCV does not."""

from __future__ import annotations

import struct

# struct v4l2_fmtdesc: index, type, flags, description, pixelformat, mbus_code, reserved
_DESCRIPTION = struct.Struct("=3I32s4s16x")
_ENUM_FMT = 0xC0405602
_SINGLE_PLANE, _SEVERAL_PLANES = 1, 9  # V4L2_BUF_TYPE_VIDEO_CAPTURE and its _MPLANE
_MOST = 64  # formats; a driver at fault may list formats without end

READABLE = (
    *("BGR3", "RGB3", "YV12", "YU12", "411P", "YUYV", "UYVY", "NV12", "NV21", "BA81", "GBRG"),
    *("GRBG", "XR24", "AR24", "S910", "MJPG", "JPEG", "Y16", "Y12", "Y10", "GREY"),
)
"""The formats that OpenCV converts to BGR, as FourCC codes."""


def pixel_formats(handle: int) -> list[str]:
    """Lists the FourCC codes of a camera's formats, such as "MJPG".

    Args:
        handle: An open file descriptor of the device.

    Returns:
        The codes without spaces at the end; empty if the driver does not list them.
    """
    from fcntl import ioctl  # not on Windows

    codes = []
    for kind in (_SINGLE_PLANE, _SEVERAL_PLANES):
        for index in range(_MOST):
            request = _DESCRIPTION.pack(index, kind, 0, b"", b"")
            try:
                answer = ioctl(handle, _ENUM_FMT, request)
            except OSError:
                break
            code = bytes(byte & 0x7F for byte in _DESCRIPTION.unpack(answer)[4])
            codes.append(code.decode("ascii").strip())
    return list(dict.fromkeys(codes))
