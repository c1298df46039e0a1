"""Settings of the gaze of people."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import ClassVar

import msgspec

from app.runtime.settings import Section
from uvanet.data.gaze_mapping import GazeMapping

_MAX_MAPPINGS = 50


class GazeSettings(Section):
    """Settings of the gaze of people.

    Attributes:
        shown: Whether the gaze is drawn over the picture.
        mappings: Meaning of the columns of tables that are not recognized, by hash of the header.
    """

    SECTION: ClassVar[str] = "gaze"

    shown: bool = True
    mappings: dict[str, GazeMapping] = msgspec.field(default_factory=dict)

    def mapping(self, header: Sequence[str]) -> GazeMapping | None:
        """Returns the mapping that was chosen last for a header; None without one."""
        return self.mappings.get(_key(header))

    def remember(self, header: Sequence[str], mapping: GazeMapping) -> None:
        """Stores a mapping; above `_MAX_MAPPINGS`, the oldest one is dropped."""
        self.mappings.pop(_key(header), None)
        self.mappings[_key(header)] = mapping
        while len(self.mappings) > _MAX_MAPPINGS:
            del self.mappings[next(iter(self.mappings))]


def _key(header: Sequence[str]) -> str:
    text = "\t".join(header).encode("utf-8", "backslashreplace")
    return hashlib.sha256(text).hexdigest()[:24]
