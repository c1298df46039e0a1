"""Settings of the gaze of people."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, ClassVar

import msgspec

from app.runtime.settings import Section
from uvanet.data.gaze_mapping import GazeMapping  # noqa: TC001 - msgspec reads the annotation

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST = 50


class GazeSettings(Section):
    """What is shown of the gaze of people.

    Attributes:
        shown: Whether it is drawn over the picture.
        mappings: What the columns of tables mean that are not recognized, by their headers.
    """

    SECTION: ClassVar[str] = "gaze"

    shown: bool = True
    mappings: dict[str, GazeMapping] = msgspec.field(default_factory=dict)

    def mapping(self, header: Sequence[str]) -> GazeMapping | None:
        """The mapping that was used last for a header."""
        return self.mappings.get(_key(header))

    def remember(self, header: Sequence[str], mapping: GazeMapping) -> None:
        """Keeps a mapping; the oldest of many is dropped."""
        self.mappings.pop(_key(header), None)
        self.mappings[_key(header)] = mapping
        while len(self.mappings) > _MOST:
            del self.mappings[next(iter(self.mappings))]


def _key(header: Sequence[str]) -> str:
    text = "\t".join(header).encode("utf-8", "backslashreplace")
    return hashlib.sha256(text).hexdigest()[:24]
