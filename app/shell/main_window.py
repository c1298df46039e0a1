"""The window: wires its parts to the controller."""

from __future__ import annotations

import base64
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, Qt, QTimer, Signal
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QMainWindow

from app.features import features
from app.features.sources.devices import Devices, find_devices
from app.features.sources.mime_sources import dropped_spec
from app.features.sources.source_picker import redact_url
from app.pipeline.events import PipelineState
from app.runtime.settings import Settings
from app.session.heat import Heat
from app.session.models import short_name
from app.session.presenter import FramePresenter
from app.shell.actions import ACTIONS, ActionContext, all_actions
from app.shell.commands import Commands
from app.shell.menus import ActionSet
from app.shell.slots import build
from app.ui.i18n import tr
from app.ui.line_chart import import_pyqtgraph
from uvanet.sources.base import SourceKind
from uvanet.video.colormaps import COLORMAPS
from uvanet.video.overlay import OverlayStyle

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray
    from PySide6.QtGui import (
        QCloseEvent,
        QDragEnterEvent,
        QDragLeaveEvent,
        QDropEvent,
        QResizeEvent,
    )

    from app.runtime.jobs import Jobs
    from app.session.session import LiveSession
    from app.ui.theme import Theme
    from uvanet.analysis import Region
    from uvanet.errors import UvanetError
    from uvanet.sources.base import SourceInfo

TITLE = "UVA-Net Live"
_STATS_EVERY_MS = 400
_PLOTS_AFTER_MS = 400  # of the first overlay, which has enough to do
_WIDE_ENOUGH = 760  # pixels; in a narrower window the side panel gives way
_REMEMBERED = {SourceKind.VIDEO, SourceKind.PICTURE, SourceKind.FOLDER, SourceKind.NETWORK}
_RUNNING = {PipelineState.PLAYING, PipelineState.PAUSED, PipelineState.ENDED, PipelineState.FAILED}


