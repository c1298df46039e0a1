"""Negotiates size, rate and pixel format with a camera."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2

from uvanet.errors import UsageError
from uvanet.i18n import tr
from uvanet.sources._opencv import Capture

_LOG = logging.getLogger(__name__)

_DEFAULT_SIZE = (1280, 720)
_SIZES = (_DEFAULT_SIZE, (1024, 576), (960, 540), (800, 600), (640, 480), (640, 360), (320, 240))
_RATE = 30.0
_MAX_SIDE, _MAX_RATE = 16_384, 1000.0


@dataclass(frozen=True, slots=True)
class CameraFormat:
    """Format of a camera, requested or delivered; a camera delivers the nearest format it has.

    Attributes:
        width: Pixels; in a request, 0 stands for the best size up to 1280 x 720, turned for an
            upright camera.
        height: As `width`.
        fps: Frames per second; in a request, 0 stands for 30.
        pixel_format: FourCC code, such as "MJPG"; empty if unknown. Ignored in a request: the
            faster format is chosen, and among equally fast ones the uncompressed format.

    Raises:
        UsageError: A side is missing, or a value is out of range.
    """

    width: int = 0
    height: int = 0
    fps: float = 0.0
    pixel_format: str = ""

    def __post_init__(self) -> None:
        sides = (self.width, self.height)
        known = sides == (0, 0) or all(1 <= side <= _MAX_SIDE for side in sides)
        if not known or not 0.0 <= self.fps <= _MAX_RATE:
            raise UsageError(
                tr("{value} is not a valid camera format.").format(value=self),
                tr("Give width and height in pixels and frames per second, or 0 for automatic."),
            )

    @property
    def limits(self) -> CameraFormat:
        """The request with the default values filled in."""
        width, height = (self.width, self.height) if self.width else _DEFAULT_SIZE
        return CameraFormat(width, height, self.fps or _RATE)

    def __str__(self) -> str:
        code = f", {self.pixel_format}" if self.pixel_format else ""
        return f"{self.width}\N{MULTIPLICATION SIGN}{self.height}, {self.fps:.3g} fps{code}"


def negotiate(capture: Capture, requested: CameraFormat, *, v4l2: bool) -> CameraFormat:
    """Sets the best format that a camera has for a request.

    Formats are compared by pixels per second, counted up to the requested size and rate. If a rate
    was requested, they are compared by the rate first. Many cameras send 1280 x 720 uncompressed
    at 10 frames a second and as Motion JPEG at 30.

    Args:
        capture: An open capture that has not been read yet.
        requested: The requested format.
        v4l2: Whether the backend is V4L2, where the pixel format can be chosen. Drivers of other
            systems choose it themselves and often need seconds to change a format.

    Returns:
        The format that the driver reports; values that it does not report are 0.
    """
    wanted = requested.limits
    if not v4l2:
        return _set(capture, wanted)
    best = given = _current_format(capture)
    if not requested.width and given.height > given.width:
        wanted = replace(wanted, width=wanted.height, height=wanted.width)
    best_score = (-1.0, 0.0)
    for candidate in _candidates(wanted, requested, given.pixel_format):
        if _score(candidate, wanted, requested) <= best_score:
            break  # the candidates that follow cannot be better
        given = _set(capture, candidate)
        score = _score(given, wanted, requested)
        if score > best_score:
            best, best_score = given, score
    if given != best:
        given = _set(capture, best)
    _LOG.info("camera format: requested %s, given %s", wanted, given)
    return given


def _candidates(
    wanted: CameraFormat, requested: CameraFormat, plain: str
) -> Iterator[CameraFormat]:
    """Yields formats to try, the best first; `plain` is the camera's uncompressed pixel format."""
    upright = wanted.height > wanted.width
    sizes = [size[::-1] if upright else size for size in _SIZES]
    for width, height in [(wanted.width, wanted.height)] if requested.width else sizes:
        for code in dict.fromkeys((plain, "MJPG")):
            yield CameraFormat(width, height, wanted.fps, code)


def _score(
    given: CameraFormat, wanted: CameraFormat, requested: CameraFormat
) -> tuple[float, float]:
    """Rates a format; 0 if its frames are too large for automatic choice."""
    if not requested.width and (given.width > wanted.width or given.height > wanted.height):
        return (0.0, 0.0)
    pixels = float(min(given.width * given.height, wanted.width * wanted.height))
    # 29.97 counts as 30.
    rate = min(float(round(given.fps)), wanted.fps)
    return (rate, pixels) if requested.fps else (pixels * rate, rate)


def _set(capture: Capture, request: CameraFormat) -> CameraFormat:
    if request.pixel_format:
        # Set before the size, which the driver may refuse for the current pixel format.
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*request.pixel_format))
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, request.width)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, request.height)
    capture.set(cv2.CAP_PROP_FPS, request.fps)
    return _current_format(capture)


def _current_format(capture: Capture) -> CameraFormat:
    # Some backends report a negative or meaningless number as the FourCC code.
    code = int(capture.get(cv2.CAP_PROP_FOURCC)) & 0xFFFFFFFF
    text = code.to_bytes(4, "little").decode("latin-1")
    width, height = (
        int(capture.get(side)) for side in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
    )
    known = 1 <= min(width, height) <= max(width, height) <= _MAX_SIDE
    fps = capture.get(cv2.CAP_PROP_FPS)
    return CameraFormat(
        width if known else 0,
        height if known else 0,
        fps if 1.0 <= fps <= 480.0 else 0.0,
        text if text.isprintable() else "",
    )
