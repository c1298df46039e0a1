"""Colors, palette and style sheet of the dark and the light theme."""

from __future__ import annotations

from dataclasses import dataclass, fields
from string import Template
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication, QWidget


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
    """Returns the colors of the applied theme.

    Widgets and icons call this when they paint. The application's palette is the only state, so
    there is nothing to hand on when the theme changes.
    """
    window = QGuiApplication.palette().color(QPalette.ColorRole.Window)
    return LIGHT if window.lightness() > 127 else DARK


def is_theme_change(event: QEvent) -> bool:
    """Whether a `changeEvent` means that cached drawings have the wrong colors."""
    return event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange)


def set_level(widget: QWidget, level: str) -> None:
    """Applies the style of a level: "error", "warning", "info", "done" or "" for none."""
    if widget.property("level") != level:
        widget.setProperty("level", level)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


class Theme(QObject):
    """Applies a theme to the application and follows the system's color scheme.

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
        """The user's choice: "system", "dark" or "light"."""
        return self._choice

    def choose(self, choice: str) -> None:
        """Applies "system", "dark" or "light"."""
        self._choice = choice
        self._apply()

    def detach(self) -> None:
        """Stops following the system's color scheme."""
        self._app.styleHints().colorSchemeChanged.disconnect(self._on_system)

    def _on_system(self, _: Qt.ColorScheme) -> None:
        if self._choice == "system":
            self._apply()

    def _apply(self) -> None:
        light = self._choice == "light"
        if self._choice == "system":
            # Dark where the system states no scheme: a bright frame distracts from the picture.
            light = _system_scheme(self._app) is Qt.ColorScheme.Light
        colors = LIGHT if light else DARK
        self._app.setPalette(palette(colors))
        self._app.setStyleSheet(style_sheet(colors))


def _system_scheme(app: QApplication) -> Qt.ColorScheme:
    return app.styleHints().colorScheme()


def palette(colors: ThemeColors) -> QPalette:
    """Builds the palette for what the style sheet does not cover, such as file dialogs."""
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
    """Builds the style sheet of a theme."""
    values = {entry.name: getattr(colors, entry.name) for entry in fields(colors)}
    return Template(_SHEET).substitute(values)


_SHEET = """
QToolTip { color: $text; background: $surface; border: 1px solid $line; padding: 4px 6px; }

QToolButton, QPushButton {
    color: $text; background: transparent; border: 1px solid transparent;
    border-radius: 7px; padding: 5px;
}
QToolButton:hover, QPushButton:hover { background: $raised; }
QToolButton:pressed, QPushButton:pressed, QToolButton:open { background: $pressed; }
QToolButton:checked { background: transparent; }
QToolButton:checked:hover { background: $raised; }
QToolButton:disabled, QPushButton:disabled { color: $faint; }
QToolButton:focus, QPushButton:focus { border-color: $accent; }
QToolButton::menu-indicator { image: none; width: 0; }

QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QPushButton { background: $surface; border-color: $line; padding: 6px 14px; }
QPushButton:default { background: $accent; border-color: $accent; color: $on_accent; }
QPushButton:default:focus { border-color: $text; }
QRadioButton::indicator {
    width: 12px; height: 12px; border: 2px solid $quiet; border-radius: 8px;
}
QRadioButton::indicator:hover, QRadioButton::indicator:focus { border-color: $accent; }
QRadioButton::indicator:checked { border-color: $accent; background: $accent; }
QRadioButton::indicator:disabled { border-color: $faint; }

QPushButton#choice { padding: 9px 6px; }
QPushButton#choice:checked { border-color: $accent; color: $accent; font-weight: 600; }
QPushButton#fold { border-color: transparent; background: transparent; color: $quiet;
    padding: 4px 2px; text-align: left; }
QPushButton#fold:focus { border-color: $accent; }
QCheckBox { spacing: 8px; }
QCheckBox::indicator { width: 14px; height: 14px; border: 1px solid $faint; border-radius: 4px;
    background: $surface; }
QCheckBox::indicator:hover, QCheckBox::indicator:focus { border-color: $accent; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; }
QCheckBox::indicator:disabled { border-color: $line; background: $window; }
QCheckBox:disabled { color: $faint; }
QProgressBar { background: $pressed; border: none; border-radius: 2px; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }

QToolButton#source {
    background: $surface; border: 1px solid $line; padding: 5px 12px 5px 10px;
    font-weight: 600;
}
QToolButton#source:hover { background: $raised; }
QToolButton#source:focus { border-color: $accent; }
QToolButton#play { background: $raised; border-radius: 18px; padding: 6px; }
QToolButton#play:hover { background: $pressed; }
QToolButton#play:disabled { background: $surface; }

QLabel#verdict { font-size: 15pt; font-weight: 600; }
QLabel#thumbnail { background: $stage; border-radius: 6px; }
QProgressBar { background: $raised; border: none; border-radius: 3px; max-height: 6px; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QPlainTextEdit {
    color: $quiet; background: $surface; border: 1px solid $line; border-radius: 7px; padding: 4px;
}

QLabel#section { color: $quiet; font-weight: 600; }
QLabel#quiet, QLabel#status { color: $quiet; }
QLabel#quiet[level="error"] { color: $error; }
QLabel#quiet[level="warning"] { color: $warning; }
QLabel#key {
    color: $text; background: $raised; border: 1px solid $line; border-radius: 5px;
    padding: 2px 7px;
}
QLabel#live { color: $on_accent; background: $accent; border-radius: 5px; padding: 2px 7px;
    font-weight: 600; }

QWidget#panel { background: $window; }
QFrame#card { background: $surface; border: 1px solid $line; border-radius: 10px; }
QScrollArea { background: transparent; border: none; }
QScrollArea > QWidget > QWidget { background: transparent; }

QFrame#banner { background: $surface; border: 1px solid $line; border-radius: 10px; }
QFrame#banner[level="error"] { border-color: $error; }
QFrame#banner[level="warning"] { border-color: $warning; }
QLabel#bannerTitle { font-weight: 600; }
QLabel#bannerHint { color: $quiet; }

QMenu { background: $surface; border: 1px solid $line; border-radius: 8px; padding: 6px; }
QMenu::item { color: $text; padding: 6px 26px 6px 10px; border-radius: 6px; }
QMenu::item:selected { background: $raised; }
QMenu::item:disabled { color: $faint; }
QMenu::icon { padding-left: 8px; }
QMenu::separator { height: 1px; background: $line; margin: 6px 8px; }
QMenu::section { color: $quiet; padding: 6px 10px 2px 10px; }

QLineEdit {
    color: $text; background: $surface; border: 1px solid $line; border-radius: 7px;
    padding: 7px 9px; selection-background-color: $accent; selection-color: $on_accent;
}
QLineEdit:focus { border-color: $accent; }
QLineEdit#flat { background: transparent; border-color: transparent; padding: 1px 3px; }
QLineEdit#flat:hover { border-color: $line; }
QLineEdit#flat:focus { border-color: $accent; background: $window; }
QToolButton#fold { padding: 1px; }
QToolButton#status { color: $quiet; padding: 0 4px; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 2px; }
QScrollBar::handle:vertical { background: $pressed; border-radius: 3px; min-height: 24px; }
QScrollBar::add-line, QScrollBar::sub-line { height: 0; }
"""
