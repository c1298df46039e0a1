"""A camera."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from uvanet.errors import SourceUnavailableError
from uvanet.i18n import tr
from uvanet.sources._reconnecting import ReconnectingSource
from uvanet.sources.base import Frame, SourceCondition, SourceInfo, SourceKind
from uvanet.sources.camera_access import require_camera_access
from uvanet.sources.camera_connection import CameraConnection, CameraFrame, busy
from uvanet.sources.camera_format import CameraFormat
from uvanet.sources.cameras import CameraDevice, choose, find_again, list_cameras

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from uvanet.sources._opencv import Capture

_NO_FRAMES = (SourceCondition.STALLED, SourceCondition.RECONNECTING)
_STALLED_S = 3.0
_FROZEN_S = 5.0
# The report of damaged frames ends when none has come for so long.
_DAMAGED_S = 5.0
# A driver that sends nothing for so long is opened anew.
_GIVE_UP_S = 10.0
# Every eighth row shows whether two raw frames are the same: no sensor is without noise.
_ROW_STEP = 8


class CameraSource(ReconnectingSource):
    """Live frames of a camera.

    The text is resolved on `open`, so that a camera in another port is still found, and another
    camera in its place is never taken for it. A camera that stalls, sends the same frame for ever,
    sends damaged frames, is unplugged or used by another program is reported by `on_status`;
    damaged frames are skipped and counted.

    Args:
        text: An index, a stable id, a name or a part of a name; empty for the first camera.
        wish: Requested format; the note tells if the camera delivers another one.
        reconnect: Seconds for which the camera is opened again after a failure; 0 for never,
            infinity for no limit.
        devices: Lists the cameras.
        capture: Opens (index, backend).
        clock: Seconds; on Linux the clock of the drivers' time stamps.
    """

    def __init__(
        self,
        text: str = "",
        *,
        wish: CameraFormat | None = None,
        reconnect: float = 0.0,
        devices: Callable[[], Sequence[CameraDevice]] = list_cameras,
        capture: Callable[[int, int], Capture] = cv2.VideoCapture,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        super().__init__(tr("Camera {name}").format(name=text).strip(), reconnect)
        self._text = text
        self._wish = wish or CameraFormat()
        self._devices = devices
        self._make = capture
        self._clock = clock
        self._device: CameraDevice | None = None
        self._connection: CameraConnection | None = None
        self._begin: float | None = None
        self._last_pts = -1.0
        self._next_index = 0
        self._last_damaged = 0.0
        self._same: tuple[NDArray[np.uint8], float] | None = None  # a picture, and since when

    def _connect(self) -> SourceInfo:
        self._release()
        require_camera_access(self._closing)
        if self._device is None:
            device = choose(self._text, self._devices())
        else:
            device = find_again(self._device, self._devices())
        self._title = device.name
        self._connection = connection = CameraConnection(
            device, self._wish, self._make, self._clock
        )
        # Many cameras can be opened by two programs but deliver frames to one only.
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
            requested=self._wish.limits,
        )

    def _read(self) -> Frame | None:
        try:
            if self._connection is None:  # read again after an error
                raise SourceUnavailableError(
                    tr("The camera {name} is not connected.").format(name=self._title)
                )
            taken = self._next(self._connection)
        except SourceUnavailableError as error:
            # Other programs and a driver that starts again need the device.
            self._release()
            taken = self._retry(error, self._reconnected)
        self._check(taken)
        assert taken.image is not None
        at = taken.arrived if taken.captured is None else taken.captured
        if self._begin is None:
            self._begin = at
        # Rises also where the driver changes to another clock.
        pts = max(at - self._begin, self._last_pts + 1e-4, 0.0)
        self._last_pts = pts
        frame = Frame(taken.image, pts, self._next_index, taken.captured)
        self._next_index += 1
        return frame

    def _reconnected(self) -> CameraFrame:
        """Connects again, perhaps with another size; gives the first frame."""
        self._info = self._connect()
        assert self._connection is not None
        return self._next(self._connection)

    def _next(self, connection: CameraConnection) -> CameraFrame:
        """Waits for the next undamaged frame.

        Raises:
            SourceUnavailableError: The camera failed, or has sent none for a long time.
            SourceError: The source was closed.
        """
        # Counted from here, since a slow receiver may not have read for long.
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
            if silent >= _STALLED_S and self._status.condition not in _NO_FRAMES:
                self._report(SourceCondition.STALLED, message, hint)

    def _count_damaged(self, now: float) -> None:
        """Counts a damaged frame, and reports the first."""
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

    def _check(self, taken: CameraFrame) -> None:
        """Reports a camera that sends the same picture for seconds, and the end of a condition."""
        # A copy, since receivers may draw into their frames.
        data = taken.data[::_ROW_STEP].copy() if taken.data.shape[0] > 1 else taken.data
        if self._same is None or not np.array_equal(data, self._same[0]):
            self._same = data, taken.arrived
        if taken.arrived - self._same[1] >= _FROZEN_S:
            if self._status.condition is not SourceCondition.FROZEN:
                self._report(
                    SourceCondition.FROZEN,
                    f"The camera {self._title} has sent the same picture for "
                    f"{_FROZEN_S:.0f} seconds.",
                    "Plug it in again unless it shows a still picture.",
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
        """The part of an explicit request that was not met; empty if all was."""
        wish = self._wish
        asked = []
        if wish.width and (wish.width, wish.height) != (width, height):
            asked.append(f"{wish.width}\N{MULTIPLICATION SIGN}{wish.height}")
        if wish.fps and abs(wish.fps - fps) > 0.5:
            asked.append(f"{wish.fps:g} fps")
        return f"Asked for {', '.join(asked)}." if asked else ""
