"""Controls of the heat map overlay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QGridLayout, QLabel, QVBoxLayout, QWidget

from app.ui.controls import SwatchButton
from app.ui.i18n import tr
from app.ui.sliders import ValueSlider
from uvanet.video.colormaps import SAFE_COLORMAPS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray


class OverlayPanel(QFrame):
    """Opacity, threshold, smoothing and color map.

    Args:
        colormaps: Name to RGB, uint8, shape (256, 3).
        longest_smoothing: The highest time constant, in seconds.
        tip: Gives the tooltip of a control: its name, then the names of its actions.

    Signals:
        opacity_changed: 0..1.
        threshold_changed: 0..1.
        smoothing_changed: Time constant in seconds.
        colormap_chosen: Its name.
    """

    opacity_changed = Signal(float)
    threshold_changed = Signal(float)
    smoothing_changed = Signal(float)
    colormap_chosen = Signal(str)

    def __init__(
        self,
        colormaps: Mapping[str, NDArray[np.uint8]],
        longest_smoothing: float,
        tip: Callable[..., str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        title = QLabel(tr("Overlay"))
        title.setObjectName("section")
        self.opacity = ValueSlider(
            tr("Opacity"),
            1.0,
            tip(tr("How strongly the heat covers the picture"), "more_opacity", "less_opacity"),
            _percent,
        )
        self.threshold = ValueSlider(
            tr("Threshold"),
            1.0,
            tip(tr("Attention below this stays clear"), "more_threshold", "less_threshold"),
            _percent,
        )
        self.smoothing = ValueSlider(
            tr("Smoothing"),
            longest_smoothing,
            tip(tr("How long earlier maps count"), "more_smoothing", "less_smoothing"),
            _milliseconds,
        )
        self.opacity.value_changed.connect(self.opacity_changed)
        self.threshold.value_changed.connect(self.threshold_changed)
        self.smoothing.value_changed.connect(self.smoothing_changed)
        self.swatches: dict[str, SwatchButton] = {}
        group = QButtonGroup(self)
        grid = QGridLayout()
        grid.setSpacing(4)
        for index, (name, colors) in enumerate(colormaps.items()):
            safe = name in SAFE_COLORMAPS
            swatch = SwatchButton(name, colors, safe=safe)
            swatch.setAccessibleName(tr("Color map {name}").format(name=name.capitalize()))
            text = tr("Color map, safe for color-blind people") if safe else tr("Color map")
            swatch.setAccessibleDescription(text)
            swatch.setToolTip(tip(text, f"colormap_{name}"))
            swatch.clicked.connect(lambda _=False, name=name: self.colormap_chosen.emit(name))
            group.addButton(swatch)
            grid.addWidget(swatch, index // 2, index % 2)
            self.swatches[name] = swatch
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setSpacing(10)
        layout.addWidget(title)
        layout.addWidget(self.opacity)
        layout.addWidget(self.threshold)
        layout.addWidget(self.smoothing)
        layout.addLayout(grid)

    def set_colormap(self, name: str) -> None:
        """Checks the button of a color map."""
        self.swatches[name].setChecked(True)


def _percent(value: float) -> str:
    return f"{value:.0%}".replace("%", "\N{NO-BREAK SPACE}%")


def _milliseconds(value: float) -> str:
    return tr("off") if value == 0 else f"{value * 1000:.0f}\N{NO-BREAK SPACE}ms"
