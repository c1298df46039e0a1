"""Moves a file or folder of the user to the trash, with undo."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.shell.context import FeatureContext
from app.ui.i18n import tr
from app.ui.questions import ask
from app.ui.trash import Trashed
from uvanet.errors import UvanetError


def move_to_trash(
    context: FeatureContext,
    path: Path,
    name: str,
    change: str,
    question: str,
    done: Callable[[], None] = lambda: None,
) -> None:
    """Moves a file or folder to the trash; without a trash, deletes it after a question.

    Args:
        context: The context of the calling feature.
        path: The file or folder.
        name: Its name for messages.
        change: Name of the change for undo, such as "delete model".
        question: Title of the question.
        done: Called after each change, also after undo and redo.
    """
    trashed = Trashed(path)

    def apply(exists: bool) -> None:
        try:
            trashed.restore() if exists else trashed.discard()
        except UvanetError as error:
            context.show_error(error)
        done()

    def destroy() -> None:
        try:
            trashed.destroy()
        except UvanetError as error:
            context.show_error(error)
        done()

    try:
        trashed.discard()
    except UvanetError as error:
        ask(
            context.slots.window,
            question,
            tr("Delete {name} for good?").format(name=name),
            f"{error.message} {tr('It cannot be restored.')}",
            tr("Delete"),
            destroy,
            destructive=True,
        )
        return
    context.undo.record(
        change,
        apply,
        before=True,
        after=False,
        toast=tr("{name} was moved to the trash.").format(name=name),
    )
    done()
