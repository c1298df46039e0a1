"""Settings of the window."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from app.runtime.settings import Section

ThemeChoice = Literal["system", "dark", "light"]


class WindowSettings(Section):
    """Size, position and theme of the window.

    Attributes:
        theme: The theme.
        geometry: Position and size as `QWidget.saveGeometry` gives them, in base64; empty at the
            first start.
        panel: Whether the side panel is shown.
        folded: Headings of the collapsed cards.
        folder: The folder that file dialogs opened last.
    """

    SECTION: ClassVar[str] = "window"

    theme: ThemeChoice = "system"
    geometry: Annotated[str, Meta(max_length=20_000)] = ""
    panel: bool = True
    folded: list[str] = msgspec.field(default_factory=list)
    folder: str = ""
