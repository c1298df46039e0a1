"""Arranges one or several panes that show the same picture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QWidget

from app.ui.build import column, label, row
from app.ui.canvas import Canvas
from app.ui.controls import ElidedLabel

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

_GAP = 10
_SIDE_BY_SIDE_SHARE = 0.6  # of the largest picture area; with less, panes are stacked


class Pane(QWidget):
    """A canvas with an optional caption above it."""

    def __init__(self, canvas: Canvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.canvas = canvas
        self._line = QWidget()
        self._title = label("", "section")
        self._note = ElidedLabel()
        self._note.setObjectName("quiet")
        row(self._title, (self._note, 1), spacing=8, margins=(2, 0, 2, 0), parent=self._line)
        column(self._line, (canvas, 1), spacing=4, parent=self)
        self._line.hide()

    def set_caption(self, title: str, note: str = "") -> None:
        """Sets title and note of the caption; an empty title hides it."""
        self._title.setText(title)
        self._note.set_full_text(note)
        self._line.setVisible(bool(title))

    @property
    def caption_height(self) -> int:
        """Height of the caption in pixels; 0 if it is hidden."""
        return self._line.sizeHint().height() + 4 if self._line.isVisibleTo(self) else 0


class Panes(QWidget):
    """Shows a choice of cells in the arrangement that makes the pictures largest.

    Args:
        canvas: Canvas of the main pane.

    Attributes:
        main: The main pane.
        extra: Two further panes with the same viewport, hidden at first.
    """

    def __init__(self, canvas: Canvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.main = Pane(canvas, self)
        self.extra = tuple(Pane(Canvas(canvas.viewport), self) for _ in range(2))
        self._cells: list[QWidget] = [self.main]
        self._proportions = canvas.proportions
        for pane in self.extra:
            pane.hide()

    def show_cells(self, *cells: QWidget) -> None:
        """Shows exactly these cells, in this order."""
        for cell in self._cells:
            if cell not in cells:
                cell.hide()
        self._cells = list(cells)
        for cell in cells:
            cell.setParent(self)
            cell.show()
        self._arrange()

    def set_chrome_hidden(self, hidden: bool) -> None:
        """See `Canvas.set_chrome_hidden`."""
        for pane in (self.main, *self.extra):
            pane.canvas.set_chrome_hidden(hidden)

    def update_arrangement(self) -> bool:
        """Arranges the cells again if the aspect ratio of the picture changed; whether it did."""
        changed = self.main.canvas.proportions != self._proportions
        if changed:
            self._arrange()
        return changed

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arranges the cells."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        self._proportions = self.main.canvas.proportions
        count = len(self._cells)
        areas = {columns: self._picture_area(columns) for columns in range(1, count + 1)}
        # Side by side is easier to compare than stacked, unless the pictures get too small.
        columns = max(c for c in areas if areas[c] >= _SIDE_BY_SIDE_SHARE * max(areas.values()))
        rows = math.ceil(count / columns)
        width = (self.width() - _GAP * (columns - 1)) / columns
        height = (self.height() - _GAP * (rows - 1)) / rows
        top = 0.0
        if self.main.caption_height:
            # No higher than the picture needs, so that the caption is close above it.
            across, down = self._proportions
            needed = width * down / across + self.main.caption_height
            if needed < height:
                top = (height - needed) * rows / 2
                height = needed
        for index, cell in enumerate(self._cells):
            row, column = divmod(index, columns)
            left, upper = column * (width + _GAP), top + row * (height + _GAP)
            corner = QPoint(round(left), round(upper))
            # Both ends are rounded, so that all gaps have the same size.
            far = QPoint(round(left + width) - 1, round(upper + height) - 1)
            cell.setGeometry(QRect(corner, far))

    def _picture_area(self, columns: int) -> float:
        """Area of one picture, in square pixels, with this number of columns."""
        rows = math.ceil(len(self._cells) / columns)
        width = (self.width() - _GAP * (columns - 1)) / columns
        height = (self.height() - _GAP * (rows - 1)) / rows - self.main.caption_height
        across, down = self._proportions
        scale = min(max(width, 1.0) / across, max(height, 1.0) / down)
        return scale * scale * across * down
