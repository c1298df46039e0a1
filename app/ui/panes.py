"""Arranges panes that show the same picture."""

from __future__ import annotations

import math

from PySide6.QtCore import QPoint, QRect, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from app.ui.build import column, label, row
from app.ui.canvas import Canvas
from app.ui.controls import ElidedLabel

_GAP = 10  # pixels
_SIDE_BY_SIDE_SHARE = 0.6  # least picture area side by side, as a share of the largest area


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

    def set_caption(self, title: str, note: str = "", tip: str = "") -> None:
        """Sets title, note and tooltip of the caption; an empty title hides it."""
        self._title.setText(title)
        self._note.set_full_text(note)
        self._line.setToolTip(tip)
        self._line.setVisible(bool(title))

    @property
    def caption_height(self) -> int:
        """Height of the caption, pixels; 0 if it is hidden."""
        return self._line.sizeHint().height() + 4 if self._line.isVisibleTo(self) else 0


class Panes(QWidget):
    """Shows cells in the arrangement that makes the pictures largest.

    Args:
        canvas: Canvas of the main pane.

    Attributes:
        main: The main pane.
        extra: Two further panes with the same viewport, hidden at first.

    Signals:
        resized: The size has changed, and the cells are arranged.
    """

    resized = Signal()

    def __init__(self, canvas: Canvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # The minimum of all cells together; single panes may be smaller.
        self.setMinimumSize(240, 160)
        self.main = Pane(canvas, self)
        self.extra = tuple(Pane(Canvas(canvas.viewport), self) for _ in range(2))
        self._cells: list[QWidget] = [self.main]
        self._optional: QWidget | None = None
        self._arranged: object = None
        for pane in self.extra:
            pane.hide()

    def show_cells(self, *cells: QWidget, optional: QWidget | None = None) -> None:
        """Shows exactly these cells, in this order.

        Args:
            cells: The cells that are always shown.
            optional: A last cell, which is shown only if there is room for it.
        """
        known = {*cells, optional}
        for cell in (*self._cells, self._optional):
            if cell is not None and cell not in known:
                cell.hide()
        self._cells, self._optional = list(cells), optional
        for cell in cells:
            cell.setParent(self)
            cell.show()
        if optional is not None:
            optional.setParent(self)
        self._arrange()

    def set_chrome_hidden(self, hidden: bool) -> None:
        """See `Canvas.set_chrome_hidden`."""
        for pane in (self.main, *self.extra):
            pane.canvas.set_chrome_hidden(hidden)

    def update_arrangement(self) -> bool:
        """Arranges the cells if picture or caption have a new shape; returns whether they had."""
        changed = self._shape() != self._arranged
        if changed:
            self._arrange()
        return changed

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arranges the cells."""
        super().resizeEvent(event)
        self._arrange()
        self.resized.emit()

    def picture_width(self, count: int) -> float:
        """Returns the width that the picture would have in each of `count` cells, pixels."""
        sizes = (self._cell_size(count, columns) for columns in range(1, count + 1))
        across, down = self.main.canvas.proportions
        return max(math.sqrt(self._picture_area(*size) * across / down) for size in sizes)

    def _shape(self) -> tuple[tuple[int, int], int]:
        """Returns the proportions of the picture, and the height of its caption."""
        return self.main.canvas.proportions, self.main.caption_height

    def _arrange(self) -> None:
        self._arranged = self._shape()
        cells, columns = list(self._cells), None
        if self._optional is not None:
            minimum = self._optional.minimumSizeHint()
            columns = self._columns(len(cells) + 1, minimum.width(), minimum.height())
            self._optional.setVisible(columns is not None)
            cells += [self._optional] if columns else []
        columns = columns or self._columns(len(cells)) or 1
        width, height = self._cell_size(len(cells), columns)
        rows = math.ceil(len(cells) / columns)
        top = (self.height() - rows * height - _GAP * (rows - 1)) / 2
        for index, cell in enumerate(cells):
            row, column = divmod(index, columns)
            left, upper = column * (width + _GAP), top + row * (height + _GAP)
            corner = QPoint(round(left), round(upper))
            # Both ends are rounded, so that all gaps have the same size.
            far = QPoint(round(left + width) - 1, round(upper + height) - 1)
            cell.setGeometry(QRect(corner, far))

    def _columns(self, count: int, width: int = 0, height: int = 0) -> int | None:
        """Returns the best number of columns for cells of a minimum size; None if none fits."""
        sizes = {columns: self._cell_size(count, columns) for columns in range(1, count + 1)}
        areas = {columns: self._picture_area(*size) for columns, size in sizes.items()}
        # Side by side is preferred for comparison, unless the pictures become too small.
        min_area = _SIDE_BY_SIDE_SHARE * max(areas.values())
        return max(
            (
                columns
                for columns, size in sizes.items()
                if areas[columns] >= min_area and size[0] >= width and size[1] >= height
            ),
            default=None,
        )

    def _cell_size(self, count: int, columns: int) -> tuple[float, float]:
        """Returns width and height of each of `count` cells, pixels."""
        rows = math.ceil(count / columns)
        width = (self.width() - _GAP * (columns - 1)) / columns
        height = (self.height() - _GAP * (rows - 1)) / rows
        if self.main.caption_height:
            # Not higher than the picture needs, so that the caption is close to the picture.
            across, down = self.main.canvas.proportions
            height = min(height, width * down / across + self.main.caption_height)
        return width, height

    def _picture_area(self, width: float, height: float) -> float:
        """Returns the area of the picture in a cell, square pixels."""
        across, down = self.main.canvas.proportions
        room = height - self.main.caption_height
        scale = min(max(width, 1.0) / across, max(room, 1.0) / down)
        return scale * scale * across * down
