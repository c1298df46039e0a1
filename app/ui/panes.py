"""The picture's stage: one pane, or several that show the same picture in step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.ui.canvas import Canvas
from app.ui.controls import ElidedLabel

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

_GAP = 10
_WORTH = 0.6  # of the largest picture area, for which panes stand side by side


class Pane(QWidget):
    """A canvas with a line above that says what it shows; without words there is no line."""

    def __init__(self, canvas: Canvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.canvas = canvas
        self._line = QWidget()
        self._title = QLabel()
        self._title.setObjectName("section")
        self._note = ElidedLabel()
        self._note.setObjectName("quiet")
        line = QHBoxLayout(self._line)
        line.setContentsMargins(2, 0, 2, 0)
        line.setSpacing(8)
        line.addWidget(self._title)
        line.addWidget(self._note, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._line)
        layout.addWidget(canvas, 1)
        self._line.hide()

    def set_caption(self, title: str, note: str = "") -> None:
        """Says what the pane shows; empty for no line at all."""
        self._title.setText(title)
        self._note.set_full_text(note)
        self._line.setVisible(bool(title))

    @property
    def caption_height(self) -> int:
        """What the line above the picture takes; 0 without one."""
        return self._line.sizeHint().height() + 4 if self._line.isVisibleTo(self) else 0


class Panes(QWidget):
    """Shows some of its cells, placed so that the pictures are as large as they can be.

    Args:
        canvas: The first pane's: the program's own picture.

    Attributes:
        main: The program's own picture.
        others: Two more panes for the same picture; hidden until they are shown.
    """

    def __init__(self, canvas: Canvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.main = Pane(canvas, self)
        self.others = tuple(Pane(Canvas(canvas.viewport), self) for _ in range(2))
        self._cells: list[QWidget] = [self.main]
        self._proportions = canvas.proportions
        for pane in self.others:
            pane.hide()

    def show_cells(self, *cells: QWidget) -> None:
        """Shows these, in this order, and nothing else."""
        for cell in self._cells:
            if cell not in cells:
                cell.hide()
        self._cells = list(cells)
        for cell in cells:
            cell.setParent(self)
            cell.show()
        self._place()

    def set_immersive(self, immersive: bool) -> None:
        """Black around the pictures, for the full screen."""
        for pane in (self.main, *self.others):
            pane.canvas.set_immersive(immersive)

    def rearrange(self) -> bool:
        """Places the cells anew where the picture has other proportions; whether it had."""
        changed = self.main.canvas.proportions != self._proportions
        if changed:
            self._place()
        return changed

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Places the cells."""
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        self._proportions = self.main.canvas.proportions
        count = len(self._cells)
        areas = {columns: self._picture_area(columns) for columns in range(1, count + 1)}
        # Side by side reads better than one above the other, unless it costs too much.
        columns = max(c for c in areas if areas[c] >= _WORTH * max(areas.values()))
        rows = math.ceil(count / columns)
        width = (self.width() - _GAP * (columns - 1)) / columns
        height = (self.height() - _GAP * (rows - 1)) / rows
        top = 0.0
        if self.main.caption_height:
            # No deeper than the picture needs, so that its caption stands close above it.
            across, down = self._proportions
            needed = width * down / across + self.main.caption_height
            if needed < height:
                top = (height - needed) * rows / 2
                height = needed
        for place, cell in enumerate(self._cells):
            row, column = divmod(place, columns)
            left, upper = column * (width + _GAP), top + row * (height + _GAP)
            corner = QPoint(round(left), round(upper))
            # Rounded at both ends, so that neighbours keep the same gap.
            far = QPoint(round(left + width) - 1, round(upper + height) - 1)
            cell.setGeometry(QRect(corner, far))

    def _picture_area(self, columns: int) -> float:
        """How large a picture gets in so many columns."""
        rows = math.ceil(len(self._cells) / columns)
        width = (self.width() - _GAP * (columns - 1)) / columns
        height = (self.height() - _GAP * (rows - 1)) / rows - self.main.caption_height
        across, down = self._proportions
        scale = min(max(width, 1.0) / across, max(height, 1.0) / down)
        return scale * scale * across * down
