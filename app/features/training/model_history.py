"""Puts other weights into the live view, and the ones of before back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.session.models import short_name
from app.ui.i18n import tr

if TYPE_CHECKING:
    from app.session.session import LiveSession
    from app.ui.banner import Banner


class ModelHistory(QObject):
    """Remembers what was in use.

    Signals:
        changed: Another model is in the live view.
    """

    changed = Signal()

    def __init__(self, controller: LiveSession, banner: Banner, parent: QObject) -> None:
        super().__init__(parent)
        self._controller = controller
        self._banner = banner
        self._before: list[str] = []
        self._was: list[str] = []  # the list before the change that is under way
        self._asked = ""
        controller.student.changed.connect(self._on_changed)
        controller.student.failed.connect(self._on_failed)

    @property
    def current(self) -> str:
        """The name of the model in the live view."""
        return short_name(self._controller.student.name)

    @property
    def possible(self) -> bool:
        """Whether there is something to go back to."""
        return bool(self._before)

    def use(self, model: str) -> None:
        """Puts a model in, a name or a path."""
        self._was = list(self._before)
        self._before.append(self._controller.student.name)
        self._asked = model
        self._controller.student.use(model)

    def undo(self) -> None:
        """Goes back to the one before."""
        if not self._before:
            self._banner.notify("info", tr("There is no model to go back to."))
            return
        self._was = list(self._before)
        self._asked = self._before.pop()
        self._controller.student.use(self._asked)

    def _on_changed(self, name: str) -> None:
        if name == self._asked:
            self._asked = ""
            self._banner.notify("done", tr("{name} is in use now.").format(name=short_name(name)))
        self.changed.emit()

    def _on_failed(self, _: object) -> None:
        if self._asked:
            self._asked, self._before = "", self._was
