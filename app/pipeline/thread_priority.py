"""Priority of threads: background work gives way to the live view."""

from __future__ import annotations

import contextlib
import os
import sys
import threading

_NICENESS = 5  # gives way, but still makes progress on a busy machine
_WINDOWS_BELOW_NORMAL = -1
_MACOS_UTILITY = 0x11


def lower_priority() -> None:
    """Lowers the priority of the calling thread, and of threads that it starts, where possible."""
    if sys.platform == "linux":
        # On Linux each thread has its own niceness.
        thread = threading.get_native_id()
        with contextlib.suppress(OSError):
            niceness = os.getpriority(os.PRIO_PROCESS, thread) + _NICENESS
            os.setpriority(os.PRIO_PROCESS, thread, niceness)
    elif sys.platform == "win32":
        import ctypes

        kernel = ctypes.WinDLL("kernel32")
        kernel.GetCurrentThread.restype = ctypes.c_void_p
        kernel.SetThreadPriority(ctypes.c_void_p(kernel.GetCurrentThread()), _WINDOWS_BELOW_NORMAL)
    elif sys.platform == "darwin":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).pthread_set_qos_class_self_np(_MACOS_UTILITY, 0)
