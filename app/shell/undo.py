"""The undo stack of a window, for all changes of the user."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from app.ui.banner import Banner
from app.ui.i18n import tr

T = TypeVar("T")

_MAX_CHANGES = 200  # the oldest is dropped
_MERGEABLE = 1  # id of commands that Qt may merge
_TOPIC = "undo"


@dataclass(slots=True)
class _Change:
    """A recorded change: `apply(before)` undoes it, `apply(after)` redoes it."""

    text: str
    apply: Callable[[Any], object]
    before: Any
    after: Any
    merge: str
    of_source: bool


class _Command(QUndoCommand):
    """A change on Qt's stack, which calls `redo` once when the command is pushed."""

    def __init__(self, change: _Change) -> None:
        super().__init__(change.text)
        self.change = change
        self._pushed = False

    def redo(self) -> None:
        if self._pushed:
            self.change.apply(self.change.after)
        self._pushed = True

    def undo(self) -> None:
        self.change.apply(self.change.before)

    def id(self) -> int:
        return _MERGEABLE if self.change.merge else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        assert isinstance(other, _Command)
        if self.change.merge != other.change.merge:
            return False
        self.change.after = other.change.after
        self.setObsolete(bool(self.change.after == self.change.before))
        return True


class UndoStack(QObject):
    """Records changes of the user, and undoes and redoes them.

    The caller makes a change first and records it then. While a change is being undone or redone,
    `record` does nothing, so that one function can both apply a value and record the change.

    Args:
        messages: Shows messages with an Undo button.
        parent: Parent object.

    Signals:
        changed: `undo_text` or `redo_text` changed.
    """

    changed = Signal()

    def __init__(self, messages: Banner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._messages = messages
        self._stack = QUndoStack(self)
        self._stack.setUndoLimit(_MAX_CHANGES)
        self._stack.indexChanged.connect(self._on_changed)
        self._applying = False
        messages.acted.connect(self._on_acted)

    @property
    def undo_text(self) -> str:
        """The change that `undo` undoes, such as "move region"; empty for none."""
        return self._stack.undoText()

    @property
    def redo_text(self) -> str:
        """The change that `redo` redoes; empty for none."""
        return self._stack.redoText()

    def record(
        self,
        text: str,
        apply: Callable[[T], object],
        before: T,
        after: T,
        *,
        merge: str = "",
        of_source: bool = False,
        toast: str = "",
    ) -> None:
        """Records a change that was made; does nothing where `before` equals `after`.

        Args:
            text: Name of the change, translated; the menu shows it after "Undo": "move region".
            apply: Called with `before` to undo the change, with `after` to redo it.
            before: The value before; immutable, or a copy.
            after: The value now; immutable, or a copy.
            merge: Consecutive changes with the same text here, as in a drag, become one change
                until `seal` is called; empty for a separate change.
            of_source: Whether the change belongs to the current source and is forgotten with it.
            toast: A sentence for a message with an Undo button; empty for no message.
        """
        if self._applying or before == after:
            return
        self._stack.push(_Command(_Change(text, apply, before, after, merge, of_source)))
        if toast:
            self._messages.notify("done", toast, button=tr("Undo"), topic=_TOPIC)

    def seal(self) -> None:
        """Ends a drag: the next change is not merged with the last one."""
        newest = self._stack.command(self._stack.index() - 1)
        if isinstance(newest, _Command):
            newest.change.merge = ""

    def undo(self) -> None:
        """Undoes the last change, if any."""
        self._run(self._stack.undo)

    def redo(self) -> None:
        """Redoes the change that was undone last, if any."""
        self._run(self._stack.redo)

    def forget_source(self) -> None:
        """Forgets the changes of the source, and all undone changes."""
        commands = [self._stack.command(index) for index in range(self._stack.index())]
        kept = [
            command.change
            for command in commands
            if isinstance(command, _Command) and not command.change.of_source
        ]
        self._stack.clear()
        for change in kept:
            self._stack.push(_Command(change))
        self._on_changed()

    def _run(self, step: Callable[[], None]) -> None:
        self.seal()
        self._applying = True
        try:
            step()
        finally:
            self._applying = False
        self.seal()

    def _on_changed(self) -> None:
        # The Undo button of an older message would undo the newer change.
        self._messages.dismiss_topic(_TOPIC)
        self.changed.emit()

    def _on_acted(self, topic: str) -> None:
        if topic == _TOPIC:
            self.undo()
