"""Overlay: the style of the heat map."""

from __future__ import annotations

from typing import get_args

from msgspec.structs import asdict

from app.features.overlay.color_bar import ColorBarLayer
from app.features.overlay.overlay_panel import OverlayPanel
from app.features.overlay.settings import Colormap, Look, LookPresets, OverlaySettings
from app.session.heat import MAX_SMOOTHING
from app.shell.actions import Menu, MenuActions
from app.shell.context import Fact, FactKind, FeatureContext
from app.shell.feature import Feature, Preference
from app.shell.project import Project
from app.ui.i18n import tr
from app.ui.preset_list import PresetList
from uvanet.colormaps import colormap

action = MenuActions(Menu.VIEW)
heat_action = MenuActions(Menu.VIEW, "Heat map")

_COLORMAPS: tuple[Colormap, ...] = get_args(Colormap)
_RANK = 0


class Overlay(Feature):
    """The card of the overlay and its actions; writes the style into the presenter's heat."""

    def __init__(self, context: FeatureContext) -> None:
        super().__init__(context)
        self._settings = context.settings.section(OverlaySettings)
        self.panel = OverlayPanel(
            {name: colormap(name) for name in _COLORMAPS}, MAX_SMOOTHING, context.actions.tip
        )
        self.panel.opacity_changed.connect(self._on_opacity)
        self.panel.threshold_changed.connect(self._on_threshold)
        self.panel.smoothing_changed.connect(self._on_smoothing)
        self.panel.colormap_chosen.connect(self.set_colormap)
        self.panel.slider_released.connect(context.undo.seal)
        self._color_bar = ColorBarLayer()
        context.slots.canvas.add_layer(self._color_bar)
        context.slots.add_card("overlay", self.panel, _RANK)
        context.slots.add_button(context.actions["overlay"], 50)
        self._show()

    def facts(self) -> list[Fact]:
        """The settings of the style."""
        names = ("colormap", "opacity", "threshold", "smoothing", "visible")
        return [
            Fact(f"overlay {name}", str(getattr(self._settings, name)), FactKind.TECHNICAL)
            for name in names
        ]

    def preferences(self) -> list[Preference]:
        """The presets of the overlay's style."""
        presets = PresetList(
            tr("Presets of the look"),
            self.context.settings.section(LookPresets).looks,
            lambda: Look(**asdict(self._settings)),
            lambda look: self._change(tr("apply look"), **asdict(look)),
            self.context.undo.record,
        )
        self.context.undo.changed.connect(presets.refresh)
        return [Preference(tr("Look"), tr("Presets of the look"), presets)]

    def save_to_project(self, project: Project) -> None:
        """Writes the style of the heat map."""
        settings, view = self._settings, project.view
        view.colormap, view.overlay = settings.colormap, settings.visible
        view.opacity, view.threshold = settings.opacity, settings.threshold
        view.smoothing = settings.smoothing

    def open_project(self, project: Project) -> None:
        """Uses the style of a project."""
        view = project.view
        values = {name: getattr(view, name) for name in view.__struct_fields__}
        style = {name: values[name] for name in asdict(self._settings) if name in values}
        self._change(tr("change style"), **style, visible=view.overlay)

    # -- actions

    @action("Show overlay", "U", icon="eye", checkable=True, words="heatmap hide")
    def overlay(self, on: bool) -> None:
        """Shows or hides the heat map."""
        self._change(tr("show overlay") if on else tr("hide overlay"), visible=on)

    @heat_action("Color bar", "Shift+U", group=3, checkable=True, words="legend scale")
    def color_bar(self, on: bool) -> None:
        """Shows the colors of the heat map over the picture, from low to high."""
        self._change(tr("show color bar") if on else tr("hide color bar"), color_bar=on)

    @heat_action("More opacity", "Up", repeat=True, words="transparency stronger")
    def more_opacity(self) -> None:
        """Raises the opacity by a step."""
        self.panel.opacity.step_value(1)

    @heat_action("Less opacity", "Down", repeat=True, words="transparency weaker")
    def less_opacity(self) -> None:
        """Lowers the opacity by a step."""
        self.panel.opacity.step_value(-1)

    @heat_action("Higher threshold", "Shift+Up", group=1, repeat=True)
    def more_threshold(self) -> None:
        """Raises the threshold by a step."""
        self.panel.threshold.step_value(1)

    @heat_action("Lower threshold", "Shift+Down", group=1, repeat=True)
    def less_threshold(self) -> None:
        """Lowers the threshold by a step."""
        self.panel.threshold.step_value(-1)

    @heat_action("More smoothing", "Ctrl+Up", group=2, repeat=True)
    def more_smoothing(self) -> None:
        """Raises the smoothing by a step."""
        self.panel.smoothing.step_value(1)

    @heat_action("Less smoothing", "Ctrl+Down", group=2, repeat=True)
    def less_smoothing(self) -> None:
        """Lowers the smoothing by a step."""
        self.panel.smoothing.step_value(-1)

    @heat_action("Colormap turbo", "1", group=3, choice="colormap")
    def colormap_turbo(self, _: bool) -> None:
        """Uses turbo."""
        self.set_colormap("turbo")

    @heat_action("Colormap inferno", "2", group=3, choice="colormap")
    def colormap_inferno(self, _: bool) -> None:
        """Uses inferno."""
        self.set_colormap("inferno")

    @heat_action("Colormap cividis", "3", group=3, choice="colormap")
    def colormap_cividis(self, _: bool) -> None:
        """Uses cividis."""
        self.set_colormap("cividis")

    @heat_action("Colormap viridis", "4", group=3, choice="colormap")
    def colormap_viridis(self, _: bool) -> None:
        """Uses viridis."""
        self.set_colormap("viridis")

    @heat_action("Next colormap", "C", group=3, words="colors change palette")
    def next_colormap(self) -> None:
        """Uses the next colormap."""
        index = _COLORMAPS.index(self._settings.colormap) + 1
        self.set_colormap(_COLORMAPS[index % len(_COLORMAPS)])

    @heat_action("Reset overlay", "R", group=4, words="restore default style", loses=True)
    def reset_overlay(self) -> None:
        """Restores the default style."""
        self._change(tr("reset overlay"), **asdict(OverlaySettings()))

    # -- style

    def set_colormap(self, name: Colormap) -> None:
        """Uses a colormap."""
        self._change(tr("change colormap"), colormap=name)

    def _on_opacity(self, value: float) -> None:
        self._change(tr("change opacity"), self._drag("opacity"), opacity=value)

    def _on_threshold(self, value: float) -> None:
        self._change(tr("change threshold"), self._drag("threshold"), threshold=value)

    def _on_smoothing(self, seconds: float) -> None:
        self._change(tr("change smoothing"), self._drag("smoothing"), smoothing=seconds)

    def _drag(self, name: str) -> str:
        """The `merge` of a change of a slider: its name during a drag, else empty."""
        return name if self.panel.is_dragged else ""

    def _change(self, text: str, merge: str = "", **values: object) -> None:
        """Changes settings, shows them, and records the change."""
        before = asdict(self._settings)
        self._apply({**before, **values})
        self.context.undo.record(text, self._apply, before, asdict(self._settings), merge=merge)

    def _apply(self, values: dict[str, object]) -> None:
        for name, value in values.items():
            setattr(self._settings, name, value)
        self._show()

    def _show(self) -> None:
        settings, presenter, actions = self._settings, self.context.presenter, self.context.actions
        self.panel.show_settings(settings)
        actions.set_checked(f"colormap_{settings.colormap}", True)
        actions.set_checked("overlay", settings.visible)
        actions.set_checked("color_bar", settings.color_bar)
        self._color_bar.show_style(settings.style, shown=settings.color_bar and settings.visible)
        presenter.heat.smoothing, presenter.heat.visible = settings.smoothing, settings.visible
        presenter.restyle(
            colormap=settings.colormap, opacity=settings.opacity, threshold=settings.threshold
        )
