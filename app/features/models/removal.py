"""Deletes models of the user, and removes files from the list; both can be undone."""

from __future__ import annotations

from collections.abc import Callable

from app.features.models.model_info import ModelInfo
from app.session.settings import SessionSettings
from app.shell.context import FeatureContext
from app.shell.removal import move_to_trash
from app.ui.i18n import tr
from uvanet.user_models import user_model


def delete_model(context: FeatureContext, model: ModelInfo, done: Callable[[], None]) -> None:
    """Moves a model that the user trained to the trash; without a trash, asks before deletion.

    Args:
        context: The parts of the program.
        model: A model that is deletable and not in use.
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
    """Removes a file from the list of models; the file itself is not changed."""
    index = settings.model_files.index(model.name) if model.name in settings.model_files else 0

    def apply(listed: bool) -> None:
        files = [name for name in settings.model_files if name != model.name]
        if listed:
            files.insert(index, model.name)
        settings.model_files = files
        done()

    apply(False)
    context.undo.record(
        tr("remove model from list"),
        apply,
        True,
        False,
        toast=tr("{name} was removed from the list.").format(name=model.title),
    )
