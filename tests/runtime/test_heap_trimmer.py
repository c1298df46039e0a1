"""Memory goes back to the system."""

import ctypes
import subprocess
import sys
import threading

import psutil
import pytest
from PySide6.QtCore import QTimer

from app.runtime.heap_trimmer import HeapTrimmer

BLOCK, BLOCKS = 100_000, 500
PICTURE, PICTURES = 2 << 20, 20

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "malloc_trim"),
    reason="only glibc keeps freed memory",
)


def test_what_a_thread_has_freed_goes_back_at_the_next_interval(qapp):
    kept = []

    def work():
        blocks = [b"x" * BLOCK for _ in range(BLOCKS)]
        kept.append(blocks[-1])  # the end of the heap stays in use, so that free does not shrink it

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    before = psutil.Process().memory_info().rss
    trimmer = HeapTrimmer()
    trimmer.findChild(QTimer).timeout.emit()
    freed = before - psutil.Process().memory_info().rss
    assert freed > 0.8 * BLOCK * BLOCKS


def test_blocks_of_the_size_of_pictures_go_back_at_once():
    """A new process does it, as free parts of a used heap may take these blocks."""
    code = f"""
import psutil
from PySide6.QtCore import QCoreApplication
from app.runtime.heap_trimmer import HeapTrimmer
app = QCoreApplication([])
trimmer = HeapTrimmer()
first = bytearray(b"x") * {PICTURE}
del first  # by default, glibc takes later blocks of this size from the heap
pictures = [bytearray(b"x") * {PICTURE} for _ in range({PICTURES})]
before = psutil.Process().memory_info().rss
del pictures[:-1]
print(before - psutil.Process().memory_info().rss)
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(out.stdout) > 0.8 * PICTURE * (PICTURES - 1)
