"""Deletes models of the user, and takes files off the list; both can be undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.shell.removal import move_to_trash
from app.ui.i18n import tr
from uvanet.user_models import user_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.features.models.model_info import ModelInfo
    from app.session.settings import SessionSettings
    from app.shell.context import FeatureContext


def delete_model(context: FeatureContext, model: ModelInfo, done: Callable[[], None]) -> None:
    """Moves a model that the user trained to the trash; without a trash it asks first.

    Args:
        context: The parts of the program.
        model: One that is deletable and not in use.
        done: Called after each change, also after undo and redo.
    """
    path = user_model(model.name)
    if path is None:
        done()
        return
    change, question = tr("delete model"), tr("Delete model")
    move_to_trash(context, path.parent, model.title, change, question, done)


def remove_file(
    context: FeatureContext, settings: SessionSettings, model: ModelInfo, done: Callable[[], None]
) -> None:
    """Takes a file off the list of models; the file stays where it is."""
    before = list(settings.model_files)
    after = [name for name in before if name != model.name]

    def apply(files: list[str]) -> None:
        settings.model_files = list(files)
        done()

    apply(after)
    context.undo.record(
        tr("remove model from list"),
        apply,
        before,
        after,
        toast=tr("{name} was removed from the list.").format(name=model.title),
    )
