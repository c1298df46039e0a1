"""Settings of the window."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from app.runtime.settings import Section

ThemeChoice = Literal["system", "dark", "light"]
LanguageChoice = Literal["system", "en", "de"]


class WindowSettings(Section):
    """Geometry, theme, language and shortcuts of the window.

    Attributes:
        theme: The theme.
        language: The language, from the next start on.
        keys: Shortcuts that the user changed, in Qt's portable form, by the action's name.
        geometry: Position and size in the format of `QWidget.saveGeometry`, in base64; empty at
            the first start.
        panel: Whether the side panel is shown.
        folded: Names of the collapsed cards.
        folder: The folder that file dialogs opened last.
    """

    SECTION: ClassVar[str] = "window"

    theme: ThemeChoice = "system"
    language: LanguageChoice = "system"
    keys: dict[str, list[str]] = msgspec.field(default_factory=dict)
    geometry: Annotated[str, Meta(max_length=20_000)] = ""
    panel: bool = True
    folded: list[str] = msgspec.field(default_factory=list)
    folder: str = ""
