"""Settings of the sources."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from app.runtime.settings import Section

MAX_RECENT = 10


class SourcesSettings(Section):
    """Recent sources.

    Attributes:
        recent: Strings that open the recent sources, newest first.
    """

    SECTION: ClassVar[str] = "sources"

    recent: list[str] = msgspec.field(default_factory=list)

    def add_recent(self, spec: str) -> None:
        """Makes a source the newest of the recent sources."""
        self.recent = [spec, *(other for other in self.recent if other != spec)][:MAX_RECENT]
