"""Colours and style sheet, dark and light, from one table of tokens."""

from __future__ import annotations

from dataclasses import dataclass, fields
from string import Template
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QPalette

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication


@dataclass(frozen=True, slots=True)
class ThemeColors:
    """The colours of a theme, each as #rrggbb.

    Attributes:
        window: Behind everything.
        stage: Behind the picture.
        surface: Cards, menus, fields.
        raised: A control under the mouse.
        pressed: A control being pressed.
        line: Thin lines.
        text: What is read.
        quiet: What is read second.
        faint: What is off.
        accent: What is on, or has the focus.
        on_accent: Text over the accent.
        captured: Curve of captured frames; likewise the next three.
        inferred: See above.
        painted: See above.
        memory: See above.
        error: Marks of errors; likewise the next two.
        warning: See above.
        done: See above.
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


class Theme(QObject):
    """Which colours are used now, and the switch between them.

    Signals:
        changed: The Tokens used from now on.
    """

    changed = Signal(object)

    def __init__(self, app: QApplication, choice: str = "system") -> None:
        super().__init__(app)
        self._app = app
        self._choice = choice
        self.tokens = DARK
        app.setStyle("Fusion")
        app.styleHints().colorSchemeChanged.connect(self._on_system)
        self._apply()

    @property
    def choice(self) -> str:
        """What the user chose: "system", "dark" or "light"."""
        return self._choice

    def choose(self, choice: str) -> None:
        """Follows the system, or stays dark or light."""
        self._choice = choice
        self._apply()

    def detach(self) -> None:
        """Stops following the system."""
        self._app.styleHints().colorSchemeChanged.disconnect(self._on_system)

    def _on_system(self, _: Qt.ColorScheme) -> None:
        if self._choice == "system":
            self._apply()

    def _apply(self) -> None:
        light = self._choice == "light"
        if self._choice == "system":
            # Where the system does not say, dark: a bright frame spoils the look at a picture.
            light = _system_scheme(self._app) is Qt.ColorScheme.Light
        self.tokens = LIGHT if light else DARK
        self._app.setPalette(palette(self.tokens))
        self._app.setStyleSheet(style_sheet(self.tokens))
        self.changed.emit(self.tokens)


def _system_scheme(app: QApplication) -> Qt.ColorScheme:
    return app.styleHints().colorScheme()


def palette(tokens: ThemeColors) -> QPalette:
    """The palette for everything the style sheet leaves to the style, file dialogs included."""
    role, result = QPalette.ColorRole, QPalette()
    for name, colour in {
        role.Window: tokens.window,
        role.WindowText: tokens.text,
        role.Base: tokens.surface,
        role.AlternateBase: tokens.window,
        role.Text: tokens.text,
        role.PlaceholderText: tokens.quiet,
        role.Button: tokens.surface,
        role.ButtonText: tokens.text,
        role.BrightText: tokens.error,
        role.ToolTipBase: tokens.surface,
        role.ToolTipText: tokens.text,
        role.Highlight: tokens.accent,
        role.HighlightedText: tokens.on_accent,
        role.Link: tokens.accent,
        role.Light: tokens.raised,
        role.Midlight: tokens.pressed,
        role.Mid: tokens.line,
        role.Dark: tokens.line,
        role.Shadow: tokens.stage,
        role.Accent: tokens.accent,
    }.items():
        result.setColor(name, QColor(colour))
    for name in (role.WindowText, role.Text, role.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, name, QColor(tokens.faint))
    return result


def style_sheet(tokens: ThemeColors) -> str:
    """The style sheet in the colours of a theme."""
    values = {entry.name: getattr(tokens, entry.name) for entry in fields(tokens)}
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
