"""Memory of pictures that are converted from decoded frames."""

import ctypes
import sys
from fractions import Fraction

import av
import numpy as np
import psutil
import pytest

from uvanet.decoded_picture import Matrix
from uvanet.sources.packed_converter import _POOL_FRAMES, PackedConverter

HELD = 6
WIDTH, HEIGHT = 1920, 1080


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "malloc_trim"),
    reason="what other systems do with freed memory is not known",
)
def test_memory_of_pictures_that_waited_is_given_back():
    frame = av.VideoFrame.from_ndarray(np.zeros((HEIGHT * 3 // 2, WIDTH), np.uint8), "yuv420p")
    frame.time_base = Fraction(1, 30)
    convert = PackedConverter()
    held = [convert(frame, Matrix.BT709, "bgra", (WIDTH, HEIGHT)) for _ in range(HELD)]
    full = psutil.Process().memory_info().rss
    held.clear()
    for _ in range(_POOL_FRAMES):
        convert(frame, Matrix.BT709, "bgra", (WIDTH, HEIGHT))
    ctypes.CDLL(None).malloc_trim(0)
    freed = full - psutil.Process().memory_info().rss
    assert freed > (HELD - 2) * 4 * WIDTH * HEIGHT
