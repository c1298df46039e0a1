"""Colors, palette and style sheet of the dark and the light theme."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from string import Template

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from uvanet.errors import UvanetError
from uvanet.paths import resource

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ThemeColors:
    """The colors of a theme, each as #rrggbb.

    Attributes:
        window: Window background.
        stage: Background of an empty canvas.
        surface: Background of cards, menus and fields.
        raised: Background of a hovered control.
        pressed: Background of a pressed control.
        line: Thin separators and borders.
        text: Primary text.
        quiet: Secondary text.
        faint: Disabled text and icons.
        accent: Checked or focused controls.
        on_accent: Text on the accent color.
        captured: Curve of captured frames.
        inferred: Curve of inferred frames.
        painted: Curve of painted frames.
        memory: Curve of memory.
        error: Error marks.
        warning: Warning marks.
        done: Success marks.
    """

    window: str
    stage: str
    surface: str
    raised: str
    pressed: str
    line: str
    text: str
    quiet: str
    faint: str
    accent: str
    on_accent: str
    captured: str
    inferred: str
    painted: str
    memory: str
    error: str
    warning: str
    done: str


DARK = ThemeColors(
    window="#16181c",
    stage="#0e0f12",
    surface="#1f2227",
    raised="#2a2e35",
    pressed="#343941",
    line="#2b2f36",
    text="#e9ebee",
    quiet="#a2a9b3",
    faint="#5c636d",
    accent="#ffb05c",
    on_accent="#1b1206",
    captured="#8d96a3",
    inferred="#6cb2ff",
    painted="#ffb05c",
    memory="#b694ff",
    error="#ff7b72",
    warning="#f2c14e",
    done="#6fcf97",
)
LIGHT = ThemeColors(
    window="#f6f6f7",
    stage="#e7e8ea",
    surface="#ffffff",
    raised="#e9eaed",
    pressed="#dcdee2",
    line="#dfe1e5",
    text="#1c1f24",
    quiet="#5b626c",
    faint="#a4aab3",
    accent="#b4570a",
    on_accent="#ffffff",
    captured="#7d8590",
    inferred="#1f6fd0",
    painted="#c7640f",
    memory="#7647d1",
    error="#c62f28",
    warning="#9a6700",
    done="#1f7f4c",
)


def theme_colors() -> ThemeColors:
    """Returns the colors of the current theme.

    Widgets and icons call this function when they paint. The palette of the application is the only
    state, so that widgets need no notification of a new theme.
    """
    window = QGuiApplication.palette().color(QPalette.ColorRole.Window)
    return LIGHT if window.lightness() > 127 else DARK


def is_theme_change(event: QEvent) -> bool:
    """Returns whether an event changes colors, so that cached drawings are out of date."""
    return event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange)


def set_level(widget: QWidget, level: str) -> None:
    """Applies the style of a level: "error", "warning", "info", "done" or "" for none."""
    if widget.property("level") != level:
        widget.setProperty("level", level)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


class Theme(QObject):
    """Applies a theme to the application, and follows the color scheme of the system.

    Args:
        app: The application.
        choice: "system", "dark" or "light".
    """

    def __init__(self, app: QApplication, choice: str = "system") -> None:
        super().__init__(app)
        self._app = app
        self._choice = choice
        app.setStyle("Fusion")
        app.styleHints().colorSchemeChanged.connect(self._on_system)
        self._apply()

    @property
    def choice(self) -> str:
        """The choice of the user: "system", "dark" or "light"."""
        return self._choice

    def choose(self, choice: str) -> None:
        """Applies "system", "dark" or "light"."""
        self._choice = choice
        self._apply()

    def detach(self) -> None:
        """Stops following the color scheme of the system."""
        self._app.styleHints().colorSchemeChanged.disconnect(self._on_system)

    def _on_system(self, _: Qt.ColorScheme) -> None:
        if self._choice == "system":
            self._apply()

    def _apply(self) -> None:
        light = self._choice == "light"
        if self._choice == "system":
            # Dark if the scheme is unknown, as a bright frame distracts from the picture.
            light = _system_scheme(self._app) is Qt.ColorScheme.Light
        colors = LIGHT if light else DARK
        self._app.setPalette(palette(colors))
        self._app.setStyleSheet(style_sheet(colors))


def _system_scheme(app: QApplication) -> Qt.ColorScheme:
    return app.styleHints().colorScheme()


def palette(colors: ThemeColors) -> QPalette:
    """Builds the palette, for widgets that the style sheet does not cover."""
    role, result = QPalette.ColorRole, QPalette()
    for name, color in {
        role.Window: colors.window,
        role.WindowText: colors.text,
        role.Base: colors.surface,
        role.AlternateBase: colors.window,
        role.Text: colors.text,
        role.PlaceholderText: colors.quiet,
        role.Button: colors.surface,
        role.ButtonText: colors.text,
        role.BrightText: colors.error,
        role.ToolTipBase: colors.surface,
        role.ToolTipText: colors.text,
        role.Highlight: colors.accent,
        role.HighlightedText: colors.on_accent,
        role.Link: colors.accent,
        role.Light: colors.raised,
        role.Midlight: colors.pressed,
        role.Mid: colors.line,
        role.Dark: colors.line,
        role.Shadow: colors.stage,
        role.Accent: colors.accent,
    }.items():
        result.setColor(name, QColor(color))
    for name in (role.WindowText, role.Text, role.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, name, QColor(colors.faint))
    return result


def style_sheet(colors: ThemeColors) -> str:
    """Returns the style sheet `resources/theme.qss` in the colors of a theme; empty without it."""
    try:
        path = resource("theme.qss")
        template = Template(path.read_text(encoding="utf-8"))
    except (OSError, UvanetError) as error:  # a damaged installation has Qt's own look
        _log.warning("style left out: %s", error)
        return ""
    check = (path.parent / "icons" / "check.svg").as_posix()
    return template.substitute(asdict(colors), check=check)
