"""Cameras: announces new cameras while one is missing, and requests size and rate."""

from __future__ import annotations

from collections.abc import Sequence

from app.features.cameras.camera_menu import CameraMenu
from app.features.cameras.camera_monitor import CameraMonitor
from app.features.cameras.settings import CameraSettings
from app.pipeline.events import PipelineState
from app.shell.actions import SOURCE, Menu, MenuActions
from app.shell.context import Fact, FactKind, FeatureContext
from app.shell.feature import Feature
from app.ui.i18n import tr
from uvanet.errors import SourceError
from uvanet.sources import CameraDevice, CameraFormat
from uvanet.sources.base import SourceCondition, SourceInfo, SourceKind, SourceStatus
from uvanet.sources.cameras import camera_text, choose

action = MenuActions(Menu.FILE)

_TOPIC = "camera"
_RANK = 60


class Cameras(Feature):
    """Watches the connected cameras while one is missing; requests the format."""

    def __init__(self, context: FeatureContext) -> None:
        super().__init__(context)
        self._settings = context.settings.section(CameraSettings)
        self._monitor = CameraMonitor(_list_cameras, parent=self)
        self._info: SourceInfo | None = None  # of the current source, where it is a camera
        self._reconnecting = False
        self._offered = ""  # spec of the camera that a message offers to open
        self._known: set[str] | None = None  # specs of the last search; None before the first
        self._menu = CameraMenu()
        context.slots.add_status(self._menu, _RANK)
        session = context.session
        session.opened.connect(self._on_opened)
        session.opening.connect(self._on_opening)
        session.switched.connect(self._on_switched)
        session.state_changed.connect(self._on_state)
        session.status_changed.connect(self._on_status)
        session.turned.connect(self._on_turned)
        context.slots.closing.connect(self._monitor.stop)
        self._monitor.seen.connect(self._on_seen)
        context.messages.acted.connect(self._on_acted)
        self._menu.size_chosen.connect(self._on_size)
        self._menu.rate_chosen.connect(self._on_rate)
        self._request_format()

    def facts(self) -> list[Fact]:
        """The requested format."""
        width, height = self._settings.size
        value = f"{width}x{height}, {self._settings.fps} fps"
        return [Fact("camera format", value, FactKind.TECHNICAL)]

    def close(self, timeout: float) -> bool:
        """Ends the monitor's thread."""
        return self._monitor.close(timeout)

    # -- actions

    @action(
        "Camera size and rate…",
        "Shift+S",
        needs=SOURCE,
        group=1,
        words="webcam resolution format fps",
    )
    def camera_options(self) -> None:
        """Opens the menu of sizes and rates."""
        if self._info is None:
            self.context.messages.notify(
                "info",
                tr("Size and rate can be chosen for cameras only."),
                tr("Screens and streams have a fixed size and rate."),
            )
        else:
            self._menu.open_menu()

    # -- connected cameras

    def _on_opened(self, info: SourceInfo) -> None:
        self._info = info if info.kind is SourceKind.CAMERA else None
        self._reconnecting = False
        self._menu.show_format(self._info)
        # New cameras are announced during the demo that replaces a missing camera.
        self._watch(info.kind is SourceKind.DEMO and bool(info.note), known=set())

    def _on_opening(self, _name: str) -> None:
        self._reconnecting = False
        self._watch(False)

    def _on_switched(self) -> None:
        self._info = None
        self._menu.show_format(None)

    def _on_status(self, status: SourceStatus) -> None:
        self._reconnecting = status.condition is SourceCondition.RECONNECTING
        self._watch(self._reconnecting and self._is_camera_chosen())

    def _on_state(self, state: PipelineState) -> None:
        if state is PipelineState.FAILED:
            self._reconnecting = False
            self._watch(self._is_camera_chosen())

    def _is_camera_chosen(self) -> bool:
        chosen = self.context.session.spec
        return chosen is None or camera_text(chosen) is not None

    def _watch(self, on: bool, *, known: set[str] | None = None) -> None:
        """Starts or stops the announcement of new cameras.

        Args:
            on: Whether to announce them.
            known: Specs of cameras that are not announced; None for the cameras that are connected
                at the start.
        """
        if on and not self._monitor.running:
            self._known = known
            self._monitor.start()
        elif not on:
            self._monitor.stop()

    def _on_seen(self, devices: Sequence[CameraDevice]) -> None:
        if not self._monitor.running:
            return
        specs = {device.spec for device in devices}
        before = specs if self._known is None else self._known
        fresh = [device for device in devices if device.spec not in before]
        self._known = specs
        awaited = self._awaited(devices)
        fresh = [device for device in fresh if device.spec != awaited]
        if fresh:
            names = ", ".join(device.name for device in fresh)
            self._offered = fresh[0].spec
            self.context.messages.notify(
                "info",
                tr("A camera was connected: {names}.").format(names=names),
                tr("Press S to choose it."),
                tr("Open {name}").format(name=fresh[0].name),
                _TOPIC,
            )

    def _on_acted(self, topic: str) -> None:
        if topic == _TOPIC:
            self.context.session.open(self._offered)

    def _awaited(self, devices: Sequence[CameraDevice]) -> str:
        """The spec of the camera that is being reconnected; empty if it is not connected."""
        if not self._reconnecting:
            return ""
        if self._info is not None:
            return self._info.spec
        try:
            return choose(camera_text(self.context.session.spec or "") or "", devices).spec
        except SourceError:
            return ""

    # -- format

    def _request_format(self) -> None:
        size, fps = self._settings.size, self._settings.fps
        # In a settings file, one of the sides may be 0.
        width, height = size if all(size) else (0, 0)
        wanted = bool(width or fps)
        self.context.session.camera_format = (
            CameraFormat(width, height, float(fps)) if wanted else None
        )
        self._menu.show_requested((width, height), fps)

    def _on_size(self, width: int, height: int) -> None:
        self._settings.size = (width, height)
        self._reopen()

    def _on_rate(self, rate: int) -> None:
        self._settings.fps = rate
        self._reopen()

    def _reopen(self) -> None:
        self._request_format()
        if self._info is not None:
            self.context.session.open(self._info.spec)

    def _on_turned(self) -> None:
        if self._info is not None:
            self._menu.show_format(self.context.session.info)


def _list_cameras() -> Sequence[CameraDevice]:
    from uvanet import sources  # looked up at each call, since tests replace `list_cameras`

    return sources.list_cameras()
