"""Screen: choice of a region, and the program's own windows left out of the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMenu

from app.features.screen.region_picker import RegionPicker, native_box
from app.shell.actions import Menu, action
from app.shell.feature import Feature
from uvanet.sources.base import SourceKind
from uvanet.sources.screen import is_wayland

if TYPE_CHECKING:
    from app.shell.context import FeatureContext

_INTERVAL_MS = 100


class Screen(Feature):
    """Opens a region of the desktop as a source; covers the program's windows in screen sources.

    Without that, the picture would show itself in the window, and again in that, for ever.
    """

    def __init__(self, context: FeatureContext) -> None:
        super().__init__(context)
        self._picker: RegionPicker | None = None
        self._timer = QTimer(self, interval=_INTERVAL_MS)
        self._timer.timeout.connect(self._cover)
        for signal in (context.session.opened, context.session.failed, context.session.switched):
            signal.connect(self._on_source)

    @action("Screen region…", Menu.FILE, "Ctrl+Shift+U", icon="screen")
    def open_screen_region(self) -> None:
        """Asks for a rectangle of the desktop; under Wayland for a screen or a window."""
        if is_wayland():
            self.context.session.open("screen:")
            return
        # Its windows may be opened over a region before the source is known to be a screen.
        self._cover()
        self._close_picker()
        self._picker = RegionPicker()
        self._picker.chosen.connect(self._open)
        self._picker.show()

    def close(self, timeout: float) -> bool:
        """Stops following the windows."""
        del timeout
        self._timer.stop()
        self._close_picker()
        return True

    def _close_picker(self) -> None:
        if self._picker is not None:
            self._picker.close()

    def _open(self, left: int, top: int, width: int, height: int) -> None:
        self.context.session.open(f"screen:{left},{top},{width},{height}")

    def _on_source(self) -> None:
        info = self.context.session.info
        if info is not None and info.kind is SourceKind.SCREEN:
            self._cover()
            self._timer.start()
        else:
            self._timer.stop()

    def _cover(self) -> None:
        self.context.session.hidden_areas.boxes = tuple(
            native_box(widget.frameGeometry())
            for widget in QApplication.topLevelWidgets()
            if widget.isVisible() and not widget.isMinimized() and not isinstance(widget, QMenu)
        )
