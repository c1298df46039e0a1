"""Virtual camera: other programs see the picture, as the window shows it, as a camera."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from app.features.virtual_camera.sender import CameraSender
from app.shell.actions import FRAME, Menu, action
from app.shell.feature import Feature
from app.ui.i18n import tr

if TYPE_CHECKING:
    from app.shell.context import FeatureContext
    from uvanet.errors import UvanetError

_DEFAULT_FPS = 30.0
_TOPIC = "virtual camera"


class VirtualCamera(Feature):
    """Sends each painted frame with heat map and layers; the controls of the window are not in it.

    Signals:
        opened: Name of the device, from the thread of the sender.
        failed: What went wrong, likewise.
    """

    opened = Signal(str)
    failed = Signal(object)

    def __init__(self, context: FeatureContext) -> None:
        super().__init__(context)
        self._sender: CameraSender | None = None
        self.opened.connect(self._on_opened)
        self.failed.connect(self._on_failed)
        context.presenter.presented.connect(self._send)

    @action(
        "Virtual camera",
        Menu.VIEW,
        "Shift+F9",
        icon="camera",
        needs=FRAME,
        checkable=True,
        group=3,
        words="OBS Zoom Teams webcam stream",
    )
    def virtual_camera(self, on: bool) -> None:
        """Shows the picture to other programs as a camera."""
        self._stop()
        packet, info = self.context.presenter.packet, self.context.session.info
        if not on or packet is None:
            return
        height, width = packet.frame.picture.shape[:2]
        rate = info.fps if info is not None and info.fps else _DEFAULT_FPS
        # Encoders of cameras halve the colors' resolution.
        size = (width + width % 2, height + height % 2)
        self._sender = CameraSender(size, rate, self.opened.emit, self.failed.emit)
        self._send()

    def close(self, timeout: float) -> bool:
        """Closes the camera."""
        sender, self._sender = self._sender, None
        return sender is None or sender.close(timeout)

    def _stop(self) -> None:
        if self._sender is not None:
            self._sender.close()
            self._sender = None
        self.context.actions.set_checked("virtual_camera", False)
        self.context.messages.dismiss_topic(_TOPIC)

    def _send(self) -> None:
        if self._sender is None:
            return
        render = self.context.presenter.snapshot()
        if render is not None:
            self._sender.put(render)

    def _on_opened(self, device: str) -> None:
        if self._sender is None:
            return
        self.context.actions.set_checked("virtual_camera", True)
        self.context.messages.notify(
            "done",
            tr("Other programs see the picture as the camera {device}.").format(device=device),
            topic=_TOPIC,
        )

    def _on_failed(self, error: UvanetError) -> None:
        if self._sender is not None:
            self._stop()
            self.context.show_error(error, _TOPIC)
