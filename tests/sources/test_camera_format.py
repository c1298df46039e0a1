"""Negotiation of the format, with a driver that knows modes and gives the nearest, as UVC does."""

from __future__ import annotations

import math
from typing import Any

import cv2
import pytest

from uvanet.errors import UsageError
from uvanet.sources import CameraFormat
from uvanet.sources.camera_format import negotiate

Mode = tuple[str, int, int, float]

# As two webcams state them: USB 2 has room for 720p at 10 a second without compression.
WEBCAM: list[Mode] = [
    ("YUYV", 640, 480, 30),
    ("YUYV", 960, 540, 15),
    ("YUYV", 1280, 720, 10),
    ("MJPG", 640, 480, 30),
    ("MJPG", 1280, 720, 30),
    ("MJPG", 1920, 1080, 30),
]
USB3: list[Mode] = [("YUYV", 1280, 720, 60), ("YUYV", 640, 480, 60), ("MJPG", 1280, 720, 60)]
FAST: list[Mode] = [("MJPG", 1280, 720, 30), ("MJPG", 640, 480, 60)]
PLAIN: list[Mode] = [mode for mode in WEBCAM if mode[0] == "YUYV"]
UPRIGHT: list[Mode] = [("YUYV", 480, 640, 30), ("YUYV", 720, 1280, 30), ("MJPG", 1080, 1920, 30)]
UPRIGHT_USB2: list[Mode] = [UPRIGHT[0], ("YUYV", 720, 1280, 10), ("MJPG", 720, 1280, 30)]
SQUARE: list[Mode] = [("YUYV", 1280, 1024, 8), ("YUYV", 640, 480, 25), ("MJPG", 1280, 1024, 30)]


class Driver:
    """`cv2.VideoCapture` over a list of modes; each change of the format is counted."""

    def __init__(self, modes: list[Mode]) -> None:
        self.modes = modes
        self.asked = (640, 480)
        self.mode = modes[0]
        self.rate = 30.0
        self.resets = 0
        self._select(modes[0][0])

    def _select(self, code: str) -> None:
        self.resets += 1
        known = [mode for mode in self.modes if mode[0] == code] or self.modes
        width, height = self.asked

        def distance(mode: Mode) -> int:
            shared = min(mode[1], width) * min(mode[2], height)
            return mode[1] * mode[2] + width * height - 2 * shared

        self.mode = min(known, key=distance)
        self.rate = self.mode[3]

    def set(self, prop: int, value: float) -> bool:
        if prop == cv2.CAP_PROP_FOURCC:
            self._select(int(value).to_bytes(4, "little").decode())
        elif prop == cv2.CAP_PROP_FRAME_WIDTH:
            self.asked = (int(value), self.asked[1])
        elif prop == cv2.CAP_PROP_FRAME_HEIGHT:
            self.asked = (self.asked[0], int(value))
            self._select(self.mode[0])
        elif prop == cv2.CAP_PROP_FPS:
            self.rate = min(value, self.mode[3])
        return True

    def get(self, prop: int) -> float:
        values = {
            cv2.CAP_PROP_FOURCC: cv2.VideoWriter.fourcc(*self.mode[0]),
            cv2.CAP_PROP_FRAME_WIDTH: self.mode[1],
            cv2.CAP_PROP_FRAME_HEIGHT: self.mode[2],
            cv2.CAP_PROP_FPS: self.rate,
        }
        return float(values.get(prop, 0))

    def isOpened(self) -> bool:
        return True

    def grab(self) -> bool:
        return True

    def retrieve(self) -> tuple[bool, Any]:
        return False, None

    def release(self) -> None:
        pass


@pytest.mark.parametrize(
    ("modes", "requested", "expected"),
    [
        (WEBCAM, CameraFormat(), ("MJPG", 1280, 720, 30)),
        (USB3, CameraFormat(), ("YUYV", 1280, 720, 30)),
        (PLAIN, CameraFormat(), ("YUYV", 640, 480, 30)),
        (UPRIGHT, CameraFormat(), ("YUYV", 720, 1280, 30)),
        (UPRIGHT_USB2, CameraFormat(), ("MJPG", 720, 1280, 30)),
        (UPRIGHT, CameraFormat(480, 640), ("YUYV", 480, 640, 30)),
        # Nothing above 1280 x 720 unless it was asked for.
        (SQUARE, CameraFormat(), ("YUYV", 640, 480, 25)),
        (SQUARE, CameraFormat(1280, 1024), ("MJPG", 1280, 1024, 30)),
        (WEBCAM, CameraFormat(1920, 1080, 30), ("MJPG", 1920, 1080, 30)),
        (WEBCAM, CameraFormat(640, 480), ("YUYV", 640, 480, 30)),
        (USB3, CameraFormat(fps=60), ("YUYV", 1280, 720, 60)),
        (WEBCAM, CameraFormat(fps=10), ("YUYV", 1280, 720, 10)),
        # A rate that was asked for goes before the size.
        (FAST, CameraFormat(fps=60), ("MJPG", 640, 480, 60)),
        (FAST, CameraFormat(), ("MJPG", 1280, 720, 30)),
    ],
)
def test_the_best_format_is_set(modes: list[Mode], requested: CameraFormat, expected: Mode) -> None:
    driver = Driver(modes)
    given = negotiate(driver, requested, v4l2=True)
    assert (*driver.mode[:3], driver.rate) == expected
    assert (given.pixel_format, given.width, given.height, given.fps) == expected


@pytest.mark.parametrize(
    "values", [(640, 0), (0, 480), (-1, -1), (1 << 20, 1 << 20), (640, 480, -1), (0, 0, math.nan)]
)
def test_what_is_no_format_is_refused(values: tuple[float, ...]) -> None:
    with pytest.raises(UsageError, match="not a valid camera format"):
        CameraFormat(*values)  # type: ignore[arg-type]


def test_a_usual_webcam_needs_two_questions() -> None:
    driver = Driver(WEBCAM)
    before = driver.resets
    negotiate(driver, CameraFormat(), v4l2=True)
    # Uncompressed, then compressed; each sets the pixel format and the size.
    assert driver.resets - before == 4


def test_other_systems_are_asked_once() -> None:
    driver = Driver(WEBCAM)
    before = driver.resets
    given = negotiate(driver, CameraFormat(), v4l2=False)
    assert driver.resets - before == 1
    assert (given.width, given.height) == (1280, 720)
