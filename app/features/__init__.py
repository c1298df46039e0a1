"""What the window can do beyond showing a source: one file or folder a feature."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.shell.feature import Feature


def features() -> tuple[type[Feature], ...]:
    """The features, in the order in which the window makes them."""
    # Here and not above: their actions are declared with the classes of app.shell.actions.
    from app.features.analyse import Analyse
    from app.features.cameras.feature import Cameras
    from app.features.compare import Compare
    from app.features.export import Export
    from app.features.models.feature import Models
    from app.features.training import Training
    from app.features.view.feature import View

    return (Compare, Models, Analyse, Export, Training, Cameras, View)
