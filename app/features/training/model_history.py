"""Switches the live view to a trained model, and back."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.session.models import AUTOMATIC, short_name
from app.shell.context import FeatureContext
from app.shell.model_use import use_model
from app.ui.i18n import tr


class ModelHistory(QObject):
    """Switches the live view to a trained model, and back to the previous one.

    Args:
        context: The parts of the program.
        parent: Parent object.

    Signals:
        changed: The live view uses another model.
    """

    changed = Signal()

    def __init__(self, context: FeatureContext, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._session = session = context.session
        self._previous = ""  # the choice that `use` replaced
        self._pending = ""  # the choice whose confirmation is shown to the user
        session.student.changed.connect(lambda _: self.changed.emit())
        session.student.choice_made.connect(self._on_choice)
        session.student.failed.connect(self._on_failed)

    @property
    def current(self) -> str:
        """The name of the model in use."""
        return short_name(self._session.student.name)

    def use(self, model: str) -> None:
        """Uses a model, given by name or path."""
        self._previous = self._session.student.choice
        self._request(model)

    def ask_and_use(self, model: str) -> None:
        """Uses a model; asks the user first if there are reasons against it."""
        self._previous, self._pending = self._session.student.choice, model
        use_model(self._context, model)

    def undo(self) -> None:
        """Uses the previous model again; does nothing where there is none."""
        if self._previous:
            self._request(self._previous)
            self._previous = ""

    def _request(self, model: str) -> None:
        self._pending = model
        self._session.student.use(model)

    def _on_choice(self, choice: str) -> None:
        if choice == self._pending:
            self._pending = ""
            text = tr("{name} is in use now.").format(name=short_name(choice))
            if choice == AUTOMATIC:
                text = tr("The model is chosen automatically again.")
            self._context.messages.notify("done", text)

    def _on_failed(self, _: object) -> None:
        self._pending = ""
