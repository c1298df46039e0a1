"""One connection to a camera through OpenCV, from opening to release."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from uvanet.errors import SourceAbsentError, SourceError, SourceUnavailableError
from uvanet.i18n import tr
from uvanet.sources._opencv import Capture, quiet, to_bgr
from uvanet.sources.camera_format import CameraFormat, negotiate
from uvanet.sources.cameras import CameraDevice
from uvanet.sources.v4l2 import READABLE, pixel_formats

# The driver fills one buffer while another is read. With a single buffer it has none for the next
# frame and drops it, so that 30 frames a second become 15; with more buffers, frames wait longer.
_BUFFERS = 2
_USUAL_FPS = 30.0
# A call that fails sooner is a failure of the device; one that fails later is a time-out.
_AT_ONCE_S = 0.3
# A single failure may be a signal to the process, which ends a waiting call of V4L2.
_MAX_FAILURES = 3
_MAX_AGE_S = 60.0
# This many decodable frames of another size in a row are no damage but the size of the camera.
_NEW_SIZE_FRAMES = 10
_CONVERSIONS = {"YUYV": cv2.COLOR_YUV2BGR_YUYV, "UYVY": cv2.COLOR_YUV2BGR_UYVY}
_JPEG = ("MJPG", "JPEG")
# OpenCV makes these as wide as their bytes allow.
_SHAPED_BY_BYTES = ("BGR3", "RGB3")


@dataclass(frozen=True, slots=True)
class CameraFrame:
    """A frame of a camera.

    Attributes:
        image: BGR, uint8, shape (h, w, 3); None if the frame was damaged.
        data: The pixels or bytes from the driver, uint8.
        arrived: Time of arrival in seconds of the connection's clock.
        captured: Time at which the driver took the frame, on the same clock; None if unknown.
    """

    image: NDArray[np.uint8] | None
    data: NDArray[np.uint8]
    arrived: float
    captured: float | None


class CameraConnection:
    """An open camera with a negotiated format.

    Compressed and YUV frames of V4L2 are decoded here, because OpenCV replaces a damaged frame by
    the one before and reports success. OpenCV does not tell how many bytes of an uncompressed frame
    arrived, so a cut one cannot be recognized; most drivers skip these.

    Args:
        device: The camera.
        requested: The requested format.
        capture: Opens the camera with an index on a backend of OpenCV.
        clock: Gives the time in seconds; on Linux by the clock of the drivers' time stamps.

    Attributes:
        format: The format that the camera delivers.

    Raises:
        SourceError: The user has no permission to use the camera, or it sends only formats that
            OpenCV cannot read.
        SourceUnavailableError: The camera is used by another program, not ready, or unplugged.
    """

    def __init__(
        self,
        device: CameraDevice,
        requested: CameraFormat,
        capture: Callable[[int, int], Capture],
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._device = device
        self._clock = clock
        self._v4l2 = device.backend == cv2.CAP_V4L2
        self._raw = False
        self._size: tuple[int, ...] | None = None  # height and width of the frames
        self._other_size: tuple[int, ...] = ()
        self._other_frames = 0  # of `_other_size`, in a row
        self._last_stamp = 0.0
        self._stamps_increase = True
        check_permission(device)
        quiet()
        self._capture = capture(device.index, device.backend)
        try:
            if not self._capture.isOpened():
                raise _not_opened(device)
            self.format = self._prepare(requested)
        except BaseException:
            self._capture.release()
            raise

    def _prepare(self, requested: CameraFormat) -> CameraFormat:
        if self._v4l2:
            self._capture.set(cv2.CAP_PROP_BUFFERSIZE, _BUFFERS)
        given = negotiate(self._capture, requested, v4l2=self._v4l2)
        if self._v4l2 and given.pixel_format in (*_JPEG, *_CONVERSIONS):
            self._raw = self._capture.set(cv2.CAP_PROP_CONVERT_RGB, 0)
        return CameraFormat(given.width, given.height, given.fps or _USUAL_FPS, given.pixel_format)

    def read(self) -> CameraFrame | None:
        """Returns the next frame; None after the driver's time-out.

        Raises:
            SourceUnavailableError: The camera failed or was unplugged.
        """
        for _ in range(_MAX_FAILURES):
            start = self._clock()
            grabbed = self._capture.grab()
            # Taken before decoding, whose duration varies by milliseconds.
            arrived = self._clock()
            if grabbed:
                return self._retrieve(arrived)
            if arrived - start >= _AT_ONCE_S:
                return None
        raise SourceUnavailableError(
            tr("The camera {name} no longer sends frames.").format(name=self._device.name),
            tr("Check its plug and other programs that use it."),
        )

    def release(self) -> None:
        """Releases the device."""
        self._capture.release()

    def _retrieve(self, arrived: float) -> CameraFrame:
        captured = self._stamp(arrived)
        try:
            done, data = self._capture.retrieve()
        except cv2.error:  # the frame has too few bytes
            done, data = False, None
        if not done or data is None or not data.size:
            return CameraFrame(None, np.empty(0, np.uint8), arrived, captured)
        image = self._decode(data) if self._raw else to_bgr(data, self._device.name)
        if image is not None and not self._is_whole(image):
            image = None
        return CameraFrame(image, data, arrived, captured)

    def _stamp(self, arrived: float) -> float | None:
        """The driver's time stamp if it is on the monotonic clock, as for UVC cameras.

        A driver whose stamps once did not increase is not asked again.
        """
        if not self._v4l2 or not self._stamps_increase:
            return None
        stamp = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0
        self._stamps_increase = stamp > self._last_stamp
        self._last_stamp = stamp
        known = self._stamps_increase and stamp <= arrived <= stamp + _MAX_AGE_S
        return stamp if known else None

    def _decode(self, data: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
        """Decodes JPEG or YUV; None if the frame is damaged."""
        width, height = self.format.width, self.format.height
        conversion = _CONVERSIONS.get(self.format.pixel_format)
        if conversion is not None:
            if data.size != 2 * width * height:
                return None
            pixels = data.reshape(height, width, 2)
            return cv2.cvtColor(pixels, conversion)  # type: ignore[return-value]  # uint8 as given
        try:
            image = cv2.imdecode(data, cv2.IMREAD_COLOR)
        except cv2.error:  # a damaged header states an impossible size
            return None
        return image  # type: ignore[return-value]  # uint8 by its flags

    def _is_whole(self, image: NDArray[np.uint8]) -> bool:
        """Whether a picture has the size of the frames; some cameras send another than they tell.

        The first frame states the size.
        """
        size = image.shape[:2]
        if self._v4l2 and self.format.pixel_format in _SHAPED_BY_BYTES:
            return size == (self.format.height, self.format.width)
        if self._size is None or size == self._size:
            self._size, self._other_frames = size, 0
            return True
        self._other_frames = self._other_frames + 1 if size == self._other_size else 1
        self._other_size = size
        if self._other_frames >= _NEW_SIZE_FRAMES:
            self._size = size
        return size == self._size


def check_permission(device: CameraDevice) -> None:
    """Checks the permission to use the device file of a camera, if it has one.

    Raises:
        SourceError: This user may not read and write the device file.
    """
    if (
        device.node
        and os.path.exists(device.node)
        and not os.access(device.node, os.R_OK | os.W_OK)
    ):
        raise SourceError(
            tr("You have no permission to use the camera {name} ({node}).").format(
                name=device.name, node=device.node
            ),
            tr(
                "Add yourself to the group that owns the device: sudo usermod -aG video $USER, "
                "then log in again."
            ),
        )


def busy(device: CameraDevice) -> SourceUnavailableError:
    """Makes the error for a camera that is connected but sends nothing."""
    hint = tr("Close other programs that use it.")
    if sys.platform == "darwin":
        hint += " " + tr("Allow the camera in System Settings, Privacy & Security.")
    elif sys.platform == "win32":
        hint += " " + tr("Allow the camera in Settings, Privacy & security.")
    return SourceUnavailableError(
        tr("The camera {name} is busy or sends no frames.").format(name=device.name), hint
    )


def _not_opened(device: CameraDevice) -> SourceError:
    """Makes the error for a camera that OpenCV could not open; OpenCV states no cause."""
    if device.node:
        try:
            handle = os.open(device.node, os.O_RDWR | os.O_NONBLOCK)
            try:
                formats = pixel_formats(handle)
            finally:
                os.close(handle)
        except FileNotFoundError:
            return SourceAbsentError(
                tr("The camera {name} is not connected.").format(name=device.name),
                tr("Plug it in again."),
            )
        except OSError as error:
            if error.errno != errno.EBUSY:
                return SourceUnavailableError(
                    tr("The camera {name} is not ready: {reason}.").format(
                        name=device.name, reason=error.strerror or error
                    ),
                    tr("Plug it in again if this lasts."),
                )
        else:
            if formats and not set(formats).intersection(READABLE):
                return SourceError(
                    tr("The camera {name} sends only {formats}, which cannot be read.").format(
                        name=device.name, formats=", ".join(formats)
                    ),
                    tr("Choose another camera, or set this one to MJPG or YUYV."),
                )
    return busy(device)
