"""A webcam as OpenCV shows it, for tests that unplug it, hold it or break it."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from uvanet.sources.cameras import CameraDevice, ListedCamera, identify

WEBCAM = ListedCamera(0, "Fake camera", "fake", 1, 2)
OTHER = ListedCamera(0, "Other camera", "other", 3, 4)
WIDTH, HEIGHT, FPS = 160, 120, 30.0


class Webcam:
    """The cameras of a machine, and what is wrong with them.

    Attributes:
        found: What is plugged in, as the system lists it.
        busy: Another program has it, or its driver is not ready: it cannot be opened.
        stops: It can be opened and gives a first frame, then none.
        frozen: It gives the same frame for ever.
        size: Width and height of its frames.
        speed: How much faster than the machine's its clock runs.
        openings: How often it was opened.
        searches: How often the system was asked for the cameras.
    """

    def __init__(self) -> None:
        self.found = [WEBCAM]
        self.busy = False
        self.stops = False
        self.frozen = False
        self.size = (WIDTH, HEIGHT)
        self.openings = 0
        self.searches = 0
        self.sizes: list[tuple[float, float]] = []

    def list(self) -> list[CameraDevice]:
        """The cameras that are plugged in."""
        self.searches += 1
        return identify(self.found)

    def open(self, index: int, backend: int) -> Capture:
        """In place of `cv2.VideoCapture`."""
        del backend
        self.openings += 1
        return Capture(self, index)

    def plugged(self, index: int) -> bool:
        return any(found.index == index for found in self.found)


@dataclass
class Capture:
    """The methods of `cv2.VideoCapture`."""

    webcam: Webcam
    index: int

    def __post_init__(self) -> None:
        self._counter = itertools.count()
        self._pause = threading.Event()
        self._asked = {cv2.CAP_PROP_FRAME_WIDTH: 0.0, cv2.CAP_PROP_FRAME_HEIGHT: 0.0}
        self._first = True

    def isOpened(self) -> bool:
        return self.webcam.plugged(self.index) and not self.webcam.busy

    def grab(self) -> bool:
        if not self.webcam.plugged(self.index) or (self.webcam.stops and not self._first):
            return False
        self._first = False
        self._pause.wait(1 / FPS)
        return True

    def retrieve(self) -> tuple[bool, Any]:
        width, height = self.webcam.size
        image = np.full((height, width, 3), 40, np.uint8)
        left = 0 if self.webcam.frozen else next(self._counter) * 2 % 120
        image[40:80, left : left + 40] = 220
        return True, image

    def get(self, prop: int) -> float:
        width, height = self.webcam.size
        known = {cv2.CAP_PROP_FRAME_WIDTH: width, cv2.CAP_PROP_FRAME_HEIGHT: height}
        return float({**known, cv2.CAP_PROP_FPS: FPS}.get(prop, 0.0))

    def set(self, prop: int, value: float) -> bool:
        if prop in self._asked:
            self._asked[prop] = value
            width, height = self._asked.values()
            self.webcam.sizes.append((width, height))
        return True

    def release(self) -> None:
        pass
