"""Settings of the slides."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from app.runtime.settings import Section


class SlidesSettings(Section):
    """How folders of pictures are shown.

    Attributes:
        film_rate: Frames per second of a folder that is played as a film.
        limits_shown: Whether the note about screens, posters and text was shown.
    """

    SECTION: ClassVar[str] = "slides"

    film_rate: Annotated[int, Meta(ge=1, le=120)] = 25
    limits_shown: bool = False
