"""Deletes models of the user, and takes files off the list; both can be undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.i18n import tr
from app.ui.questions import ask
from app.ui.trash import Trashed
from uvanet.errors import UvanetError
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
    folder = Trashed(path.parent)

    def apply(there: bool) -> None:
        try:
            folder.restore() if there else folder.discard()
        except UvanetError as error:
            context.show_error(error)
        done()

    def destroy() -> None:
        folder.destroy()
        done()

    try:
        folder.discard()
    except UvanetError as error:
        ask(
            context.slots.window,
            tr("Delete model"),
            tr("Delete {name} for good?").format(name=model.title),
            f"{error.message} {tr('It cannot be restored.')}",
            tr("Delete"),
            destroy,
            destructive=True,
        )
        return
    context.undo.record(
        tr("delete model"),
        apply,
        before=True,
        after=False,
        toast=tr("{name} was moved to the trash.").format(name=model.title),
    )
    done()


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
