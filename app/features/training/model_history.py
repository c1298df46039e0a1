"""Changes the model of the live view, and undoes the change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.session.models import AUTOMATIC, short_name
from app.ui.i18n import tr

if TYPE_CHECKING:
    from app.session.session import LiveSession
    from app.ui.banner import Banner


class ModelHistory(QObject):
    """Remembers the models that the training replaced.

    Args:
        session: Uses the models.
        messages: Reports changes.
        parent: Parent object.

    Signals:
        changed: The live view uses another model.
    """

    changed = Signal()

    def __init__(self, session: LiveSession, messages: Banner, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._messages = messages
        self._previous: list[str] = []
        self._restore: list[str] = []  # `_previous` if the pending change fails
        self._pending = ""
        session.student.changed.connect(lambda _: self.changed.emit())
        session.student.choice_made.connect(self._on_choice)
        session.student.failed.connect(self._on_failed)

    @property
    def current(self) -> str:
        """The name of the model in use."""
        return short_name(self._session.student.name)

    @property
    def can_undo(self) -> bool:
        """Whether there is a previous model."""
        return bool(self._previous)

    def use(self, model: str) -> None:
        """Uses a model, given by name or path."""
        self._restore = list(self._previous)
        self._previous.append(self._session.student.choice)
        self._pending = model
        self._session.student.use(model)

    def undo(self) -> None:
        """Uses the previous model again."""
        if not self._previous:
            self._messages.notify("info", tr("There is no model change to undo."))
            return
        self._restore = list(self._previous)
        self._pending = self._previous.pop()
        self._session.student.use(self._pending)

    def _on_choice(self, choice: str) -> None:
        if choice == self._pending:
            self._pending = ""
            text = tr("{name} is in use now.").format(name=short_name(choice))
            if choice == AUTOMATIC:
                text = tr("The model is chosen automatically again.")
            self._messages.notify("done", text)

    def _on_failed(self, _: object) -> None:
        if self._pending:
            self._pending, self._previous = "", self._restore
