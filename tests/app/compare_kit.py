"""A teacher for tests of the comparison."""

from __future__ import annotations

import threading

import numpy as np
from window_bench import PATIENCE


class Corner:
    """A teacher that always looks at the bottom right; can be held up and made to raise."""

    def __init__(self) -> None:
        self.free = threading.Event()
        self.free.set()
        self.held = threading.Event()  # since a step waits for `free`
        self.error: Exception | None = None

    def step(self, image: np.ndarray, t: float, *, bgr: bool = False) -> np.ndarray:
        if not self.free.is_set():
            self.held.set()
        assert self.free.wait(PATIENCE / 1000)
        if self.error is not None:
            raise self.error
        saliency = np.zeros((9, 16), np.float32)
        saliency[6:, 12:] = 1.0
        return saliency

    def reset(self) -> None:
        pass


def pixels(canvas: object) -> np.ndarray:
    """The picture's part of a canvas: uint8 (h, w, 3) BGR."""
    image = canvas.grab().toImage().convertToFormat(canvas.grab().toImage().Format.Format_RGB32)
    data = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    rect = canvas.picture_rect().toRect()
    return data[rect.top() : rect.bottom(), rect.left() : rect.right(), :3].copy()
