"""Settings of the view."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from app.runtime.settings import Section

Mirrored = Annotated[int, Meta(ge=0, le=1)]
QuarterTurns = Annotated[int, Meta(ge=0, le=3)]


class ViewSettings(Section):
    """How sources are mirrored and rotated.

    Attributes:
        orientations: Whether a source is mirrored (0 or 1) and its quarter turns clockwise, by the
            string that opens the source.
    """

    SECTION: ClassVar[str] = "view"
    V1: ClassVar[dict[str, str]] = {"orientations": "turned"}

    orientations: dict[str, tuple[Mirrored, QuarterTurns]] = msgspec.field(default_factory=dict)
