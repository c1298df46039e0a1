"""Controls of the heat map overlay."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QGridLayout, QWidget

from app.features.overlay.color_bar import ColorBar
from app.features.overlay.settings import OverlaySettings
from app.ui.build import column, label
from app.ui.controls import SwatchButton
from app.ui.i18n import tr
from app.ui.number_text import percent_text
from app.ui.sliders import ValueSlider
from uvanet.colormaps import SAFE_COLORMAPS


class OverlayPanel(QFrame):
    """Sliders of opacity, threshold and smoothing, and buttons of the colormaps.

    Args:
        colormaps: The colors of each colormap by name: RGB, uint8, shape (256, 3).
        max_smoothing: Highest time constant, in seconds.
        tip: `ActionRegistry.tip`, which adds the shortcuts of actions to a tooltip.

    Signals:
        opacity_changed: 0..1.
        threshold_changed: 0..1.
        smoothing_changed: Time constant in seconds.
        colormap_chosen: Name of the colormap.
        slider_released: A slider is no longer dragged.
    """

    opacity_changed = Signal(float)
    threshold_changed = Signal(float)
    smoothing_changed = Signal(float)
    colormap_chosen = Signal(str)
    slider_released = Signal()

    def __init__(
        self,
        colormaps: Mapping[str, NDArray[np.uint8]],
        max_smoothing: float,
        tip: Callable[..., str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.opacity = ValueSlider(
            tr("Opacity"),
            1.0,
            tip(tr("Opacity of the heat map"), "more_opacity", "less_opacity"),
            percent_text,
        )
        self.threshold = ValueSlider(
            tr("Threshold"),
            1.0,
            tip(tr("Lower attention is transparent"), "more_threshold", "less_threshold"),
            percent_text,
        )
        self.smoothing = ValueSlider(
            tr("Smoothing"),
            max_smoothing,
            tip(tr("Time constant of the smoothing"), "more_smoothing", "less_smoothing"),
            _milliseconds,
        )
        self.opacity.value_changed.connect(self.opacity_changed)
        self.threshold.value_changed.connect(self.threshold_changed)
        self.smoothing.value_changed.connect(self.smoothing_changed)
        for slider in self._sliders:
            slider.slider.sliderReleased.connect(self.slider_released)
        self.swatches: dict[str, SwatchButton] = {}
        group = QButtonGroup(self)
        grid = QGridLayout()
        grid.setSpacing(4)
        for index, (name, colors) in enumerate(colormaps.items()):
            safe = name in SAFE_COLORMAPS
            swatch = SwatchButton(name, colors, safe=safe)
            swatch.setAccessibleName(tr("Colormap {name}").format(name=name.capitalize()))
            text = tr("Colormap, suitable for color-blind people") if safe else tr("Colormap")
            swatch.setAccessibleDescription(text)
            swatch.setToolTip(tip(text, f"colormap_{name}"))
            swatch.clicked.connect(lambda _=False, name=name: self.colormap_chosen.emit(name))
            group.addButton(swatch)
            grid.addWidget(swatch, index // 2, index % 2)
            self.swatches[name] = swatch
        self.color_bar = ColorBar()
        heading = label(tr("Overlay"), "section")
        items = (heading, self.opacity, self.threshold, self.smoothing, grid, self.color_bar)
        column(*items, spacing=10, margins=(14, 12, 14, 12), parent=self)

    @property
    def _sliders(self) -> tuple[ValueSlider, ValueSlider, ValueSlider]:
        return self.opacity, self.threshold, self.smoothing

    @property
    def is_dragged(self) -> bool:
        """Whether the mouse drags a slider."""
        return any(each.slider.isSliderDown() for each in self._sliders)

    def show_settings(self, settings: OverlaySettings) -> None:
        """Shows the settings without a signal."""
        values = (settings.opacity, settings.threshold, settings.smoothing)
        for slider, value in zip(self._sliders, values, strict=True):
            with QSignalBlocker(slider):
                slider.set_value(value)
        self.swatches[settings.colormap].setChecked(True)
        self.color_bar.show_style(settings.style)


def _milliseconds(value: float) -> str:
    return tr("off") if value == 0 else f"{value * 1000:.0f}\N{NO-BREAK SPACE}ms"
