"""The undo stack: one for everything that a user changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from app.ui.i18n import tr

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.ui.banner import Banner

T = TypeVar("T")

_MAX_CHANGES = 200  # the oldest is dropped
_MERGEABLE = 1  # id of commands that Qt may merge
_TOPIC = "undo"


@dataclass(slots=True)
class _Change:
    """A change that was made: `apply` with `before` undoes it, with `after` makes it again."""

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

    Whoever changes something for the user makes the change and records it. A change is not
    recorded while another one is being undone or redone, so that the function that applies a value
    may be the one that records.

    Args:
        messages: Shows a message with a button that undoes the change.
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
        """The change that `redo` makes again; empty for none."""
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
        """Records a change that was made; nothing where `before` equals `after`.

        Args:
            text: What was done, translated, as it stands after "Undo": "move region".
            apply: Called with `before` to undo the change, with `after` to make it again.
            before: The value before; immutable, or a copy.
            after: The value now; likewise.
            merge: Consecutive changes with the same name, as in a drag, become one until `seal` is
                called; empty for a change of its own.
            of_source: The change belongs to the current source and is forgotten with it.
            toast: A sentence to show with an Undo button; empty for none.
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
        """Undoes the last change; does nothing where there is none."""
        self._run(self._stack.undo)

    def redo(self) -> None:
        """Makes the change again that was undone last; does nothing where there is none."""
        self._run(self._stack.redo)

    def forget_source(self) -> None:
        """Forgets the changes of the source, and all that were undone."""
        commands = [self._stack.command(index) for index in range(self._stack.index())]
        kept = [
            each.change
            for each in commands
            if isinstance(each, _Command) and not each.change.of_source
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
        # The button of an older message would undo another change than its own.
        self._messages.dismiss_topic(_TOPIC)
        self.changed.emit()

    def _on_acted(self, topic: str) -> None:
        if topic == _TOPIC:
            self.undo()
