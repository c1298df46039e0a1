"""Questions with two buttons, which do not block the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from app.ui.build import plain_tip
from app.ui.i18n import tr
from uvanet.redaction import printable


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
    """Asks the user before an action.

    Args:
        parent: Parent window of the question.
        title: Title of the window.
        text: The question, in one sentence.
        details: Consequences of the action; may be empty.
        action: Label of the button for the action; the other button is Cancel.
        done: Called if the user agrees.
        destructive: Whether data are lost; Enter then cancels.
    """
    box = QMessageBox(parent)
    box.setWindowTitle(title)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(text)
    # Qt detects HTML in this text, whatever the format of the first text is.
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


def ask_before_replacing(parent: QWidget, path: Path | None, done: Callable[[], object]) -> None:
    """Calls `done`, after a question where a file exists that the user did not choose.

    Args:
        parent: Parent window of the question.
        path: A file that is written beside the chosen one; None if none is.
        done: Called if there is no such file, or if the user agrees to replace it.
    """
    if path is None or not path.exists():
        done()
        return
    ask(
        parent,
        tr("Replace file"),
        tr("{name} exists already.").format(name=printable(path.name)),
        tr("It would be replaced by a file that belongs to the one you chose."),
        tr("Replace"),
        done,
        destructive=True,
    )
