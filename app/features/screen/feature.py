"""Screen: regions of the desktop and windows of other programs as sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMenu

from app.features.screen.region_picker import RegionPicker, native_box
from app.features.screen.window_picker import WindowPicker
from app.shell.actions import Menu, MenuActions
from app.shell.feature import Feature
from app.ui.build import present
from app.ui.i18n import tr
from uvanet.sources.base import SourceKind
from uvanet.sources.screen import is_wayland, is_x11

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.shell.context import FeatureContext
    from uvanet.sources.window import WindowDevice

action = MenuActions(Menu.FILE)

_INTERVAL_MS = 100


class Screen(Feature):
    """Opens a region of the desktop or a window; hides the program's own windows in the picture.

    Otherwise the picture would contain the window that shows it.

    Attributes:
        windows: The open dialog that lists windows, or None.
    """

    def __init__(self, context: FeatureContext) -> None:
        super().__init__(context)
        self._picker: RegionPicker | None = None
        self.windows: WindowPicker | None = None
        self._timer = QTimer(self, interval=_INTERVAL_MS)
        self._timer.timeout.connect(self._cover)
        for signal in (context.session.opened, context.session.failed, context.session.switched):
            signal.connect(self._on_source)

    @action(
        "Screen region…", "Ctrl+Shift+U", icon="screen", words="capture record desktop monitor part"
    )
    def open_screen_region(self) -> None:
        """Asks for a rectangle of the desktop; under Wayland for a screen or a window."""
        if is_wayland():
            self.context.session.open("screen:")
            return
        # The first frames may come before the session reports a screen source.
        self._cover()
        self._close_picker()
        self._picker = RegionPicker()
        self._picker.chosen.connect(self._open)
        self._picker.show()

    @action(
        "Watch a window…",
        "Ctrl+Alt+U",
        icon="screen",
        words="capture record screen program application",
    )
    def open_window(self) -> None:
        """Asks for a window of another program; under Wayland for a screen or a window."""
        if is_wayland():
            self.context.session.open("screen:")
            return
        if not is_x11():
            self.context.messages.notify(
                "info",
                tr("Windows of other programs can be watched under X11 only."),
                tr("Choose a screen, or a region of it."),
            )
            return
        picker = self.windows = WindowPicker(self._list_windows, self.context.slots.window)
        picker.chosen.connect(self.context.session.open)
        picker.finished.connect(self._forget_picker)
        picker.finished.connect(picker.deleteLater)
        self._list_windows()
        present(picker)

    def _list_windows(self) -> None:
        from uvanet.sources.window import list_windows  # python-xlib is for Linux only

        def show(windows: Sequence[WindowDevice]) -> None:
            if self.windows is not None:
                self.windows.show_windows(windows)

        self.context.run(list_windows, show, name="windows")

    def _forget_picker(self) -> None:
        self.windows = None

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
