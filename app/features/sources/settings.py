"""Settings of the sources."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from app.runtime.settings import Section

MAX_RECENT = 10


class SourcesSettings(Section):
    """Recent sources.

    Attributes:
        recent: Strings that open them again, newest first.
    """

    SECTION: ClassVar[str] = "sources"

    recent: list[str] = msgspec.field(default_factory=list)

    def add_recent(self, spec: str) -> None:
        """Puts a source at the head of the recent ones."""
        self.recent = [spec, *(other for other in self.recent if other != spec)][:MAX_RECENT]
