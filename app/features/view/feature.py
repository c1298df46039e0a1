"""View: full screen, presentation mode, zoom, mirroring, rotation, panel and theme."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt

from app.features.view.settings import ViewSettings
from app.shell.actions import FRAME, SOURCE, Menu, MenuActions
from app.shell.context import Fact, FactKind, FeatureContext
from app.shell.feature import Feature, Preference
from app.shell.settings import ThemeChoice, WindowSettings
from app.shell.slots import PANEL_MIN_WIDTH
from app.ui.build import combo_box
from app.ui.i18n import tr
from uvanet.sources.base import SourceInfo
from uvanet.sources.orientation import Orientation

action = MenuActions(Menu.VIEW)
theme_action = MenuActions(Menu.VIEW, "Theme")
zoom_action = MenuActions(Menu.VIEW, "Zoom")

_SCREEN_SHARE = 0.9
_MAX_SIZE = 16_777_215  # Qt's QWIDGETSIZE_MAX
_MAX_ORIENTATIONS = 100
_TOPIC = "full screen"
_PANEL = "panel"


class View(Feature):
    """Full screen, presentation mode, zoom, orientation, side panel and theme."""

    def __init__(self, context: FeatureContext) -> None:
        super().__init__(context)
        self._settings = context.settings.section(ViewSettings)
        self._window = context.slots.window
        self._presenting = False
        self._minimum = self._window.minimumSize()
        self._size_before: QSize | None = None
        self._was_maximized = False
        for spec, (mirrored, quarters) in self._settings.orientations.items():
            context.session.orientations.set(spec, Orientation(bool(mirrored), quarters))
        for name in ("panel", "full_screen"):
            context.slots.add_button(context.actions[name], 70)
        context.actions.set_checked(f"theme_{context.theme.choice}", True)
        self._show_panel()
        context.slots.panel_changed.connect(self._show_panel)
        context.slots.chrome_requested.connect(self._leave_full_screen)
        context.slots.panel_requested.connect(self._uncover_panel)
        context.slots.closing.connect(self._on_closing)
        context.slots.canvas.double_clicked.connect(context.actions["full_screen"].trigger)
        context.session.switched.connect(context.slots.canvas.viewport.fit)
        context.session.opened.connect(self._on_opened)
        context.session.turned.connect(self._on_turned)

    def facts(self) -> list[Fact]:
        """Theme and panel."""
        settings = self.context.settings.section(WindowSettings)
        return [
            Fact("theme", settings.theme, FactKind.TECHNICAL),
            Fact("panel", str(settings.panel), FactKind.TECHNICAL),
        ]

    def preferences(self) -> list[Preference]:
        """The theme."""
        widget = combo_box(
            tr("Theme"),
            tr("Colors of the window"),
            [("system", tr("System")), ("dark", tr("Dark")), ("light", tr("Light"))],
        )
        widget.setCurrentIndex(max(0, widget.findData(self.context.theme.choice)))
        widget.activated.connect(
            lambda _: self.context.actions.trigger(f"theme_{widget.currentData()}")
        )
        words = tr("theme dark mode night light")
        return [Preference(tr("Appearance"), tr("Theme"), widget, words)]

    # -- window

    @action(
        "Presentation mode",
        "F9",
        icon="clean-view",
        needs=FRAME,
        checkable=True,
        group=3,
        words="clean picture OBS hide controls",
    )
    def presentation_mode(self, on: bool) -> None:
        """Shows only the picture, in a window of the picture's fixed size."""
        window = self._window
        if not on:
            self._leave_presentation()
            return
        self._leave_full_screen()
        self._was_maximized = window.isMaximized()
        if self._was_maximized:
            window.showNormal()
        self._size_before = window.size()
        self._presenting = True
        self.context.messages.set_silent(True)
        self.context.slots.set_chrome_hidden(True)
        window.setFixedSize(self._presentation_size())

    @action(
        "Full screen",
        "F",
        "F11",
        icon="full-screen",
        checkable=True,
        group=3,
        words="fullscreen maximize",
    )
    def full_screen(self, on: bool) -> None:
        """Shows only the picture on the whole screen, or the window again."""
        if not on:
            self._leave_full_screen()
        elif not self._window.isFullScreen():
            self._leave_presentation()
            self._was_maximized = self._window.isMaximized()
            self._window.showFullScreen()
            self.context.slots.set_chrome_hidden(True)
            text = tr("Press Esc to leave full screen.")
            self.context.messages.notify("info", text, topic=_TOPIC)

    @action("Close message, leave full screen", "Esc", group=2, hidden=True)
    def leave(self) -> None:
        """Closes a message; without one, leaves presentation mode or full screen."""
        if self.context.messages.message:
            self.context.messages.dismiss()
        elif self._presenting:
            self._leave_presentation()
        else:
            self._leave_full_screen()

    @action("Side panel", "P", icon="panel", checkable=True, group=3, words="sidebar controls hide")
    def panel(self, on: bool) -> None:
        """Shows or hides the side panel."""
        slots = self.context.slots
        slots.set_panel_enabled(on)
        if on and not slots.panel_shown:
            self.context.messages.notify(
                "info",
                tr("The side panel needs a wider window."),
                tr("It appears in a window of {width} pixels.").format(width=PANEL_MIN_WIDTH),
                topic=_PANEL,
            )

    def _uncover_panel(self) -> None:
        self._leave_full_screen()
        self._leave_presentation()
        self.panel(True)

    def _show_panel(self) -> None:
        self.context.actions.set_checked("panel", self.context.slots.panel_shown)

    @theme_action("System theme", "T", group=4, choice="theme", words="appearance colors")
    def theme_system(self, _: bool) -> None:
        """Follows the system's theme."""
        self._set_theme("system")

    @theme_action(
        "Dark theme", "Shift+D", group=4, choice="theme", words="dark mode night appearance"
    )
    def theme_dark(self, _: bool) -> None:
        """Uses the dark theme."""
        self._set_theme("dark")

    @theme_action(
        "Light theme", "Shift+L", group=4, choice="theme", words="light mode bright appearance"
    )
    def theme_light(self, _: bool) -> None:
        """Uses the light theme."""
        self._set_theme("light")

    # -- picture

    @action(
        "Mirror",
        "Shift+H",
        icon="mirror",
        needs=SOURCE,
        checkable=True,
        group=2,
        words="flip horizontally",
    )
    def mirror(self, on: bool) -> None:
        """Mirrors the picture and its heat map."""
        self._turn(Orientation(on, self._orientation().quarters))

    @action(
        "Rotate", "Shift+R", icon="rotate", needs=SOURCE, repeat=True, group=2, words="turn upright"
    )
    def rotate(self) -> None:
        """Rotates the picture by a quarter turn clockwise."""
        now = self._orientation()
        self._turn(Orientation(now.mirrored, (now.quarters + (3 if now.mirrored else 1)) % 4))

    @zoom_action("Zoom in", "+", "Z", group=2, repeat=True, words="magnify enlarge")
    def zoom_in(self) -> None:
        """Shows a smaller part of the picture, enlarged."""
        self.context.slots.canvas.viewport.step(1)

    @zoom_action("Zoom out", "-", "Shift+Z", group=2, repeat=True, words="shrink")
    def zoom_out(self) -> None:
        """Shows a larger part of the picture."""
        self.context.slots.canvas.viewport.step(-1)

    @zoom_action("Fit picture", "0", group=2, words="whole reset zoom")
    def zoom_fit(self) -> None:
        """Shows the whole picture."""
        self.context.slots.canvas.viewport.fit()

    @zoom_action("Pan left", "Alt+Left", group=2, repeat=True)
    def pan_left(self) -> None:
        """Moves the visible part of a zoomed picture to the left."""
        self.context.slots.canvas.viewport.pan(-1, 0)

    @zoom_action("Pan right", "Alt+Right", group=2, repeat=True)
    def pan_right(self) -> None:
        """Moves the visible part of a zoomed picture to the right."""
        self.context.slots.canvas.viewport.pan(1, 0)

    @zoom_action("Pan up", "Alt+Up", group=2, repeat=True)
    def pan_up(self) -> None:
        """Moves the visible part of a zoomed picture up."""
        self.context.slots.canvas.viewport.pan(0, -1)

    @zoom_action("Pan down", "Alt+Down", group=2, repeat=True)
    def pan_down(self) -> None:
        """Moves the visible part of a zoomed picture down."""
        self.context.slots.canvas.viewport.pan(0, 1)

    # -- changes of the window

    def _set_theme(self, choice: ThemeChoice) -> None:
        self.context.settings.section(WindowSettings).theme = choice
        self.context.theme.choose(choice)

    def _leave_full_screen(self) -> None:
        self.context.actions.set_checked("full_screen", False)
        self.context.messages.dismiss_topic(_TOPIC)
        if self._window.isFullScreen():
            self._window.showMaximized() if self._was_maximized else self._window.showNormal()
            self.context.slots.set_chrome_hidden(False)

    def _leave_presentation(self) -> None:
        self.context.actions.set_checked("presentation_mode", False)
        if not self._presenting:
            return
        self._presenting = False
        self._window.setMinimumSize(self._minimum)
        self._window.setMaximumSize(_MAX_SIZE, _MAX_SIZE)
        self.context.messages.set_silent(False)
        self.context.slots.set_chrome_hidden(False)
        if self._size_before is not None:
            self._window.resize(self._size_before)
        if self._was_maximized:
            self._window.showMaximized()

    def _presentation_size(self) -> QSize:
        """Returns the size of the picture, limited by the screen and the minimum of the panes."""
        info, window = self.context.session.info, self._window
        width, height = (info.width, info.height) if info and info.width else (1280, 720)
        ratio = window.devicePixelRatioF()
        size = QSize(round(width / ratio), round(height / ratio))
        minimum = self.context.slots.panes.minimumSize()
        if size.width() < minimum.width() or size.height() < minimum.height():
            size.scale(minimum, Qt.AspectRatioMode.KeepAspectRatioByExpanding)
        room = window.screen().availableSize() * _SCREEN_SHARE
        if size.width() > room.width() or size.height() > room.height():
            size.scale(room, Qt.AspectRatioMode.KeepAspectRatio)
        return size

    def _orientation(self) -> Orientation:
        session = self.context.session
        return session.orientations.of(session.info.spec) if session.info else Orientation()

    def _turn(self, orientation: Orientation) -> None:
        info, stored = self.context.session.info, self._settings.orientations
        if info is None:
            return
        stored.pop(info.spec, None)
        if orientation != Orientation():
            stored[info.spec] = (int(orientation.mirrored), orientation.quarters)
        while len(stored) > _MAX_ORIENTATIONS:
            del stored[next(iter(stored))]
        self.context.session.turn(orientation)

    def _on_closing(self) -> None:
        # The geometry that is saved is that of the normal window.
        self._leave_full_screen()
        self._leave_presentation()

    def _on_opened(self, info: SourceInfo) -> None:
        mirrored = self.context.session.orientations.of(info.spec).mirrored
        self.context.actions.set_checked("mirror", mirrored)

    def _on_turned(self) -> None:
        self.context.actions.set_checked("mirror", self._orientation().mirrored)
        self.context.presenter.heat.clear()
        if self._presenting:
            self._window.setFixedSize(self._presentation_size())
