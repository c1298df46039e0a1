"""A camera."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from uvanet.errors import SourceUnavailableError
from uvanet.i18n import tr
from uvanet.sources._opencv import Capture
from uvanet.sources._reconnecting import ReconnectingSource
from uvanet.sources.base import Frame, SourceCondition, SourceInfo, SourceKind
from uvanet.sources.camera_access import require_camera_access
from uvanet.sources.camera_connection import CameraConnection, CameraFrame, busy
from uvanet.sources.camera_format import CameraFormat
from uvanet.sources.cameras import CameraDevice, choose, find_again, list_cameras

_STALLED_S = 3.0
_FROZEN_S = 5.0
# The condition DAMAGED ends after this time without a damaged frame.
_DAMAGED_S = 5.0
# A camera that sends nothing for this long is opened again.
_GIVE_UP_S = 10.0
# The largest value of a black picture, which cameras send behind a cover or in a privacy mode.
_BLACK = 32
# Comparing every eighth row shows whether two raw frames are equal, since all sensors have noise.
_ROW_STEP = 8


class CameraSource(ReconnectingSource):
    """Live frames of a camera.

    `open` resolves the text: a camera that was moved to another port is found, and another camera
    is never taken instead. `on_status` reports a camera that stalls, repeats the same frame, sends
    damaged frames, is unplugged, or is used by another program. Damaged frames are skipped and
    counted.

    Args:
        text: An index, a stable id, a name or a part of a name; empty for the first camera.
        requested: Requested format; `SourceInfo.note` states if the camera delivers another one.
        reconnect: Seconds for which to reopen the camera after a failure; 0 for never, infinity
            for no limit.
        devices: Lists the cameras.
        capture: Opens the camera with an index on a backend of OpenCV.
        clock: Gives the time in seconds; on Linux by the clock of the drivers' time stamps.
    """

    def __init__(
        self,
        text: str = "",
        *,
        requested: CameraFormat | None = None,
        reconnect: float = 0.0,
        devices: Callable[[], Sequence[CameraDevice]] = list_cameras,
        capture: Callable[[int, int], Capture] = cv2.VideoCapture,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        super().__init__(tr("Camera {name}").format(name=text).strip(), reconnect)
        self._text = text
        self._requested = requested or CameraFormat()
        self._devices = devices
        self._make = capture
        self._clock = clock
        self._device: CameraDevice | None = None
        self._connection: CameraConnection | None = None
        self._begin: float | None = None
        self._last_pts = -1.0
        self._next_index = 0
        self._last_damaged = 0.0
        self._unchanged: tuple[NDArray[np.uint8], float] | None = None  # rows, first arrival

    def _connect(self) -> SourceInfo:
        self._release()
        require_camera_access(self._closing)
        if self._device is None:
            device = choose(self._text, self._devices())
        else:
            device = find_again(self._device, self._devices())
        self._title = device.name
        self._connection = connection = CameraConnection(
            device, self._requested, self._make, self._clock
        )
        # Two programs can open most cameras, but only one of them receives frames.
        damaged = self._status.damaged
        try:
            first = self._next(connection)
        except SourceUnavailableError as error:
            self._release()
            raise (error if self._status.damaged > damaged else busy(device)) from None
        self._device = device
        assert first.image is not None
        height, width = first.image.shape[:2]
        given = connection.format
        return SourceInfo(
            spec=device.spec,
            title=device.name,
            kind=SourceKind.CAMERA,
            width=width,
            height=height,
            fps=given.fps,
            live=True,
            note=self._unmet(width, height, given.fps),
            pixel_format=given.pixel_format,
            requested=self._requested.limits,
        )

    def _read(self) -> Frame | None:
        try:
            if self._connection is None:  # the last `read` raised an error
                raise SourceUnavailableError(
                    tr("The camera {name} is not connected.").format(name=self._title)
                )
            taken = self._next(self._connection)
        except SourceUnavailableError as error:
            # A driver that restarts needs the device, and other programs may use it.
            self._release()
            taken = self._retry(error, self._reconnected)
        self._check(taken)
        assert taken.image is not None
        self._follow_size(taken.image)
        at = taken.arrived if taken.captured is None else taken.captured
        if self._begin is None:
            self._begin = at
        # Times increase even if the driver changes to another clock.
        pts = max(at - self._begin, self._last_pts + 1e-4, 0.0)
        self._last_pts = pts
        frame = Frame(taken.image, pts, self._next_index, taken.captured)
        self._next_index += 1
        return frame

    def _reconnected(self) -> CameraFrame:
        """Reconnects and returns the first frame; the size may differ."""
        self._info = self._connect()
        assert self._connection is not None
        return self._next(self._connection)

    def _next(self, connection: CameraConnection) -> CameraFrame:
        """Waits for the next undamaged frame.

        Raises:
            SourceUnavailableError: The camera failed, or has sent no frame for a long time.
            SourceError: The source was closed.
        """
        # Silence counts from this call, since a slow receiver may not have called for long.
        start = self._clock()
        while True:
            taken = connection.read()
            now = self._clock()
            if self._closing.is_set():
                self._refuse_closed()
            if taken is not None and taken.image is not None:
                return taken
            if taken is not None:
                self._count_damaged(now)
            silent = now - start
            text = tr("The camera {title} has sent no frame for {seconds:.0f} seconds.")
            if taken is not None:
                text = tr(
                    "The camera {title} has sent only damaged frames for {seconds:.0f} seconds."
                )
            message = text.format(title=self._title, seconds=silent)
            hint = tr("Check its plug and other programs that use it.")
            if silent >= _GIVE_UP_S:
                raise SourceUnavailableError(message, hint)
            if silent >= _STALLED_S and not self._status.condition.is_silent:
                self._report(SourceCondition.STALLED, message, hint)

    def _count_damaged(self, now: float) -> None:
        """Counts a damaged frame and reports the first one."""
        self._status = replace(self._status, damaged=self._status.damaged + 1)
        self._last_damaged = now
        if self._status.damaged == 1 and self._status.condition is SourceCondition.OK:
            self._report(
                SourceCondition.DAMAGED,
                tr("The camera {title} sends damaged frames. They are skipped.").format(
                    title=self._title
                ),
                tr("Try another cable or another port."),
            )

    def _follow_size(self, image: NDArray[np.uint8]) -> None:
        """Adapts the properties to a camera that changes the size of its frames."""
        height, width = image.shape[:2]
        assert self._info is not None
        if (self._info.width, self._info.height) != (width, height):
            self._info = replace(self._info, width=width, height=height)
            if self.on_status is not None:  # receivers look for new properties then
                self.on_status(self._status)

    def _check(self, taken: CameraFrame) -> None:
        """Reports a camera that repeats the same frame, and the end of a condition."""
        # A copy, since receivers may draw into their frames.
        data = taken.data[::_ROW_STEP].copy() if taken.data.shape[0] > 1 else taken.data
        if self._unchanged is None or not np.array_equal(data, self._unchanged[0]):
            self._unchanged = data, taken.arrived
        if taken.arrived - self._unchanged[1] >= _FROZEN_S:
            if self._status.condition is not SourceCondition.FROZEN:
                self._report(
                    SourceCondition.FROZEN,
                    tr(
                        "The camera {title} has sent the same picture for {seconds:.0f} seconds."
                    ).format(title=self._title, seconds=_FROZEN_S),
                    tr("Open its cover, or end its privacy mode.")
                    if taken.image is not None and taken.image.max() <= _BLACK
                    else tr("Plug it in again unless it shows a still picture."),
                )
            return
        damaged = self._status.condition is SourceCondition.DAMAGED
        if not damaged or taken.arrived - self._last_damaged >= _DAMAGED_S:
            self._frame_came()

    def _release(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.release()

    def _unmet(self, width: int, height: int, fps: float) -> str:
        """A note on the requested values that the camera does not deliver; empty without any."""
        requested = self._requested
        unmet = []
        if requested.width and (requested.width, requested.height) != (width, height):
            unmet.append(f"{requested.width}\N{MULTIPLICATION SIGN}{requested.height}")
        if requested.fps and abs(requested.fps - fps) > 0.5:
            unmet.append(f"{requested.fps:g} fps")
        return tr("Asked for {values}.").format(values=", ".join(unmet)) if unmet else ""
