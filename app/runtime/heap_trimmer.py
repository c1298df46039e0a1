"""Returns freed memory to the system."""

from __future__ import annotations

import ctypes
import sys

from PySide6.QtCore import QObject, QTimer

_INTERVAL_MS = 10_000
_M_MMAP_THRESHOLD = -3  # of malloc.h
_MAPPED_BYTES = 1 << 20


class HeapTrimmer(QObject):
    """Trims the heap at intervals; does nothing where the C library is not glibc.

    glibc keeps memory that a thread has freed for later use by that thread: 10 to 20 MB after the
    models were measured, thumbnails were decoded or a clip was scanned. A call takes 0.5 ms, or
    0.02 ms where nothing was freed.

    Blocks of 1 MiB and more, such as pictures, are mapped one by one and returned at once. By
    default, glibc raises this limit to the size of the largest block freed so far; the live view
    of a 720p video would keep 4 MB more.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        libc = ctypes.CDLL(None) if sys.platform == "linux" else None
        # Other C libraries lack one of the functions or both.
        trim, tune = getattr(libc, "malloc_trim", None), getattr(libc, "mallopt", None)
        if trim is not None and tune is not None:
            tune(_M_MMAP_THRESHOLD, _MAPPED_BYTES)
            timer = QTimer(self)
            timer.timeout.connect(lambda: trim(0))
            timer.start(_INTERVAL_MS)
