"""Runs Python in a process that the kernel kills at its first network socket.

    python tests/no_network.py ARGUMENTS OF PYTHON...

A filter of seccomp sees native code and child processes, too: FFmpeg, Qt, ONNX Runtime. Linux on
x86-64 or ARM64 only.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys

SOCKET = {"x86_64": (41, 0xC000003E), "aarch64": (198, 0xC00000B7)}
"""Number of the system call `socket`, and the audit architecture."""

_ALLOW, _KILL_PROCESS = 0x7FFF0000, 0x80000000
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_INET, _INET6, _PACKET = 2, 10, 17


def refuse_sockets() -> None:
    """Installs the filter in this process; every child inherits it."""
    number, architecture = SOCKET[platform.machine()]

    def step(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
        return struct.pack("<HBBI", code, yes, no, value)

    program = b"".join(
        (
            step(_LOAD, 4),  # the architecture
            step(_EQUAL, architecture, 0, 6),
            step(_LOAD, 0),  # the system call
            step(_EQUAL, number, 0, 4),
            step(_LOAD, 16),  # its first argument: the address family
            step(_EQUAL, _INET, 3),
            step(_EQUAL, _INET6, 2),
            step(_EQUAL, _PACKET, 1),
            step(_RETURN, _ALLOW),
            step(_RETURN, _KILL_PROCESS),
        )
    )
    buffer = ctypes.create_string_buffer(program)
    header = ctypes.create_string_buffer(
        struct.pack("@HP", len(program) // 8, ctypes.addressof(buffer))
    )
    library = ctypes.CDLL(None, use_errno=True)
    no_new_privileges, set_filter = 38, 22
    assert library.prctl(no_new_privileges, 1, 0, 0, 0) == 0
    assert library.prctl(set_filter, 2, ctypes.byref(header), 0, 0) == 0, ctypes.get_errno()


if __name__ == "__main__":
    refuse_sockets()
    os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