class MainWindow(QMainWindow):
    """The program's only window.

    Args:
        controller: The source, the network and their state.
        settings: What the user chose before; changed in place.
        theme: The colours.
        jobs: For work that takes time.
        model: The network's name.

    Signals:
        closing: The window was closed; it is hidden already.
    """

    closing = Signal()

    def __init__(
        self, controller: LiveSession, settings: Settings, theme: Theme, jobs: Jobs, model: str
    ) -> None:
        super().__init__()
        self.controller = controller
        self.settings = settings
        self.jobs = jobs
        self._theme = theme
        self._position = 0.0
        self._was_maximized = False
        self.clean = False  # the picture alone, in a window of its size
        self.regions: tuple[Region, ...] = ()  # those of the source that plays
        self.actions_by_name = ActionSet(self, all_actions())
        self.actions_by_name.bind(ACTIONS, Commands(self))
        self.parts = build(self.actions_by_name, model)
        self.canvas, self.banner = self.parts.canvas, self.parts.banner
        self.picker, self.transport = self.parts.picker, self.parts.transport
        self.overlay_panel, self.status = self.parts.overlay, self.parts.status
        self.menu_button, self.main_menu = self.parts.menu_button, self.parts.menu
        self.setCentralWidget(self.parts.root)
        self.setAcceptDrops(True)
        self.setMinimumSize(560, 420)
        self.resize(1100, 720)
        self.setWindowTitle(TITLE)
        if sys.platform == "darwin":
            for menu in self.actions_by_name.submenus(self):
                self.menuBar().addMenu(menu)
        self.display = FramePresenter(controller, self.canvas, Heat(), self)
        self._plots_later = QTimer(self, singleShot=True, interval=_PLOTS_AFTER_MS)
        self._plots_later.timeout.connect(self._load_plots)
        self._stats_timer = QTimer(self)
        self._stats_timer.timeout.connect(self._show_stats)
        self._connect()
        self.features = [make(self) for make in features()]
        for feature in self.features:
            self.actions_by_name.bind(feature.ACTIONS, feature)
        self._apply_settings()
        self._update_actions()
        self._stats_timer.start(_STATS_EVERY_MS)
        self.canvas.setFocus()

    def _connect(self) -> None:
        controller, panel = self.controller, self.overlay_panel
        controller.opening.connect(self._on_opening)
        controller.opened.connect(self._on_opened)
        controller.failed.connect(self._on_failed)
        controller.engine_failed.connect(self._on_engine_failed)
        controller.model_failed.connect(self._on_engine_failed)
        controller.model_changed.connect(self._on_model)
        controller.stalled.connect(self._on_stalled)
        controller.state_changed.connect(self._on_state)
        self.display.shown.connect(self._on_shown)
        self.display.first_overlay.connect(self._plots_later.start)
        self.canvas.double_clicked.connect(self.actions_by_name["full_screen"].trigger)
        self.canvas.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.canvas.customContextMenuRequested.connect(
            lambda _: self.main_menu.popup(QCursor.pos())
        )
        self.banner.acted.connect(self._on_acted)
        self.picker.chosen.connect(self.open_source)
        self.picker.wanted.connect(self.find_devices)
        self.picker.forgotten.connect(self._forget_recent)
        self.transport.sought.connect(controller.seek)
        self.transport.speed_chosen.connect(self.set_speed)
        panel.opacity_changed.connect(self._on_opacity)
        panel.threshold_changed.connect(self._on_threshold)
        panel.smoothing_changed.connect(self._on_smoothing)
        panel.colormap_chosen.connect(self.set_colormap)

    def _apply_settings(self) -> None:
        settings = self.settings
        self.overlay_panel.opacity.set_value(settings.opacity)
        self.overlay_panel.threshold.set_value(settings.threshold)
        self.overlay_panel.smoothing.set_value(settings.smoothing)
        self.display.heat.style = OverlayStyle(
            settings.colormap, settings.opacity, settings.threshold
        )
        self.display.heat.smoothing = settings.smoothing
        self.set_colormap(settings.colormap)
        self.set_overlay_visible(settings.overlay)
        self.set_loop(settings.loop)
        self.set_panel_visible(settings.panel)
        self.actions_by_name.set_checked(f"theme_{self._theme.choice}", True)
        self.picker.set_recent(settings.recent)
        if settings.geometry:
            data = QByteArray(base64.b64decode(settings.geometry.encode(), validate=False))
            self.restoreGeometry(data)

    # -- sources

    @property
    def source_title(self) -> str:
        """The name of the source that plays; empty without one."""
        return self.controller.info.title if self.controller.info else ""

    def open_source(self, spec: str | None) -> None:
        """Opens a source; None for the first camera or the demo."""
        self.controller.open(spec)

    def find_devices(self, *, say: bool = False) -> None:
        """Looks for cameras and screens in the background."""

        def done(devices: Devices) -> None:
            self.picker.set_devices(devices)
            if say:
                self.banner.notify(
                    "info",
                    tr("Found {cameras} camera(s) and {screens} screen(s).").format(
                        cameras=len(devices.cameras), screens=len(devices.screens)
                    ),
                )

        self.jobs.run(find_devices, done, self._on_unexpected, name="devices")

    def _forget_recent(self) -> None:
        self.settings.recent = []
        self.picker.set_recent([])

    def _on_opening(self, name: str) -> None:
        self.banner.dismiss_topic("source")
        self.banner.dismiss_topic("stall")
        self.canvas.show_message(
            tr("Opening {name} …").format(name=name) if name else tr("Opening …")
        )

    def _on_opened(self, info: SourceInfo) -> None:
        self.banner.dismiss_topic("source")
        self.banner.dismiss_topic("stall")
        if info.kind in _REMEMBERED:
            spec = info.spec if "://" in info.spec else str(Path(info.spec).absolute())
            self.settings.add_recent(spec)
            self.picker.set_recent(self.settings.recent)
        self.picker.show_source(info.kind.value, info.title, info.spec)
        self.transport.set_source(
            info.duration,
            live=info.live,
            seekable=info.seekable,
            paced=not info.live and info.kind is not SourceKind.PICTURE,
        )
        self.transport.set_speed(self.controller.speed)
        self.status.show_source(info)
        self.setWindowTitle(f"{info.title} - {TITLE}")
        self._update_actions()

    def _on_failed(self, error: UvanetError) -> None:
        if self.controller.info is None:
            self.canvas.show_message(
                tr("Nothing to show"), tr("Choose a source, or drop a video here.")
            )
            self.setWindowTitle(TITLE)
            self.transport.set_source(None, live=False, seekable=False, paced=False)
            self.status.show_source(None)
            self.picker.show_source("camera", tr("Choose a source"), "")
        elif self.canvas.has_picture:
            self.canvas.show_message("")
        self.banner.dismiss_topic("stall")
        self.banner.notify(
            "error", error.message, error.hint, tr("Choose another source"), "source"
        )
        self._update_actions()
        if not self.parts.plots.rates.started:
            self._plots_later.start()

    def _on_acted(self, topic: str) -> None:
        if topic in ("source", "stall"):
            self.actions_by_name["choose_source"].trigger()

    def _on_engine_failed(self, error: UvanetError) -> None:
        self.banner.notify("error", error.message, error.hint, topic="network")

    def _on_model(self, name: str) -> None:
        self.banner.dismiss_topic("network")
        self.status.model.setText(short_name(name))

    def _on_stalled(self, seconds: float) -> None:
        if seconds:
            self.banner.notify(
                "warning",
                tr("{title} has sent no picture for {seconds:.0f} seconds.").format(
                    title=redact_url(self.source_title), seconds=seconds
                ),
                tr("Check the cable or the network; the picture goes on as soon as it comes."),
                tr("Choose another source"),
                "stall",
            )
        else:
            self.banner.dismiss_topic("stall")

    def _on_state(self, state: PipelineState) -> None:
        self.actions_by_name.set_playing(state is PipelineState.PLAYING)
        self._update_actions()

    def _on_unexpected(self, error: Exception) -> None:
        raise error

    def _update_actions(self) -> None:
        info, state = self.controller.info, self.controller.state
        self.actions_by_name.update(
            ActionContext(
                source=info is not None and state in _RUNNING,
                live=bool(info and info.live),
                seekable=bool(info and info.seekable),
                frame=self.display.packet is not None,
            )
        )

    # -- playing

    def jump(self, seconds: float) -> None:
        """Goes on or back from where the picture is."""
        self.controller.seek(self._position + seconds)

    def change_speed(self, direction: int) -> None:
        """Goes to the next faster or slower speed."""
        self.controller.change_speed(direction)
        self.transport.set_speed(self.controller.speed)

    def set_speed(self, speed: float) -> None:
        """Plays at a speed."""
        self.controller.set_speed(speed)
        self.transport.set_speed(self.controller.speed)

    def set_loop(self, on: bool) -> None:
        """Starts files again at their end, or not."""
        self.settings.loop = on
        self.controller.set_loop(on)
        self.actions_by_name.set_checked("loop", on)

    def _on_shown(self, position: float) -> None:
        self._position = position
        self.transport.set_position(position)
        if not self.actions_by_name["save_snapshot"].isEnabled():
            self._update_actions()

    def _load_plots(self) -> None:
        # A third of a second, beside the window's thread.
        self.jobs.run(
            import_pyqtgraph, lambda _: self.parts.plots.start(), self._on_unexpected, name="plots"
        )

    def _show_stats(self) -> None:
        stats = self.controller.stats()
        self.status.show_stats(stats)
        self.parts.plots.add(time.monotonic(), stats)

    def snapshot(self) -> Callable[[], NDArray[np.uint8]] | None:
        """See `FramePresenter.snapshot`."""
        return self.display.snapshot()

    # -- overlay

    def _on_opacity(self, value: float) -> None:
        self.settings.opacity = value
        self.display.restyle(opacity=value)

    def _on_threshold(self, value: float) -> None:
        self.settings.threshold = value
        self.display.restyle(threshold=value)

    def _on_smoothing(self, seconds: float) -> None:
        self.settings.smoothing = seconds
        self.display.set_smoothing(seconds)

    def set_colormap(self, name: str) -> None:
        """Uses a colour map."""
        self.settings.colormap = name
        self.overlay_panel.set_colormap(name)
        self.actions_by_name.set_checked(f"colormap_{name}", True)
        self.display.restyle(colormap=name)

    def next_colormap(self) -> None:
        """Uses the next colour map."""
        place = COLORMAPS.index(self.settings.colormap) + 1
        self.set_colormap(COLORMAPS[place % len(COLORMAPS)])

    def set_overlay_visible(self, on: bool) -> None:
        """Shows or hides the heat."""
        self.settings.overlay = on
        self.actions_by_name.set_checked("overlay", on)
        self.display.set_visible(on)

    def reset_overlay(self) -> None:
        """Goes back to the overlay the program came with."""
        fresh = Settings()
        self.overlay_panel.opacity.set_value(fresh.opacity)
        self.overlay_panel.threshold.set_value(fresh.threshold)
        self.overlay_panel.smoothing.set_value(fresh.smoothing)
        self.set_colormap(fresh.colormap)
        self.set_overlay_visible(True)

    # -- view

    def set_panel_visible(self, on: bool) -> None:
        """Shows or hides the side panel."""
        self.settings.panel = on
        self.actions_by_name.set_checked("panel", on)
        if on and self.isVisible() and not self.isFullScreen() and self.width() < _WIDE_ENOUGH:
            self.resize(_WIDE_ENOUGH, self.height())
        self._place_parts()

    def enter_full_screen(self) -> None:
        """Shows the picture alone."""
        if not self.isFullScreen():
            self._was_maximized = self.isMaximized()
            self.showFullScreen()
            self._place_parts()
            words = tr("Press Esc to leave the full screen.")
            self.banner.notify("info", words, topic="full screen")

    def leave_full_screen(self) -> None:
        """Brings the window back."""
        self.actions_by_name.set_checked("full_screen", False)
        self.banner.dismiss_topic("full screen")
        if self.isFullScreen():
            self.showMaximized() if self._was_maximized else self.showNormal()
            self._place_parts()

    def set_clean(self, on: bool) -> None:
        """Leaves the picture alone in the window, or brings everything back."""
        self.clean = on
        self.banner.set_silent(on)
        self._place_parts()

    @property
    def immersive(self) -> bool:
        """Whether the picture is alone."""
        return self.clean or self.isFullScreen()

    def _place_parts(self) -> None:
        self.parts.set_immersive(self.immersive, panel=self._panel_fits())

    def _panel_fits(self) -> bool:
        return self.settings.panel and self.width() >= _WIDE_ENOUGH and not self.immersive

    def set_theme(self, choice: str) -> None:
        """Follows the system, or stays dark or light."""
        self.settings.theme = choice
        self.actions_by_name.set_checked(f"theme_{choice}", True)
        self._theme.choose(choice)

    # -- Qt's events

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Gives a narrow window's room to the picture."""
        super().resizeEvent(event)
        if self.parts.panel.isVisibleTo(self) != self._panel_fits():
            self._place_parts()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcomes what can be opened."""
        if dropped_spec(event.mimeData()) is not None:
            event.acceptProposedAction()
            self.canvas.set_dropping(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Takes the welcome back."""
        self.canvas.set_dropping(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Opens what was dropped."""
        self.canvas.set_dropping(False)
        spec = dropped_spec(event.mimeData())
        if spec is not None:
            event.acceptProposedAction()
            if not any(feature.takes(spec) for feature in self.features):
                self.open_source(spec)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Hides the window at once; what takes time comes after."""
        self.leave_full_screen()
        if self.clean:
            self.actions_by_name["clean_view"].trigger()
        self.settings.geometry = bytes(self.saveGeometry().toBase64().data()).decode()
        self._stats_timer.stop()
        self._plots_later.stop()
        self.display.close()
        self.hide()
        self.parts.plots.stop()
        event.accept()
        self.closing.emit()
