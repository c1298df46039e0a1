"""Questions that are answered by one of two buttons; none blocks the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

from app.ui.build import plain_tip

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget


def ask(
    parent: QWidget,
    title: str,
    text: str,
    details: str,
    action: str,
    done: Callable[[], object],
    *,
    destructive: bool = False,
) -> QMessageBox:
    """Asks before something is done.

    Args:
        parent: The window that the question belongs to.
        title: Title of the question's window.
        text: What is about to happen, in one sentence.
        details: What follows from it; may be empty.
        action: Label of the button that does it; the other one is Cancel.
        done: Called where the user agrees.
        destructive: Whether something is lost; Enter then cancels.
    """
    box = QMessageBox(parent)
    box.setWindowTitle(title)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(text)
    # Qt guesses the format of this text alone.
    box.setInformativeText(plain_tip(details))
    role = QMessageBox.ButtonRole
    yes = box.addButton(action, role.DestructiveRole if destructive else role.AcceptRole)
    cancel = box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(cancel if destructive else yes)

    def answer() -> None:
        agreed = box.clickedButton() is yes
        box.deleteLater()
        if agreed:
            done()

    box.finished.connect(lambda _: answer())
    box.open()
    return box
