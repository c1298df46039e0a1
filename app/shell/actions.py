"""Actions: each is declared by a decorator on its method; one registry holds all.

Menus, tool buttons, tooltips, the shortcut sheet and the tests read the registry.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QWidget

from app.pipeline.events import PipelineState
from app.session.presenter import FramePresenter
from app.session.session import LiveSession
from app.shell.undo import UndoStack
from app.ui.i18n import tr, tr_noop
from app.ui.icons import icon

F = TypeVar("F", bound="Callable[..., None]")

_ATTRIBUTE = "__action__"
_OPEN = {PipelineState.PLAYING, PipelineState.PAUSED, PipelineState.ENDED, PipelineState.FAILED}


class Needs(enum.Flag):
    """What an action needs to be enabled.

    Attributes:
        SOURCE: A source is open: playing, paused, ended or failed.
        PACED: The playback speed can be chosen: the source plays and is not live.
        SEEKABLE: The source can jump to a time.
        FRAME: A frame is on the canvas.
        SLIDES: The source is a set of slides, which do not play.
        PLAYS: The source is neither a set of slides nor a still picture.
        UNDO: There is a change to undo.
        REDO: A change was undone last.
    """

    SOURCE = enum.auto()
    PACED = enum.auto()
    SEEKABLE = enum.auto()
    FRAME = enum.auto()
    SLIDES = enum.auto()
    PLAYS = enum.auto()
    UNDO = enum.auto()
    REDO = enum.auto()


NOTHING = Needs(0)
_REASONS = {
    Needs.SOURCE: tr_noop("Open a source first"),
    Needs.FRAME: tr_noop("There is no picture yet"),
    Needs.PACED: tr_noop("Only for videos"),
    Needs.SEEKABLE: tr_noop("Only for sources with a timeline"),
    Needs.SLIDES: tr_noop("Only for folders of pictures"),
    Needs.PLAYS: tr_noop("Only for moving pictures"),
    Needs.UNDO: tr_noop("There is nothing to undo"),
    Needs.REDO: tr_noop("There is nothing to redo"),
}
SOURCE, PACED, SEEKABLE, FRAME = Needs.SOURCE, Needs.PACED, Needs.SEEKABLE, Needs.FRAME
SLIDES, PLAYS = Needs.SLIDES, Needs.PLAYS


class Menu(enum.StrEnum):
    """The menus in their order; the values are their titles."""

    FILE = tr_noop("File")
    EDIT = tr_noop("Edit")
    VIEW = tr_noop("View")
    PLAYBACK = tr_noop("Playback")
    ANALYSE = tr_noop("Analyse")
    MODELS = tr_noop("Models")
    HELP = tr_noop("Help")


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """The declaration of an action.

    Attributes:
        name: Name of the method; unique in the program.
        help: The first line of the method's docstring.
        text: Text of the menu entry and of the line in the shortcut sheet.
        menu: The menu.
        submenu: Title of the submenu; empty for an entry of the menu itself.
        keys: Shortcuts in Qt's portable form; tooltips and menus show the first.
        icon: Name of a file in resources/icons without suffix; may be empty.
        needs: The action is enabled while all of these are available.
        group: Position in the menu; separators divide groups.
        checkable: Whether the action has a state, which is passed to the method.
        choice: Name of a group of checkable actions that exclude each other; empty for none.
        hidden: Whether the action is in no menu, but in the shortcut sheet.
        repeat: Whether holding the key repeats the action.
        words: Other words by which a search finds the action; may be empty.
        loses: Whether the action takes away what the user has made; a search then finds it by its
            own words alone.
    """

    name: str
    help: str
    text: str
    menu: Menu
    submenu: str
    keys: tuple[str, ...]
    icon: str
    needs: Needs
    group: int
    checkable: bool
    choice: str
    hidden: bool
    repeat: bool
    words: str
    loses: bool

    @property
    def path(self) -> str:
        """The menus that hold the action, translated."""
        titles = [tr(title) for title in (self.menu.value, self.submenu) if title]
        return " \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} ".join(titles)

    @property
    def title(self) -> str:
        """The translated text without the dots that announce a dialog."""
        return without_dots(tr(self.text))


def without_dots(text: str) -> str:
    """A text of an action without the dots at its end, and without the space before them."""
    return text.removesuffix("…").rstrip()


@dataclass(frozen=True, slots=True)
class MenuActions:
    """Decorates methods to be actions of one menu.

    Attributes:
        menu: The menu.
        submenu: Title of the submenu; empty for entries of the menu itself.
    """

    menu: Menu
    submenu: str = ""

    def __call__(
        self,
        text: str,
        *keys: str,
        icon: str = "",
        needs: Needs = NOTHING,
        group: int = 0,
        checkable: bool = False,
        choice: str = "",
        hidden: bool = False,
        repeat: bool = False,
        words: str = "",
        loses: bool = False,
    ) -> Callable[[F], F]:
        """Declares a method to be an action; the arguments are those of `ActionSpec`.

        The method takes no argument, or the new state where the action is checkable or a choice.
        """

        def declare(method: F) -> F:
            spec = ActionSpec(
                name=method.__name__,
                help=(method.__doc__ or "").partition("\n")[0],
                text=text,
                menu=self.menu,
                submenu=self.submenu,
                keys=keys,
                icon=icon,
                needs=needs,
                group=group,
                checkable=checkable or bool(choice),
                choice=choice,
                hidden=hidden,
                repeat=repeat,
                words=words,
                loses=loses,
            )
            setattr(method, _ATTRIBUTE, spec)
            return method

        return declare


@functools.cache
def declared_actions(owner: type) -> tuple[ActionSpec, ...]:
    """The actions that a class and its bases declare, in the order of declaration."""
    members = (member for base in owner.__mro__[::-1] for member in vars(base).values())
    specs = (getattr(member, _ATTRIBUTE, None) for member in members)
    return tuple(spec for spec in specs if isinstance(spec, ActionSpec))


class ActionRegistry:
    """All actions by name.

    Args:
        window: Gets the actions, so that their shortcuts work with any widget in focus.
        keys: Shortcuts that the user changed, by the action's name; changed in place by
            `set_keys`.
    """

    def __init__(self, window: QWidget, keys: dict[str, list[str]]) -> None:
        self._window = window
        self._keys = keys
        self._specs: dict[str, ActionSpec] = {}
        self._actions: dict[str, QAction] = {}
        self._groups: dict[str, QActionGroup] = {}
        self._available: Needs | None = None

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def __contains__(self, name: str) -> bool:
        return name in self._actions

    def __iter__(self) -> Iterator[ActionSpec]:
        return iter(self._specs.values())

    def register(self, owner: object) -> None:
        """Makes the actions that the class of `owner` declares.

        Raises:
            ValueError: An action has the name of another one.
        """
        kind: type = type(owner)
        for spec in declared_actions(kind):
            if spec.name in self._specs:
                raise ValueError(f"two actions are called {spec.name}")
            self._specs[spec.name] = spec
            self._actions[spec.name] = self._make(spec, getattr(owner, spec.name))

    def _make(self, spec: ActionSpec, method: Callable[..., None]) -> QAction:
        made = QAction(tr(spec.text), self._window)
        made.setObjectName(spec.name)
        made.setShortcuts([QKeySequence(keys) for keys in self.keys(spec)])
        made.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        made.setAutoRepeat(spec.repeat)
        made.setCheckable(spec.checkable)
        # Qt would guess roles from texts and move entries to the application menu of macOS.
        made.setMenuRole(
            QAction.MenuRole.QuitRole if spec.name == "quit" else QAction.MenuRole.NoRole
        )
        made.setToolTip(self.tip(spec.title, spec.name))
        if spec.icon:
            made.setIcon(icon(spec.icon, on="accent" if spec.checkable else None))
        if spec.choice:
            if spec.choice not in self._groups:
                self._groups[spec.choice] = QActionGroup(self._window)
            self._groups[spec.choice].addAction(made)
        made.triggered.connect(_with_state(method) if spec.checkable else _without_state(method))
        self._window.addAction(made)
        return made

    def keys(self, spec: ActionSpec) -> list[str]:
        """The shortcuts of an action in Qt's portable form: the user's, or the declared ones."""
        return self._keys.get(spec.name, list(spec.keys))

    def set_keys(self, name: str, keys: Sequence[str] | None) -> None:
        """Changes the shortcuts of an action; None for the declared ones."""
        spec, changed = self._specs[name], self._actions[name]
        self._keys.pop(name, None)
        if keys is not None and tuple(keys) != spec.keys:
            self._keys[name] = list(keys)
        changed.setShortcuts([QKeySequence(each) for each in self.keys(spec)])
        changed.setToolTip(self.tip(spec.title, name))

    def withdraw(self, name: str) -> None:
        """Removes an action that has no use on this machine."""
        del self._specs[name]
        action = self._actions.pop(name)
        self._window.removeAction(action)
        action.deleteLater()

    def user_of(self, keys: str) -> str:
        """Name of the action that has a shortcut; empty for none."""
        return next((spec.name for spec in self if keys in self.keys(spec)), "")

    def tip(self, text: str, *names: str) -> str:
        """Returns a tooltip: the text, and the first shortcut of each named action that exists."""
        keys = [
            QKeySequence(self.keys(self._specs[name])[0]).toString(
                QKeySequence.SequenceFormat.NativeText
            )
            for name in names
            if name in self._specs and self.keys(self._specs[name])
        ]
        return f"{text} ({', '.join(keys)})" if keys else text

    def missing(self, name: str) -> str:
        """Why an action is disabled, as a short sentence; empty where it is enabled."""
        missing = self._specs[name].needs & ~(self._available or NOTHING)
        return next((tr(text) for need, text in _REASONS.items() if need in missing), "")

    def trigger(self, name: str) -> None:
        """Triggers an action of another feature; does nothing where that feature is absent."""
        if name in self._actions:
            self._actions[name].trigger()

    def set_checked(self, name: str, checked: bool) -> None:
        """Shows a state of a checkable action without calling its method."""
        self._actions[name].setChecked(checked)

    def update(self, available: Needs) -> None:
        """Enables the actions whose needs are available; cheap where nothing has changed."""
        if available != self._available:
            self._available = available
            for name, spec in self._specs.items():
                self._actions[name].setEnabled(spec.needs in available)


# Qt passes the state to functions with a parameter, but not to `functools.partial`.
def _with_state(method: Callable[[bool], None]) -> Callable[[bool], None]:
    def act(checked: bool = False) -> None:
        method(checked)

    return act


def _without_state(method: Callable[[], None]) -> Callable[[bool], None]:
    def act(_: bool = False) -> None:
        method()

    return act


def available_needs(session: LiveSession, presenter: FramePresenter, undo: UndoStack) -> Needs:
    """The needs that are available now."""
    info, available = session.info, NOTHING
    if info is not None and session.state in _OPEN:
        available |= SOURCE
        available |= SLIDES if info.slides else NOTHING
        available |= PLAYS if info.plays else NOTHING
        available |= PACED if info.plays and not info.live else NOTHING
        available |= SEEKABLE if info.seekable and not info.slides else NOTHING
    if presenter.packet is not None:
        available |= FRAME
    available |= Needs.UNDO if undo.undo_text else NOTHING
    available |= Needs.REDO if undo.redo_text else NOTHING
    return available
