"""Asks, before the window goes, what becomes of work that goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QMessageBox

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget


@dataclass(frozen=True, slots=True)
class QuitWords:
    """What is asked.

    Attributes:
        title: Of the box.
        text: What goes on.
        about: What either answer means.
        stop: The answer that ends the work.
        leave: The answer that lets it go on without the window; empty where it cannot.
    """

    title: str
    text: str
    about: str
    stop: str
    leave: str = ""


class QuitQuestion(QObject):
    """Stops the window's closing while something goes on, and asks.

    Args:
        window: The window.
        active: Whether something goes on.
        words: Gives what is asked.
        parent: Of this object.

    Signals:
        stop: The work is to end before the window closes.
    """

    stop = Signal()

    def __init__(
        self,
        window: QWidget,
        active: Callable[[], bool],
        words: Callable[[], QuitWords],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._active = active
        self._words = words
        self._decided = False
        self.box: QMessageBox | None = None
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Asks first."""
        if (
            watched is not self._window
            or event.type() != QEvent.Type.Close
            or self._decided
            or not self._active()
        ):
            return False
        event.ignore()
        if self.box is None:
            self._ask()
        return True

    def _ask(self) -> None:
        words = self._words()
        box = QMessageBox(self._window)
        box.setWindowTitle(words.title)
        box.setText(words.text)
        box.setInformativeText(words.about)
        going = []
        if words.leave:
            going.append(box.addButton(words.leave, QMessageBox.ButtonRole.AcceptRole))
        stop = box.addButton(words.stop, QMessageBox.ButtonRole.DestructiveRole)
        cancel = box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(*(going or [cancel]))

        def done() -> None:
            clicked, self.box = box.clickedButton(), None
            box.deleteLater()
            if clicked in (*going, stop):
                if clicked is stop:
                    self.stop.emit()
                self._decided = True
                self._window.close()

        box.finished.connect(lambda _: done())
        self.box = box
        box.open()
