"""A camera."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import cv2

from uvanet.errors import SourceError
from uvanet.sources._opencv import quiet, to_bgr
from uvanet.sources._thread_safe import ThreadSafeSource
from uvanet.sources.base import Frame, SourceInfo, SourceKind
from uvanet.sources.cameras import CameraDevice, choose, list_cameras

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

_USUAL_FPS = 30.0
# Some cameras give no frame right after they were opened.
_FIRST_TRIES = 5


@dataclass(frozen=True, slots=True)
class CameraFormat:
    """Format requested from a camera; it delivers the nearest it can.

    Attributes:
        width: Pixels; 0 for the camera's default.
        height: As `width`.
        fps: Frames per second; 0 for the camera's default.
    """

    width: int = 0
    height: int = 0
    fps: float = 0.0


class Capture(Protocol):
    """The methods of `cv2.VideoCapture` that a camera needs."""

    def isOpened(self) -> bool:
        """Whether the device is open."""

    def grab(self) -> bool:
        """Waits for a frame and takes it from the device."""

    def retrieve(self) -> tuple[bool, Any]:
        """Decodes the grabbed frame into a new array."""

    def get(self, prop: int) -> float:
        """Returns a property."""

    def set(self, prop: int, value: float) -> bool:
        """Requests a property; False if the device does not have it."""

    def release(self) -> None:
        """Releases the device."""


class CameraSource(ThreadSafeSource):
    """Live frames of a camera.

    The text is resolved on `open`, so that a camera in another port is still found, and another
    camera in its place is never taken for it.

    Args:
        text: An index, a stable id, a name or a part of a name; empty for the first camera.
        wish: Requested format; the note tells if the camera delivers another one.
        devices: Lists the cameras.
        capture: Opens (index, backend).
        clock: Seconds, monotonic.
    """

    def __init__(
        self,
        text: str = "",
        *,
        wish: CameraFormat | None = None,
        devices: Callable[[], Sequence[CameraDevice]] = list_cameras,
        capture: Callable[[int, int], Capture] = cv2.VideoCapture,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(f"Camera {text}".strip())
        self._text = text
        self._wish = wish or CameraFormat()
        self._devices = devices
        self._make = capture
        self._clock = clock
        self._capture: Capture | None = None
        self._begin = 0.0
        self._next_index = 0

    def _open(self) -> SourceInfo:
        device = choose(self._text, self._devices())
        _check_node(device)
        quiet()
        self._title = device.name
        self._capture = capture = self._make(device.index, device.backend)
        if not capture.isOpened():
            raise _refused(device)
        if device.backend == cv2.CAP_V4L2:
            # The newest frame, not one that waited in the driver.
            capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        self._ask(capture, device)
        # Many cameras can be opened by two programs but deliver frames to one only.
        first = self._first(capture)
        if first is None:
            raise _refused(device)
        stated = capture.get(cv2.CAP_PROP_FPS)
        fps = stated if 1.0 <= stated <= 480.0 else _USUAL_FPS
        self._begin = self._clock()
        return SourceInfo(
            spec=device.spec,
            title=device.name,
            kind=SourceKind.CAMERA,
            width=first.shape[1],
            height=first.shape[0],
            fps=fps,
            live=True,
            note=self._broken_wish(first.shape[1], first.shape[0], fps),
        )

    def _read(self) -> Frame | None:
        assert self._capture is not None
        grabbed = self._capture.grab()
        # Stamped before the frame is decoded, since that time varies by milliseconds.
        now = self._clock()
        done, image = self._capture.retrieve() if grabbed else (False, None)
        if not done or image is None:
            raise SourceError(
                f"The camera {self._title} no longer sends frames.",
                "Check its plug and other programs that use it, then open it again.",
            )
        frame = Frame(to_bgr(image, self._title), now - self._begin, self._next_index)
        self._next_index += 1
        return frame

    def _release(self) -> None:
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def _ask(self, capture: Capture, device: CameraDevice) -> None:
        """Requests the format; the first frame shows what the driver made of it."""
        wish = self._wish
        if wish.width and wish.height:
            if device.backend == cv2.CAP_V4L2:
                # Uncompressed frames of this size are too large for 30 per second over USB 2.
                capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
            capture.set(cv2.CAP_PROP_FRAME_WIDTH, wish.width)
            capture.set(cv2.CAP_PROP_FRAME_HEIGHT, wish.height)
        if wish.fps:
            capture.set(cv2.CAP_PROP_FPS, wish.fps)

    def _broken_wish(self, width: int, height: int, fps: float) -> str:
        """The part of the request that was not met; empty if all was."""
        wish = self._wish
        asked = []
        if wish.width and (wish.width, wish.height) != (width, height):
            asked.append(f"{wish.width}\N{MULTIPLICATION SIGN}{wish.height}")
        if wish.fps and abs(wish.fps - fps) > 0.5:
            asked.append(f"{wish.fps:g} fps")
        return f"Asked for {', '.join(asked)}." if asked else ""

    def _first(self, capture: Capture) -> NDArray[np.uint8] | None:
        for _ in range(_FIRST_TRIES):
            if capture.grab():
                done, image = capture.retrieve()
                if done and image is not None:
                    return to_bgr(image, self._title)
        return None


def _check_node(device: CameraDevice) -> None:
    """Reports a missing permission, if there is a device file."""
    if (
        device.node
        and os.path.exists(device.node)
        and not os.access(device.node, os.R_OK | os.W_OK)
    ):
        raise SourceError(
            f"You may not use the camera {device.name} ({device.node}).",
            "Add yourself to the group that owns it: sudo usermod -aG video $USER, then log in "
            "again.",
        )


def _refused(device: CameraDevice) -> SourceError:
    hint = "Close other programs that use it, then open it again."
    if sys.platform == "darwin":
        hint += " Allow the camera in System Settings, Privacy & Security."
    elif sys.platform == "win32":
        hint += " Allow the camera in Settings, Privacy & security."
    return SourceError(
        f"The camera {device.name} is busy or sends no frames.",
        hint,
    )
