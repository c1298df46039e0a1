"""Every action of the program, declared once.

Menus, tool buttons, tooltips and the sheet of shortcuts are made from these declarations. Those of
the window itself stand here, those of a feature in its class. An action's name is the name of the
method that does it: of `app.shell.commands.Commands`, or of the feature.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.features import features

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class ActionContext:
    """What the actions' availability depends on.

    Attributes:
        source: A source is open (playing, paused or ended).
        live: The source has its own time.
        seekable: The source can jump.
        frame: A frame is on the canvas.
    """

    source: bool = False
    live: bool = False
    seekable: bool = False
    frame: bool = False


class Menu(enum.StrEnum):
    """The menus, in their order; the values are their titles."""

    SOURCE = "Source"
    PLAYBACK = "Playback"
    OVERLAY = "Overlay"
    COMPARE = "Compare"
    ANALYSE = "Analyse"
    EXPORT = "Export"
    TRAIN = "Train"
    VIEW = "View"


def _always(_: ActionContext) -> bool:
    return True


def _frame(now: ActionContext) -> bool:
    return now.frame


def _source(now: ActionContext) -> bool:
    return now.source


def _seekable(now: ActionContext) -> bool:
    return now.source and now.seekable


def _paced(now: ActionContext) -> bool:
    return now.source and not now.live


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One action.

    Attributes:
        name: The method that does it; unique in the program.
        text: What menus and the shortcut sheet say.
        menu: Where it stands.
        keys: Shortcuts in Qt's portable form, the one to show first.
        icon: Name of a file in resources/icons without ending; may be empty.
        available: Whether it can be used in a situation.
        group: Actions of one group stand together; a line parts groups.
        checkable: It is on or off.
        choice: Actions of one choice exclude each other.
        hidden: It stands in the shortcut sheet but in no menu.
    """

    name: str
    text: str
    menu: Menu
    keys: tuple[str, ...] = ()
    icon: str = ""
    available: Callable[[ActionContext], bool] = _always
    group: int = 0
    checkable: bool = False
    choice: str = ""
    hidden: bool = False


_S, _P, _O, _V = Menu.SOURCE, Menu.PLAYBACK, Menu.OVERLAY, Menu.VIEW

ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("choose_source", "Choose source…", _S, ("S",), "source", hidden=True),
    ActionSpec("open_file", "Open file…", _S, ("Ctrl+O",), "file"),
    ActionSpec("open_folder", "Open folder of pictures…", _S, ("Ctrl+Shift+O",), "folder"),
    ActionSpec("open_url", "Open URL…", _S, ("Ctrl+U",), "link"),
    ActionSpec("open_demo", "Demo", _S, ("Ctrl+D",), "demo"),
    ActionSpec("rescan", "Look for cameras and screens again", _S, ("F5",), "rescan", group=1),
    ActionSpec(
        "save_snapshot", "Save snapshot…", _S, ("Ctrl+S",), "snapshot", available=_frame, group=2
    ),
    ActionSpec(
        "copy_snapshot", "Copy snapshot", _S, ("Ctrl+C",), "copy", available=_frame, group=2
    ),
    ActionSpec("quit", "Quit", _S, ("Ctrl+Q", "Ctrl+W"), group=3),
    ActionSpec("play_pause", "Play or pause", _P, ("Space", "K"), "play", available=_source),
    ActionSpec("step_back", "One frame back", _P, (",",), "step-back", available=_seekable),
    ActionSpec("step_forward", "One frame on", _P, (".",), "step-forward", available=_paced),
    ActionSpec("jump_back", "5 seconds back", _P, ("Left",), available=_seekable, group=1),
    ActionSpec("jump_forward", "5 seconds on", _P, ("Right",), available=_seekable, group=1),
    ActionSpec("jump_start", "To the start", _P, ("Home",), available=_seekable, group=1),
    ActionSpec("slower", "Slower", _P, ("[",), available=_paced, group=2),
    ActionSpec("faster", "Faster", _P, ("]",), available=_paced, group=2),
    ActionSpec("normal_speed", "Normal speed", _P, ("Backspace",), available=_paced, group=2),
    ActionSpec("loop", "Loop", _P, ("L",), "loop", group=3, checkable=True),
    ActionSpec("overlay", "Show overlay", _O, ("O",), "eye", checkable=True),
    ActionSpec("more_opacity", "More opacity", _O, ("Up",), group=1),
    ActionSpec("less_opacity", "Less opacity", _O, ("Down",), group=1),
    ActionSpec("more_threshold", "Higher threshold", _O, ("Shift+Up",), group=2),
    ActionSpec("less_threshold", "Lower threshold", _O, ("Shift+Down",), group=2),
    ActionSpec("more_smoothing", "More smoothing", _O, ("Ctrl+Up",), group=3),
    ActionSpec("less_smoothing", "Less smoothing", _O, ("Ctrl+Down",), group=3),
    *(
        ActionSpec(
            f"colormap_{name}",
            f"Colour map {name}",
            _O,
            (str(number),),
            group=4,
            checkable=True,
            choice="colormap",
        )
        for number, name in enumerate(("turbo", "inferno", "cividis", "viridis"), start=1)
    ),
    ActionSpec("next_colormap", "Next colour map", _O, ("C",), group=4),
    ActionSpec("reset_overlay", "Reset overlay", _O, ("R",), group=5),
    ActionSpec("full_screen", "Full screen", _V, ("F", "F11"), "full-screen", checkable=True),
    ActionSpec("panel", "Side panel", _V, ("P",), "panel", checkable=True),
    ActionSpec(
        "theme_system", "Colours of the system", _V, ("T",), group=1, checkable=True, choice="theme"
    ),
    ActionSpec(
        "theme_dark", "Dark colours", _V, ("Shift+D",), group=1, checkable=True, choice="theme"
    ),
    ActionSpec(
        "theme_light", "Light colours", _V, ("Shift+L",), group=1, checkable=True, choice="theme"
    ),
    ActionSpec("main_menu", "Menu", _V, ("F10",), "menu", group=2, hidden=True),
    ActionSpec("shortcuts", "Keyboard shortcuts", _V, ("?", "F1"), "keyboard", group=2),
    ActionSpec("leave", "Leave full screen, close a message", _V, ("Esc",), group=2, hidden=True),
)


def all_actions() -> tuple[ActionSpec, ...]:
    """The window's own actions and those of all features."""
    return (*ACTIONS, *(spec for feature in features() for spec in feature.ACTIONS))
