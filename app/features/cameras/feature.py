"""Cameras that come and go, and what they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from app.features.cameras.camera_menu import CameraMenu
from app.features.cameras.camera_monitor import CameraMonitor
from app.pipeline.events import PipelineState
from app.shell.actions import ActionContext, ActionSpec, Menu
from app.shell.feature import Feature
from app.ui.i18n import tr
from uvanet.sources import CameraFormat
from uvanet.sources.base import SourceKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.shell.main_window import MainWindow
    from uvanet.sources import CameraDevice
    from uvanet.sources.base import SourceInfo

_TOPIC = "camera"


def _source(now: ActionContext) -> bool:
    return now.source


class Cameras(Feature):
    """Watches for a camera that was lost, or for the first one; asks for size and rate."""

    ACTIONS: ClassVar[tuple[ActionSpec, ...]] = (
        ActionSpec(
            "camera_options",
            "Size and rate of the camera…",
            Menu.SOURCE,
            ("Shift+S",),
            available=_source,
            group=1,
        ),
    )

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._watch = CameraMonitor(_list_cameras, parent=self)
        self._lost: SourceInfo | None = None
        self._info: SourceInfo | None = None
        self._wanted = False  # the source that was asked for last is a camera
        self._known: set[str] | None = None  # specs of the last look; None before the first
        self._menu = CameraMenu()
        window.parts.add_status(self._menu)
        window.controller.opened.connect(self._on_opened)
        window.controller.opening.connect(self._on_opening)
        window.controller.switched.connect(self._on_switched)
        window.controller.state_changed.connect(self._on_state)
        window.controller.turned.connect(self._on_turned)
        window.closing.connect(self._watch.stop)
        self._watch.seen.connect(self._on_seen)
        self._menu.size_chosen.connect(self._on_size)
        self._menu.rate_chosen.connect(self._on_rate)
        self._ask()

    def close(self, timeout: float) -> bool:
        """Ends the watch."""
        return self._watch.join(timeout)

    # -- actions

    def camera_options(self) -> None:
        """Opens the menu of what to ask the camera for."""
        if self._info is None:
            self.window.banner.notify(
                "info",
                tr("Size and rate are asked of cameras."),
                tr("A screen and a stream give what they give."),
            )
        else:
            self._menu.unfold()

    # -- that come and go

    def _on_opened(self, info: SourceInfo) -> None:
        camera = info.kind is SourceKind.CAMERA
        self._info = info if camera else None
        self._lost = None
        self._menu.show_given(self._info)
        # Only the demo that stands in for a camera waits for one; who chose a film does not.
        self._wait(info.kind is SourceKind.DEMO and bool(info.note), known=set())

    def _on_opening(self, name: str) -> None:
        self._wanted = not name or name.startswith(SourceKind.CAMERA.value)

    def _on_switched(self) -> None:
        self._info = self._lost = None

    def _on_state(self, state: PipelineState) -> None:
        if state is PipelineState.FAILED:
            self._lost = self._info
            # What is there already is no news for one whose camera has just gone.
            self._wait(self._lost is not None or self._wanted, known=None)

    def _wait(self, wanted: bool, *, known: set[str] | None) -> None:
        if wanted and not self._watch.running:
            self._known = known
            self._watch.start()
        elif not wanted:
            self._watch.stop()

    def _on_seen(self, devices: Sequence[CameraDevice]) -> None:
        if not self._watch.running:
            return
        specs = {one.spec for one in devices}
        before = specs if self._known is None else self._known
        fresh = [one for one in devices if one.spec not in before]
        self._known = specs
        lost = self._lost
        if lost is not None:
            # A number is whichever camera has it now: only a lasting name is the same camera.
            number = lost.spec.removeprefix("camera:").isdecimal()
            if not number and any(one.spec == lost.spec for one in devices):
                self._lost = None
                self._watch.stop()
                self.window.open_source(lost.spec)
                self.window.banner.notify("info", tr("{name} is back.").format(name=lost.title))
                return
        if fresh:
            names = ", ".join(one.name for one in fresh)
            self.window.banner.notify(
                "info",
                tr("A camera is there now: {names}.").format(names=names),
                tr("Press S to choose it."),
                topic=_TOPIC,
            )

    # -- what they are asked for

    def _ask(self) -> None:
        settings = self.window.settings
        width, height = settings.camera_size
        rate = settings.camera_fps
        wanted = bool(width or rate)
        self.window.controller.camera_format = (
            CameraFormat(width, height, float(rate)) if wanted else None
        )
        self._menu.show_asked((width, height), rate)

    def _on_size(self, width: int, height: int) -> None:
        self.window.settings.camera_size = [width, height]
        self._reopen()

    def _on_rate(self, rate: int) -> None:
        self.window.settings.camera_fps = rate
        self._reopen()

    def _reopen(self) -> None:
        self._ask()
        if self._info is not None:
            self.window.open_source(self._info.spec)

    def _on_turned(self) -> None:
        if self._info is not None:
            self._menu.show_given(self.window.controller.info)


def _list_cameras() -> Sequence[CameraDevice]:
    # By its module, since OpenCV is heavy and a test puts its own in its place.
    from uvanet import sources

    return sources.list_cameras()
