"""Changes the marked part of the source, with undo."""

from __future__ import annotations

from app.shell.context import FeatureContext
from app.ui.i18n import tr


def change_marks(
    context: FeatureContext, start: float | None, end: float | None, *, merge: str = ""
) -> None:
    """Sets the marks of the source and records the change for undo.

    Args:
        context: The context of the calling feature.
        start: Seconds; None for the start of the source.
        end: Seconds; None for the end of the source.
        merge: See `UndoStack.record`.
    """
    session, before = context.session, context.session.marks
    session.set_marks(start, end)
    context.undo.record(
        tr("marks"),
        lambda marks: session.set_marks(*marks),
        before,
        session.marks,
        merge=merge,
        of_source=True,
    )
