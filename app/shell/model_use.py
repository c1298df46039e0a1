"""Uses a model as student; asks first where that has side effects for the user."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.session.models import AUTOMATIC, short_name
from app.session.settings import SessionSettings
from app.shell.context import FeatureContext
from app.ui.i18n import tr
from app.ui.questions import ask

_CANCELLED = {"scan", "gaze"}  # work that ends with its model


def use_model(context: FeatureContext, name: str, parent: QWidget | None = None) -> None:
    """Uses a model as student; asks first where `reasons_against` returns reasons.

    Args:
        context: The context of the calling feature.
        name: A name or path that `StudentModel.use` takes.
        parent: The window that the question belongs to; None for the main window.
    """
    session = context.session
    reasons = reasons_against(context, name)
    if not reasons:
        session.student.use(name)
        return
    ask(
        parent or context.slots.window,
        tr("Use another model"),
        tr("Use {name}?").format(name=_title(name)),
        "\n\n".join(reasons),
        tr("Use"),
        lambda: session.student.use(name),
    )


def reasons_against(context: FeatureContext, name: str) -> list[str]:
    """Reasons why the user may not want to use a model now, a sentence each."""
    session = context.session
    reasons = []
    scene = context.settings.section(SessionSettings).model_scenes.get(short_name(name), "")
    if scene and session.info is not None and session.info.spec != scene:
        reasons.append(
            tr(
                "It was adapted to another scene than {source}, and may be worse on this one."
            ).format(source=session.info.title)
        )
    if name != session.student.name and name != AUTOMATIC:
        if session.automatic.holders & _CANCELLED:
            reasons.append(
                tr("The clip is being scanned with {name}; the scan is cancelled.").format(
                    name=short_name(session.student.name)
                )
            )
        reasons += session.student.needed_by.values()
    return reasons


def _title(name: str) -> str:
    return tr("Automatic") if name == AUTOMATIC else short_name(name)
