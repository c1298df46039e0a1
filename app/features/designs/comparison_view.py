"""The two pictures of a comparison: side by side, or as one picture with a wipe."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.features.designs.design import Sample
from app.pipeline.paint_format import paintable
from app.ui.build import row
from app.ui.canvas import Canvas
from app.ui.i18n import tr
from app.ui.panes import Pane
from app.ui.region_layer import RegionLayer
from app.ui.wipe_handle import WipeHandle
from uvanet.analysis import Region, Shape
from uvanet.overlay import OverlayStyle, compose

_GAP = 16


class ComparisonView(QWidget):
    """Shows two designs with their heat maps, and the same regions on both.

    Args:
        style: Style of the heat maps.

    Signals:
        tool_changed: `tool` changed.

    Attributes:
        overlay_style: Style of the heat maps.
        panes: The two pictures with their titles.
        layers: The regions on the first and on the second picture.
        handle: The divider of the wipe.
    """

    tool_changed = Signal()

    def __init__(self, style: OverlayStyle, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.overlay_style = style
        self._pictures: list[NDArray[np.uint8] | None] = [None, None]
        self._order = itertools.count(1)
        self._wipe = False
        self.panes = tuple(Pane(Canvas()) for _ in range(2))
        self.layers = tuple(RegionLayer(pane.canvas.font()) for pane in self.panes)
        for pane, layer in zip(self.panes, self.layers, strict=True):
            pane.setMinimumSize(160, 120)
            pane.canvas.add_layer(layer)
            layer.tool_dropped.connect(lambda: self.select_tool(None))
        self.handle = WipeHandle(
            self.panes[0].canvas,
            tr("First design on the left, second on the right"),
            tr("Drag, or use the arrow keys: first design left, second right"),
        )
        self.handle.moved.connect(self._paint)
        row(*((pane, 1) for pane in self.panes), spacing=10, parent=self)

    def show_sample(self, index: int, sample: Sample) -> None:
        """Shows a sample of the first (0) or second (1) design."""
        self._pictures[index] = compose(sample.image, sample.saliency, self.overlay_style)
        self._paint()

    def set_wipe(self, on: bool) -> None:
        """Shows the designs as one picture, divided by the handle, or side by side."""
        self._wipe = on
        self.panes[1].setVisible(not on)
        self.handle.setVisible(on)
        self._paint()

    def show_regions(
        self,
        regions: Sequence[Region],
        shares: Sequence[Sequence[float]],
        selection: Sequence[Region],
    ) -> None:
        """Shows the regions on both designs, with the shares of each; in the wipe without shares.

        Args:
            regions: The regions.
            shares: Share of the attention in each region, 0..1, for each design; may be empty.
            selection: The selected regions.
        """
        for layer, values in zip(self.layers, shares, strict=True):
            layer.show_regions(regions, () if self._wipe else values, selection)

    @property
    def tool(self) -> Shape | None:
        """The drawing tool; None where the mouse selects and edits."""
        return self.layers[0].tool or self.layers[1].tool

    def select_tool(self, tool: Shape | None) -> None:
        """Selects the drawing tool of both pictures, or none."""
        for layer in self.layers:
            if layer.tool is not tool:
                layer.select_tool(tool)
        if tool is not None:
            self.panes[0].canvas.setFocus()
        self.tool_changed.emit()

    def picture(self) -> NDArray[np.uint8] | None:
        """Both pictures with their heat maps, side by side, in the height of the first.

        Returns:
            BGR, uint8, shape (h, w, 3); None before both designs are predicted.
        """
        first, second = self._pictures
        if first is None or second is None:
            return None
        height = len(first)
        width = max(1, round(second.shape[1] * height / len(second)))
        gap = np.full((height, _GAP, 3), 255, np.uint8)
        return np.hstack([first, gap, _resized(second, width, height)])

    def _paint(self) -> None:
        first, second = self._pictures
        if self._wipe and first is not None and second is not None:
            height, width = first.shape[:2]
            cut = round(self.handle.share * width)
            first = np.hstack([first[:, :cut], _resized(second, width, height)[:, cut:]])
        for pane, layer, picture in zip(self.panes, self.layers, (first, second), strict=True):
            if picture is not None:
                height, width = picture.shape[:2]
                order = (0, next(self._order))
                layer.picture_size = width, height
                pane.canvas.show_picture(paintable(picture), (width, height), order, picture)
        self.handle.follow()


def _resized(image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
