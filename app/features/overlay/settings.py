"""Settings of the overlay."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from app.runtime.settings import Section
from app.ui.i18n import tr
from uvanet.overlay import OverlayStyle
from uvanet.video.smoothing import DEFAULT_SECONDS

Share = Annotated[float, Meta(ge=0.0, le=1.0)]
Colormap = Literal["turbo", "inferno", "cividis", "viridis"]  # uvanet.colormaps.COLORMAPS


class Look(msgspec.Struct):
    """The style of the heat map.

    Attributes:
        colormap: One of `uvanet.colormaps.COLORMAPS`.
        opacity: 0..1.
        threshold: 0..1; the heat map is transparent where attention is lower.
        smoothing: Time constant in seconds, 0..1.
        visible: Whether the heat map is shown.
        color_bar: Whether the color bar is shown over the picture.
    """

    colormap: Colormap = "turbo"
    opacity: Share = 0.6
    threshold: Share = 0.15
    smoothing: Share = DEFAULT_SECONDS
    visible: bool = True
    color_bar: bool = False


def _default_looks() -> dict[str, Look]:
    return {
        tr("Standard"): Look(),
        tr("Peaks only"): Look(opacity=0.7, threshold=0.6),
        tr("Calm"): Look(colormap="viridis", opacity=0.5, smoothing=0.5),
        tr("Whole map"): Look(colormap="inferno", opacity=0.8, threshold=0.0),
    }


class LookPresets(Section):
    """Presets of the overlay's style.

    Attributes:
        looks: The presets by name: those of the program, and those that the user saved.
    """

    SECTION: ClassVar[str] = "looks"

    looks: dict[str, Look] = msgspec.field(default_factory=_default_looks)


class OverlaySettings(Look, Section):
    """The style of the heat map in use."""

    SECTION: ClassVar[str] = "overlay"
    V1: ClassVar[dict[str, str]] = {"visible": "overlay"}

    @property
    def style(self) -> OverlayStyle:
        """Colormap, opacity and threshold."""
        return OverlayStyle(self.colormap, self.opacity, self.threshold)
