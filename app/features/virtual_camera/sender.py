"""Sends pictures to a virtual camera on a thread of its own."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from app.pipeline.latest_slot import LatestSlot
from uvanet.errors import UvanetError
from uvanet.extras import require
from uvanet.i18n import tr, tr_noop
from uvanet.resizing import letterbox

Render = Callable[[], NDArray[np.uint8]]


_REPEAT_S = 0.5  # a paused picture is sent again, since programs close a camera without frames
_INSTALL = {
    "linux": tr_noop(
        "Install v4l2loopback (Debian, Ubuntu: v4l2loopback-dkms) and load it: "
        "sudo modprobe v4l2loopback exclusive_caps=1."
    ),
    "darwin": tr_noop("Install OBS Studio 30 or newer and start its virtual camera once."),
    "win32": tr_noop("Install OBS Studio or Unity Capture, whose camera driver is used."),
}


class CameraSender:
    """Opens a virtual camera and sends the newest picture; older ones are dropped.

    The callbacks are called on the thread of the sender.

    Args:
        size: Width and height of the camera in pixels, both even. Pictures of another size are
            scaled to fit, with black borders.
        fps: Nominal rate.
        opened: Called with this object and the name of the device.
        failed: Called with this object and the error; the thread ends.
    """

    def __init__(
        self,
        size: tuple[int, int],
        fps: float,
        opened: Callable[[CameraSender, str], None],
        failed: Callable[[CameraSender, UvanetError], None],
    ) -> None:
        self._size, self._fps = size, fps
        self._opened, self._failed = opened, failed
        self._slot: LatestSlot[Render] = LatestSlot()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="uvanet-virtual-camera", daemon=True)
        self._thread.start()

    def put(self, render: Render) -> None:
        """Sends a picture.

        Args:
            render: Called on the sender's thread; returns BGR, uint8, shape (h, w, 3).
        """
        self._slot.put(render)

    def close(self, timeout: float = 0.0) -> bool:
        """Closes the camera; returns whether the thread ended within `timeout` seconds."""
        self._stopped.set()
        self._slot.close()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            require("pyvirtualcam", "virtualcam")
            self._send_all()
        except UvanetError as error:
            self._failed(self, error)
        except (RuntimeError, OSError, ValueError) as error:
            self._failed(
                self,
                UvanetError(
                    tr("There is no virtual camera: {reason}.").format(reason=error),
                    tr(_INSTALL.get(sys.platform, "")),
                ),
            )

    def _send_all(self) -> None:
        import pyvirtualcam

        width, height = self._size
        layout = pyvirtualcam.PixelFormat.BGR
        with pyvirtualcam.Camera(width, height, self._fps, fmt=layout) as camera:
            self._opened(self, str(camera.device))
            picture = np.zeros((height, width, 3), np.uint8)
            while not self._stopped.is_set():
                render = self._slot.take(_REPEAT_S)
                if render is not None:
                    picture = letterbox(render(), self._size)
                camera.send(picture)
