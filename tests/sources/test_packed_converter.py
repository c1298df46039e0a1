"""Frames are converted to packed pixels, without waste of memory."""

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


def scaled(planes: list[np.ndarray], size: tuple[int, int]) -> np.ndarray:
    """Converts planes of the format yuv420p to BGRA of a size: float32, (h, w, 4)."""
    packed = np.concatenate([plane.ravel() for plane in planes])
    frame = av.VideoFrame.from_ndarray(packed.reshape(-1, planes[0].shape[1]), "yuv420p")
    frame.time_base = Fraction(1, 30)
    return PackedConverter()(frame, Matrix.BT709, "bgra", size).astype(np.float32)


@pytest.mark.parametrize("size", [(960, 540), (640, 360), (120, 68), (4, 3)])
def test_a_smaller_picture_is_as_bright(size: tuple[int, int]) -> None:
    gray = [np.full((720, 1280), 120), *[np.full((360, 640), 128)] * 2]
    pixels = scaled([plane.astype(np.uint8) for plane in gray], size)
    assert pixels.shape == (size[1], size[0], 4)
    assert np.abs(pixels[..., :3] - (120 - 16) * 255 / 219).max() < 1
    assert (pixels[..., 3] == 255).all()


def test_a_smaller_picture_keeps_fine_lines_of_color() -> None:
    # Red and blue lines, 4 pixels wide, on a gray of constant brightness.
    red = np.tile(np.where(np.arange(640) // 2 % 2 == 0, 170, 86).astype(np.uint8), (360, 1))
    planes = [np.full((720, 1280), 120, np.uint8), 255 - red, red]
    full, small = scaled(planes, (1280, 720)), scaled(planes, (640, 360))
    expected = full.reshape(360, 2, 640, 2, 4).mean(axis=(1, 3))
    assert np.abs(small - expected)[:, 4:-4].mean() < 2
