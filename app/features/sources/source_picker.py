"""The button that names the source and opens the list of sources."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QMenu, QWidget

from app.features.sources.devices import Devices
from app.shell.actions import ActionRegistry
from app.ui.controls import IconButton
from app.ui.i18n import tr
from app.ui.icons import icon
from uvanet.redaction import redact_source

_ICONS = {
    "camera": "camera",
    "video": "file",
    "picture": "picture",
    "folder": "folder",
    "network": "link",
    "screen": "screen",
    "demo": "demo",
    "other": "source",
}
_MAX_WIDTH = 320  # of the title, in pixels
_MAX_ENTRY_WIDTH = 420
_SEARCH_MS = 2000


class SourcePicker(IconButton):
    """Lists cameras, screens, the demo, files, URLs and recent sources.

    Args:
        actions: All actions.

    Signals:
        chosen: The string that opens the source.
        list_opening: The list is about to open, or has been open for a while; connect the search
            for devices.
        clear_requested: The user wants to clear the recent sources.
    """

    chosen = Signal(object)  # a str; Qt's own strings lose bytes of names that are not UTF-8
    list_opening = Signal()
    clear_requested = Signal()

    def __init__(self, actions: ActionRegistry, parent: QWidget | None = None) -> None:
        super().__init__(18, parent)
        self.setObjectName("source")
        self._actions = actions
        self._title = ""
        self._devices: Devices | None = None
        self._recent: list[str] = []
        self._current = ""
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setPopupMode(IconButton.ToolButtonPopupMode.InstantPopup)
        self.setIconSize(QSize(18, 18))
        self.setToolTip(actions["choose_source"].toolTip())
        self.list = QMenu(self)
        self.list.setAccessibleName(tr("Sources"))
        self.list.aboutToShow.connect(self._on_opening)
        # Cameras that are plugged in while the list is open appear in it.
        self._search_timer = QTimer(self, interval=_SEARCH_MS)
        self._search_timer.timeout.connect(self.list_opening)
        self.list.aboutToHide.connect(self._search_timer.stop)
        self.recent_list = QMenu(tr("Recent"), self)
        self.setMenu(self.list)
        self.show_source("camera", tr("Choose a source"), "")

    def show_source(self, kind: str, title: str, spec: str) -> None:
        """Shows the current source.

        Args:
            kind: Value of a `SourceKind`.
            title: Name to show.
            spec: The string that opens the source; empty for none.
        """
        self._title, self._current = title, spec
        metrics = QFontMetrics(self.font())
        shown = metrics.elidedText(title, Qt.TextElideMode.ElideMiddle, _MAX_WIDTH)
        self.setText(shown.replace("&", "&&") + "  \N{BLACK DOWN-POINTING SMALL TRIANGLE}")
        self.setAccessibleName(tr("Source: {title}").format(title=title))
        self.setIcon(icon(_ICONS.get(kind, "camera"), "accent"))
        self._refill()

    def set_devices(self, devices: Devices) -> None:
        """Sets the cameras and screens; an open list changes only where they differ."""
        if devices != self._devices:
            self._devices = devices
            self._refill()

    def set_recent(self, specs: Sequence[str]) -> None:
        """Sets the recent sources, newest first."""
        self._recent = list(specs)
        self._refill()

    def _on_opening(self) -> None:
        self._fill()
        self._search_timer.start()
        self.list_opening.emit()

    def _refill(self) -> None:
        """Fills the list again if it is open, as after a search for devices."""
        if not self.list.isVisible():
            return
        active = self.list.activeAction()
        selected = active.text() if active is not None else ""
        self._fill()
        for action in self.list.actions():
            if selected and action.text() == selected:
                self.list.setActiveAction(action)

    def _fill(self) -> None:
        menu = self.list
        menu.clear()
        cameras = self._devices.cameras if self._devices else ()
        for camera in cameras:
            self._entry(menu, "camera", camera.name, camera.spec)
        if not cameras:
            searching = self._devices is None
            text = tr("Searching for cameras…") if searching else tr("No camera found")
            menu.addAction(icon("camera"), text).setEnabled(False)
        screens = self._devices.screens if self._devices else ()
        if screens:
            menu.addSeparator()
        for screen in screens:
            self._entry(menu, "screen", screen.name, screen.spec)
        for name in ("open_screen_region", "open_window"):
            if screens and name in self._actions:
                menu.addAction(self._actions[name])
        menu.addSeparator()
        for name in ("open_demo", "open_file", "open_folder", "open_url"):
            menu.addAction(self._actions[name])
        self._fill_recent()
        menu.addMenu(self.recent_list)
        menu.addSeparator()
        menu.addAction(self._actions["rescan"])

    def _fill_recent(self) -> None:
        self.recent_list.clear()
        self.recent_list.setIcon(icon("history"))
        self.recent_list.setEnabled(bool(self._recent))
        for spec in self._recent:
            self._entry(
                self.recent_list, "link" if "://" in spec else "file", redact_source(spec), spec
            )
        if self._recent:
            self.recent_list.addSeparator()
            self.recent_list.addAction(tr("Clear list"), self.clear_requested.emit)

    def _entry(self, menu: QMenu, icon_name: str, text: str, spec: str) -> None:
        metrics = QFontMetrics(self.font())
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, _MAX_ENTRY_WIDTH)
        action = menu.addAction(icon(icon_name), shown.replace("&", "&&"))
        action.triggered.connect(lambda _=False: self.chosen.emit(spec))
        if spec == self._current:
            font = action.font()
            font.setBold(True)
            action.setFont(font)
