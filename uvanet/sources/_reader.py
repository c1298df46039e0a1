"""Frames with times out of whatever ffmpeg opens: files and streams alike."""

from __future__ import annotations

import collections
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2

from uvanet.sources._opencv import quiet, to_bgr

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# A rate outside of this is a time base or nonsense rather than a rate of pictures.
_SLOWEST, _FASTEST = 0.01, 480.0
_USUAL = 25.0
# How far before the frame sought decoding starts, in frames; then from the very start.
_RUN_UPS = (2, 50, 500, None)


@dataclass(frozen=True, slots=True)
class _Picture:
    image: NDArray[np.uint8]
    pts: float


class Reader:
    """Reads frames in order and finds the frame shown at a time.

    Args:
        address: Absolute path or URL.
        name: What to call it in an error.
        parameters: As `cv2.VideoCapture` takes them, such as time-outs.

    Attributes:
        fps: Frames a second, always a sensible number.
        frames: What the container says; may be a few off; None where it does not know.
        size: (width, height) of the first frame, after rotation.
    """

    def __init__(self, address: str, name: str, parameters: tuple[int, ...] = ()) -> None:
        self.fps = _USUAL
        self.frames: int | None = None
        self.size = (0, 0)
        self._address = address
        self._name = name
        self._parameters = parameters
        self._capture: cv2.VideoCapture | None = None
        self._ready: collections.deque[_Picture] = collections.deque()
        self._zero = 0.0
        self._last = -1.0

    def open(self) -> bool:
        """Opens and decodes the first picture; False where there is none."""
        if not self._start():
            return False
        first = self._next()
        if first is None:
            return False
        self._zero = first.pts
        self._last = 0.0
        first = _Picture(first.image, 0.0)
        self._ready.append(first)
        self.size = (first.image.shape[1], first.image.shape[0])
        self._learn_rate()
        return True

    def read(self) -> tuple[NDArray[np.uint8], float] | None:
        """Gives (image, seconds since the first frame), or None where nothing more comes."""
        picture = self._ready.popleft() if self._ready else self._next()
        return None if picture is None else (picture.image, picture.pts)

    def seek(self, seconds: float) -> float | None:
        """Makes the next `read` give the frame shown at `seconds`, the last one when later.

        Returns:
            The time of that frame; None where nothing could be decoded.
        """
        # Containers round times to as little as a millisecond: a frame counts as shown from a
        # quarter of its time early, so that n / fps finds frame n.
        slack = 0.25 / self.fps
        target = max(0.0, seconds) + slack
        for run_up in _RUN_UPS:
            if not self._rewind(target, run_up):
                continue
            found = self._scan(target, keep_from=target - 3.0 / self.fps)
            if found is not None and not self._ready:
                # A long pause before the target, or the end: the frame is known now.
                self._rewind(found, run_up)
                found = self._scan(found + slack, keep_from=found - slack)
            if found is not None and self._ready:
                return found
        return None

    def release(self) -> None:
        """Lets go of the file or the connection."""
        self._ready.clear()
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def _start(self) -> bool:
        quiet()
        self.release()
        self._capture = cv2.VideoCapture(self._address, cv2.CAP_FFMPEG, [*self._parameters])
        return self._capture.isOpened()

    def _next(self) -> _Picture | None:
        assert self._capture is not None
        if not self._capture.grab():
            return None
        pts = self._time()
        return self._retrieve(pts)

    def _retrieve(self, pts: float) -> _Picture | None:
        assert self._capture is not None
        # Without a destination every call gives a new array: the receiver owns it.
        done, image = self._capture.retrieve()
        if not done or image is None:
            return None
        return _Picture(to_bgr(image, self._name), pts)

    def _time(self) -> float:
        """The time of the frame just grabbed; always later than the one before."""
        assert self._capture is not None
        pts = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0 - self._zero
        if not math.isfinite(pts) or pts <= self._last:
            pts = self._last + 1.0 / self.fps
        self._last = pts
        return pts

    def _learn_rate(self) -> None:
        assert self._capture is not None
        stated = self._capture.get(cv2.CAP_PROP_FPS)
        count = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        sensible = math.isfinite(stated) and _SLOWEST <= stated <= _FASTEST
        known = math.isfinite(count) and 1 <= count < 1e9
        if sensible:
            self.fps = stated
            self.frames = round(count) if known else None
            return
        second = self._next()
        if second is not None:
            self._ready.append(second)
            step = second.pts - self._ready[0].pts
            if 1.0 / _FASTEST <= step <= 1.0 / _SLOWEST:
                self.fps = 1.0 / step
        if known and math.isfinite(stated) and stated > 0:
            # The count was made with the odd rate, so their ratio is the duration.
            self.frames = max(1, round(count / stated * self.fps))

    def _rewind(self, target: float, run_up: int | None) -> bool:
        """Goes to a frame some way before `target`, or to the start."""
        assert self._capture is not None
        self._ready.clear()
        number = 0 if run_up is None else math.floor(target * self.fps) - run_up
        self._last = -1.0
        if number > 0:
            return self._capture.set(cv2.CAP_PROP_POS_FRAMES, number)
        return self._start()

    def _scan(self, target: float, keep_from: float) -> float | None:
        """Reads on to the last frame not after `target`.

        Pictures are only taken out of the decoder from `keep_from` on, for the conversion
        costs as much as the decoding.

        Returns:
            The frame's time; `_ready` then holds it and the one after it, or nothing where it
            lies before `keep_from`. None where the first frame is later than `target`.
        """
        assert self._capture is not None
        shown: _Picture | None = None
        last: float | None = None
        while self._capture.grab():
            pts = self._time()
            if pts > target and last is None:
                return None
            picture = self._retrieve(pts) if pts >= keep_from else None
            if pts > target:
                if shown is not None:
                    self._ready.append(shown)
                    if picture is not None:
                        self._ready.append(picture)
                return last
            shown, last = picture, pts
        if shown is not None:
            self._ready.append(shown)
        return last
