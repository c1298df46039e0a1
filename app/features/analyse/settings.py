"""Settings of the analysis."""

from __future__ import annotations

from typing import ClassVar

from app.runtime.settings import Section


class AnalyseSettings(Section):
    """Settings of the analysis.

    Attributes:
        strip: Whether attention over time is shown on the timeline.
        scanpath: Whether the predicted scanpath is drawn over the picture.
    """

    SECTION: ClassVar[str] = "analyse"
    V1: ClassVar[dict[str, str]] = {"strip": "analyse_strip", "scanpath": "analyse_looks"}

    strip: bool = True
    scanpath: bool = False
