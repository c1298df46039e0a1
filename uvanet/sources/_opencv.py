"""Code of all sources that use OpenCV: its capture, log settings, and conversion to BGR."""

from __future__ import annotations

import os
import sys
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from uvanet.errors import SourceError
from uvanet.i18n import tr

_TWELVE_BITS = 4095


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
        """Requests a value of a property; False if the device lacks the property."""

    def release(self) -> None:
        """Releases the device."""


def quiet() -> None:
    """Keeps OpenCV from writing to the terminal; call it before the first use of a camera.

    Errors are reported as `SourceError` instead. `OPENCV_LOG_LEVEL` is respected.
    """
    if "OPENCV_LOG_LEVEL" not in os.environ:
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    # Longest wait of V4L2 for a frame in seconds (10 by default). After each wait, a source can be
    # closed or report a stall. OpenCV reads the variable at its first wait.
    os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "1")
    if sys.platform == "win32":
        # Otherwise Media Foundation takes up to a minute to open some cameras.
        os.environ.setdefault("OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS", "0")


def to_bgr(image: NDArray[np.generic], name: str) -> NDArray[np.uint8]:
    """Converts any picture that OpenCV decodes to BGR with 8 bits.

    Args:
        image: Shape (h, w) or (h, w, c) with 1 (gray), 3 (BGR) or 4 (BGRA) channels; uint8,
            uint16 (0..65535; gray whose values all fit into 12 bits: 0..4095) or float (0..1).
            Other integers, and floats whose median is above 1, are measurements: their range is
            scaled to black and white.
        name: Name of the picture in an error.

    Returns:
        BGR, uint8, shape (h, w, 3), C-contiguous. Transparent pixels are blended with white.

    Raises:
        SourceError: The picture has another number of channels.
    """
    pixels = _to_bytes(image)
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    if channels == 1:
        pixels = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR), np.uint8)
    elif channels == 4:
        pixels = over_white(pixels)
    elif channels != 3:
        raise SourceError(
            tr("{name} has {channels} channels.").format(name=name, channels=channels),
            tr("Convert it to RGB or gray."),
        )
    return np.ascontiguousarray(pixels)


def _to_bytes(image: NDArray[np.generic]) -> NDArray[np.uint8]:
    if image.dtype == np.uint8:
        return np.asarray(image, np.uint8)
    if image.dtype == np.uint16:
        deep = np.asarray(image, np.uint16)
        # Microscopes, depth sensors and machine vision store gray of 12 bits in 16 bits.
        top = _TWELVE_BITS if deep.ndim == 2 and deep.max() <= _TWELVE_BITS else 65535
        return np.asarray(cv2.convertScaleAbs(deep, alpha=255 / top), np.uint8)
    values = np.asarray(image, np.float64)
    finite = np.isfinite(values)
    values = np.where(finite, values, values > 0)
    # Floats above 1 are clipped to white, unless most of the values are above 1.
    if image.dtype.kind != "f" or np.median(values) > 1.0:
        low, high = (
            values.min(where=finite, initial=np.inf),
            values.max(where=finite, initial=-np.inf),
        )
        values = (values - low) / max(high - low, 1e-12)
    return np.asarray(np.rint(np.clip(values, 0.0, 1.0) * 255.0), dtype=np.uint8)


def over_white(bgra: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Blends a picture with white: BGRA, uint8, (h, w, 4), to BGR, uint8, (h, w, 3)."""
    alpha = cv2.cvtColor(bgra[:, :, 3], cv2.COLOR_GRAY2BGR)
    color = cv2.multiply(np.ascontiguousarray(bgra[:, :, :3]), alpha, scale=1 / 255)
    return np.asarray(cv2.add(color, cv2.bitwise_not(alpha)), np.uint8)
