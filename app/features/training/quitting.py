"""Asks, before the window goes, what becomes of a run that goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QMessageBox

from app.i18n import tr

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget


class QuitQuestion(QObject):
    """Stops the window's closing while something trains, and asks.

    Args:
        window: The window.
        active: Whether something trains.

    Signals:
        stop: The run is to end before the window closes.
    """

    stop = Signal()

    def __init__(self, window: QWidget, active: Callable[[], bool], parent: QObject) -> None:
        super().__init__(parent)
        self._window = window
        self._active = active
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
        box = QMessageBox(self._window)
        box.setWindowTitle(tr("A training goes on"))
        box.setText(tr("A student is still training."))
        box.setInformativeText(
            tr(
                "It can go on without the window; its result is shown at the next start. If it is "
                "stopped, the best so far is kept if it is better."
            )
        )
        leave = box.addButton(tr("Let it go on"), QMessageBox.ButtonRole.AcceptRole)
        stop = box.addButton(tr("Stop it"), QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(leave)

        def done() -> None:
            clicked, self.box = box.clickedButton(), None
            box.deleteLater()
            if clicked in (leave, stop):
                if clicked is stop:
                    self.stop.emit()
                self._decided = True
                self._window.close()

        box.finished.connect(lambda _: done())
        self.box = box
        box.open()
