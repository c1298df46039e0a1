"""Gives memory that was freed back to the system."""

from __future__ import annotations

import ctypes
import sys

from PySide6.QtCore import QObject, QTimer

_INTERVAL_MS = 10_000
_M_MMAP_THRESHOLD = -3  # of malloc.h
_MAPPED_BYTES = 1 << 20


class HeapTrimmer(QObject):
    """Trims the heap at intervals; does nothing where the C library is not glibc.

    glibc keeps what a thread has freed for that thread. After the measurement of the models, the
    thumbnails or a scan of a clip that is 10 to 20 MB. A call takes 0.5 ms, or 0.02 ms where
    nothing was freed.

    Blocks of 1 MiB and more, which are pictures, are mapped one by one and go back at once. By
    default glibc raises that size to the largest block freed so far, and the live view of a 720p
    video keeps 4 MB more.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        libc = ctypes.CDLL(None) if sys.platform == "linux" else None
        # Other C libraries do not have both functions.
        trim, tune = getattr(libc, "malloc_trim", None), getattr(libc, "mallopt", None)
        if trim is not None and tune is not None:
            tune(_M_MMAP_THRESHOLD, _MAPPED_BYTES)
            timer = QTimer(self)
            timer.timeout.connect(lambda: trim(0))
            timer.start(_INTERVAL_MS)
