"""The window of models and runs, and what its buttons do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.features.training.library_dialog import ModelLibraryDialog
from app.features.training.run import discard_quietly, read_request
from app.features.training.training_data import delete_recording
from uvanet.errors import UvanetError
from uvanet.registry import list_models, list_user_models
from uvanet.user_models import delete_user_model, user_model

if TYPE_CHECKING:
    from pathlib import Path

    from app.features.training.feature import Training
    from uvanet.model_card import Card


class ModelLibrary(QObject):
    """Made with the feature; its window when first asked for.

    Args:
        feature: Swaps models and follows runs.
    """

    def __init__(self, feature: Training) -> None:
        super().__init__(feature)
        self._feature = feature
        self.dialog: ModelLibraryDialog | None = None

    def present(self) -> None:
        """Opens the window."""
        if self.dialog is None:
            self.dialog = ModelLibraryDialog(self._feature.context.slots.window)
            self.dialog.use.connect(self._use)
            self.dialog.forget.connect(self._forget)
            self.dialog.resume.connect(self._resume)
            self.dialog.discard.connect(self._discard)
        self.update()
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()

    def cards(self) -> list[Card]:
        """All models there are."""
        try:
            return list_models()
        except UvanetError as error:
            self._feature.say(error)
            return []

    def update(self) -> None:
        """Lists everything anew."""
        if self.dialog is None:
            return
        students = [card for card in self.cards() if card.role == "student"]
        own = {card.name for card in list_user_models()}
        current = self._feature.swap.current
        self.dialog.show_all(students, own, current, self._feature.left.unfinished())

    def _use(self, name: str) -> None:
        # By its path, by which the next start finds it, too.
        self._feature.swap.use(str(user_model(name) or name))

    def _forget(self, name: str) -> None:
        try:
            delete_user_model(name)
        except UvanetError as error:
            self._feature.say(error)
        self.update()

    def _resume(self, folder: Path) -> None:
        if not self._feature.refuse_second():
            self._feature.left.resume(folder)
            self.update()
            self._feature.show_run()

    def _discard(self, folder: Path) -> None:
        request = read_request(folder)
        discard_quietly(folder)
        if request is not None and not folder.exists():
            delete_recording(request.arguments)
        self.update()
