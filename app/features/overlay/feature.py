"""Overlay: the style of the heat map."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from app.features.overlay.overlay_panel import OverlayPanel
from app.features.overlay.settings import Colormap, OverlaySettings
from app.session.heat import MAX_SMOOTHING
from app.shell.actions import Menu, action
from app.shell.context import Fact, FactKind
from app.shell.feature import Feature
from uvanet.video.colormaps import colormap
from uvanet.video.overlay import OverlayStyle

if TYPE_CHECKING:
    from app.shell.context import FeatureContext

_COLORMAPS: tuple[Colormap, ...] = get_args(Colormap)
_RANK = 0


class Overlay(Feature):
    """The card of the overlay and its actions; writes the style into the presenter's heat."""

    def __init__(self, context: FeatureContext) -> None:
        super().__init__(context)
        self._settings = settings = context.settings.section(OverlaySettings)
        self.panel = OverlayPanel(
            {name: colormap(name) for name in _COLORMAPS}, MAX_SMOOTHING, context.actions.tip
        )
        self.panel.opacity.set_value(settings.opacity)
        self.panel.threshold.set_value(settings.threshold)
        self.panel.smoothing.set_value(settings.smoothing)
        self.panel.opacity_changed.connect(self._on_opacity)
        self.panel.threshold_changed.connect(self._on_threshold)
        self.panel.smoothing_changed.connect(self._on_smoothing)
        self.panel.colormap_chosen.connect(self.set_colormap)
        context.slots.add_card(self.panel, _RANK)
        context.slots.add_button(context.actions["overlay"], 50)
        heat = context.presenter.heat
        heat.style = OverlayStyle(settings.colormap, settings.opacity, settings.threshold)
        heat.smoothing = settings.smoothing
        self.set_colormap(settings.colormap)
        self.overlay(settings.visible)

    def facts(self) -> list[Fact]:
        """The settings of the style."""
        names = ("colormap", "opacity", "threshold", "smoothing", "visible")
        return [
            Fact(f"overlay {name}", str(getattr(self._settings, name)), FactKind.TECHNICAL)
            for name in names
        ]

    # -- actions

    @action("Show overlay", Menu.OVERLAY, "U", icon="eye", checkable=True)
    def overlay(self, on: bool) -> None:
        """Shows or hides the heat map."""
        self._settings.visible = on
        self.context.actions.set_checked("overlay", on)
        self.context.presenter.set_visible(on)

    @action("More opacity", Menu.OVERLAY, "Up", group=1, repeat=True)
    def more_opacity(self) -> None:
        """Raises the opacity by a step."""
        self.panel.opacity.step_value(1)

    @action("Less opacity", Menu.OVERLAY, "Down", group=1, repeat=True)
    def less_opacity(self) -> None:
        """Lowers the opacity by a step."""
        self.panel.opacity.step_value(-1)

    @action("Higher threshold", Menu.OVERLAY, "Shift+Up", group=2, repeat=True)
    def more_threshold(self) -> None:
        """Raises the threshold by a step."""
        self.panel.threshold.step_value(1)

    @action("Lower threshold", Menu.OVERLAY, "Shift+Down", group=2, repeat=True)
    def less_threshold(self) -> None:
        """Lowers the threshold by a step."""
        self.panel.threshold.step_value(-1)

    @action("More smoothing", Menu.OVERLAY, "Ctrl+Up", group=3, repeat=True)
    def more_smoothing(self) -> None:
        """Raises the smoothing by a step."""
        self.panel.smoothing.step_value(1)

    @action("Less smoothing", Menu.OVERLAY, "Ctrl+Down", group=3, repeat=True)
    def less_smoothing(self) -> None:
        """Lowers the smoothing by a step."""
        self.panel.smoothing.step_value(-1)

    @action("Colormap turbo", Menu.OVERLAY, "1", group=4, choice="colormap")
    def colormap_turbo(self, _: bool) -> None:
        """Uses turbo."""
        self.set_colormap("turbo")

    @action("Colormap inferno", Menu.OVERLAY, "2", group=4, choice="colormap")
    def colormap_inferno(self, _: bool) -> None:
        """Uses inferno."""
        self.set_colormap("inferno")

    @action("Colormap cividis", Menu.OVERLAY, "3", group=4, choice="colormap")
    def colormap_cividis(self, _: bool) -> None:
        """Uses cividis."""
        self.set_colormap("cividis")

    @action("Colormap viridis", Menu.OVERLAY, "4", group=4, choice="colormap")
    def colormap_viridis(self, _: bool) -> None:
        """Uses viridis."""
        self.set_colormap("viridis")

    @action("Next colormap", Menu.OVERLAY, "C", group=4)
    def next_colormap(self) -> None:
        """Uses the next colormap."""
        index = _COLORMAPS.index(self._settings.colormap) + 1
        self.set_colormap(_COLORMAPS[index % len(_COLORMAPS)])

    @action("Reset overlay", Menu.OVERLAY, "R", group=5)
    def reset_overlay(self) -> None:
        """Restores the default style."""
        default = OverlaySettings()
        self.panel.opacity.set_value(default.opacity)
        self.panel.threshold.set_value(default.threshold)
        self.panel.smoothing.set_value(default.smoothing)
        self.set_colormap(default.colormap)
        self.overlay(True)

    # -- style

    def set_colormap(self, name: Colormap) -> None:
        """Uses a colormap."""
        self._settings.colormap = name
        self.panel.set_colormap(name)
        self.context.actions.set_checked(f"colormap_{name}", True)
        self.context.presenter.restyle(colormap=name)

    def _on_opacity(self, value: float) -> None:
        self._settings.opacity = value
        self.context.presenter.restyle(opacity=value)

    def _on_threshold(self, value: float) -> None:
        self._settings.threshold = value
        self.context.presenter.restyle(threshold=value)

    def _on_smoothing(self, seconds: float) -> None:
        self._settings.smoothing = seconds
        self.context.presenter.set_smoothing(seconds)
