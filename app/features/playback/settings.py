"""Settings of playback."""

from __future__ import annotations

from typing import ClassVar

from app.runtime.settings import Section


class PlaybackSettings(Section):
    """How files are played.

    Attributes:
        loop: Whether a file starts again at its end.
    """

    SECTION: ClassVar[str] = "playback"

    loop: bool = True
