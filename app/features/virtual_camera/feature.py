"""Virtual camera: a camera device that shows the picture of the window to other programs."""

from __future__ import annotations

from PySide6.QtCore import Signal

from app.features.virtual_camera.sender import CameraSender
from app.shell.actions import FRAME, Menu, MenuActions
from app.shell.context import FeatureContext
from app.shell.feature import Feature
from app.ui.i18n import tr
from uvanet.errors import UvanetError

action = MenuActions(Menu.VIEW)

_DEFAULT_FPS = 30.0
_TOPIC = "virtual camera"


class VirtualCamera(Feature):
    """Sends each painted frame with its heat map and layers to a virtual camera.

    Signals:
        opened: The CameraSender and the name of its device. Emitted on the sender's thread.
        failed: The CameraSender and its UvanetError. Emitted on the sender's thread.
    """

    opened = Signal(object, str)
    failed = Signal(object, object)

    def __init__(self, context: FeatureContext) -> None:
        super().__init__(context)
        self._sender: CameraSender | None = None
        self.opened.connect(self._on_opened)
        self.failed.connect(self._on_failed)
        context.presenter.presented.connect(self._send)

    @action(
        "Virtual camera",
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
        # Even sides: the pixel formats of cameras halve the resolution of the colors.
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

    def _on_opened(self, sender: CameraSender, device: str) -> None:
        if sender is not self._sender:
            return
        self.context.actions.set_checked("virtual_camera", True)
        self.context.messages.notify(
            "done",
            tr("Other programs see the picture as the camera {device}.").format(device=device),
            topic=_TOPIC,
        )

    def _on_failed(self, sender: CameraSender, error: UvanetError) -> None:
        if sender is self._sender:
            self._stop()
            self.context.show_error(error, _TOPIC)
