"""What the window can do beyond showing a source: one file or folder a feature."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.features.feature import Feature


def features() -> tuple[type[Feature], ...]:
    """The features, in the order in which the window makes them."""
    from app.features.compare import Compare
    from app.features.models import Models
    from app.features.training import Training

    return (Compare, Models, Training)
