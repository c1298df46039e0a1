"""Asks about unfinished work before the window closes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QMessageBox, QWidget

from app.ui.i18n import tr

_POLL_MS = 50


@dataclass(frozen=True, slots=True)
class QuitPrompt:
    """Part of the quit question about one unfinished task.

    Attributes:
        text: A sentence that names the unfinished task.
        details: Explains what each answer does to the task.
        stop: Stops the task before the window closes.
        can_continue: Whether the task can continue without the window.
        stopped: Returns whether the window may close after `stop`; called repeatedly until then.
    """

    text: str
    details: str
    stop: Callable[[], None]
    can_continue: bool = False
    stopped: Callable[[], bool] = lambda: True


class QuitGuard:
    """Asks one question about all unfinished tasks, each time the window is about to close.

    Args:
        window: The window; closed again after an answer that allows it.
        prompts: Returns a prompt for each task that is unfinished now.

    Attributes:
        box: The question while it is open.
    """

    def __init__(self, window: QWidget, prompts: Callable[[], Sequence[QuitPrompt]]) -> None:
        self._window = window
        self._prompts = prompts
        self._allowed = False
        self._stopping: Sequence[QuitPrompt] = ()
        self._poll = QTimer(window, interval=_POLL_MS)
        self._poll.timeout.connect(self._close_if_stopped)
        self.box: QMessageBox | None = None

    def allow(self) -> None:
        """Lets the window close without a question, as after a signal of the system."""
        self._allowed = True
        if self.box is not None:
            self.box.reject()

    def may_close(self) -> bool:
        """Returns whether the window may close now; otherwise opens the question."""
        if self._allowed:
            return True
        prompts = self._prompts()
        if prompts and self.box is None:
            self._ask(prompts)
        return not prompts

    def _ask(self, prompts: Sequence[QuitPrompt]) -> None:
        box = QMessageBox(self._window)
        box.setWindowTitle(tr("Unfinished work"))
        box.setText("\n".join(prompt.text for prompt in prompts))
        box.setInformativeText("\n\n".join(prompt.details for prompt in prompts))
        leave = None
        if any(prompt.can_continue for prompt in prompts):
            leave = box.addButton(tr("Continue in background"), QMessageBox.ButtonRole.AcceptRole)
        stop = box.addButton(tr("Stop and quit"), QMessageBox.ButtonRole.DestructiveRole)
        cancel = box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(leave or cancel)

        def done() -> None:
            clicked, self.box = box.clickedButton(), None
            box.deleteLater()
            if clicked is not None and clicked in (leave, stop):
                ending = [each for each in prompts if clicked is stop or not each.can_continue]
                for prompt in ending:
                    prompt.stop()
                self._close_after(ending)

        box.finished.connect(lambda _: done())
        self.box = box
        box.open()

    def _close_after(self, prompts: Sequence[QuitPrompt]) -> None:
        """Closes the window when all tasks have stopped; the second time, closes it at once."""
        waited = self._poll.isActive()
        self._poll.stop()
        if waited or all(prompt.stopped() for prompt in prompts):
            self._close()
            return
        self._stopping = prompts
        self._poll.start()

    def _close_if_stopped(self) -> None:
        if all(prompt.stopped() for prompt in self._stopping):
            self._poll.stop()
            self._close()

    def _close(self) -> None:
        self._allowed = True
        self._window.close()
        self._allowed = False
