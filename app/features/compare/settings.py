"""Settings of the comparison."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from app.runtime.settings import Section

View = Literal["student", "side", "wipe", "original"]


class CompareSettings(Section):
    """How student and teacher are shown.

    Attributes:
        view: The arrangement of the panes.
        synchronized: Whether only frames that both student and teacher have processed are shown.
        wipe: Position of the divider, as a share of the picture's width.
    """

    SECTION: ClassVar[str] = "compare"
    V1: ClassVar[dict[str, str]] = {
        "view": "compare_view",
        "synchronized": "compare_paired",
        "wipe": "compare_wipe",
    }

    view: View = "student"
    synchronized: bool = True
    wipe: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.5
