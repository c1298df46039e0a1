"""Records the user's choices of the student on the undo stack."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.session.student import StudentModel
from app.shell.undo import UndoStack
from app.ui.i18n import tr


class ModelChoiceRecorder(QObject):
    """Records each choice once its model is in use; a choice that fails is not recorded.

    Args:
        student: The model whose maps are shown.
        undo: The undo stack.
        parent: Parent object.
    """

    def __init__(self, student: StudentModel, undo: UndoStack, parent: QObject) -> None:
        super().__init__(parent)
        self._student, self._undo = student, undo
        self._choice = student.choice
        self._returning: str | None = None  # the choice that undo or redo has requested
        student.choice_made.connect(self._on_choice)
        student.failed.connect(self._on_failed)

    def _on_choice(self, choice: str) -> None:
        before, self._choice = self._choice, choice
        returning, self._returning = self._returning, None
        if choice != returning:
            self._undo.record(tr("model change"), self._return_to, before, choice)

    def _on_failed(self, _: object) -> None:
        self._returning = None

    def _return_to(self, choice: str) -> None:
        self._returning = choice
        self._student.use(choice)
