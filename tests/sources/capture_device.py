"""A camera at the level of `cv2.VideoCapture`: the device is the one thing that is not real."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from uvanet.sources import (
    CameraSource,
)
from uvanet.sources.cameras import ListedCamera, identify

if TYPE_CHECKING:
    import threading

PATIENCE = 60.0
DESK = ListedCamera(0, "Desk camera", "id-desk", 0x046D, 0x082D)
DOOR = ListedCamera(1, "Door camera", "id-door", 0x1234, 0x5678)


class Device:
    """A camera at the level of `cv2.VideoCapture`; tests bend it."""

    def __init__(
        self,
        index: int = 0,
        backend: int = 0,
        *,
        opens: bool = True,
        frames: int = 10,
        image: Any = None,
        stuck: threading.Event | None = None,
    ) -> None:
        self.index = index
        self.backend = backend
        self.opens = opens
        self.frames = frames
        self.image = np.zeros((48, 64, 3), np.uint8) if image is None else image
        self.stuck = stuck
        self.calls: list[str] = []
        self.settings: dict[int, float] = {}
        self.busy = False
        self.released_while_busy = False

    def isOpened(self) -> bool:
        return self.opens

    def grab(self) -> bool:
        self.calls.append("grab")
        if self.frames <= 0 and self.stuck is not None:
            self.busy = True
            self.stuck.wait(PATIENCE)
            self.busy = False
        self.frames -= 1
        return self.frames >= 0

    def retrieve(self) -> tuple[bool, Any]:
        self.calls.append("retrieve")
        return True, self.image.copy()

    def get(self, prop: int) -> float:
        return 0.0

    def set(self, prop: int, value: float) -> bool:
        self.settings[prop] = value
        return True

    def release(self) -> None:
        self.calls.append("release")
        self.released_while_busy |= self.busy


def source_of(
    text: str, found: list[ListedCamera], device: Device | None = None, backend: int = cv2.CAP_ANY
) -> tuple[CameraSource, list[tuple[int, int]]]:
    opened: list[tuple[int, int]] = []

    def capture(index: int, backend: int) -> Device:
        opened.append((index, backend))
        return device or Device()

    return CameraSource(text, devices=lambda: identify(found, backend), capture=capture), opened
