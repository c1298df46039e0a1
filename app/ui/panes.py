"""Arranges panes that show the same picture."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from app.ui.build import column, label, row
from app.ui.canvas import Canvas
from app.ui.controls import ElidedLabel

_GAP = 10  # pixels
_SIDE_BY_SIDE_SHARE = 0.6  # least picture area side by side, as a share of the largest area
_STRIP_HEIGHT = 180  # of the optional cell below the pictures, pixels
_MAX_STRIP_HEIGHT = 320
_NO_MINIMUM = QSize(0, 0)


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

    def event(self, event: QEvent) -> bool:
        """Arranges the cells when the optional cell is collapsed or expanded."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.update_arrangement()
        return super().event(event)

    def _shape(self) -> tuple[tuple[int, int], int, int]:
        """Returns the proportions of the picture, and the heights of caption and fixed strip."""
        return self.main.canvas.proportions, self.main.caption_height, self._fixed_strip_height

    @property
    def _fixed_strip_height(self) -> int:
        """Height of an optional cell that has no use for more, as it is collapsed; else 0."""
        layout = self._optional.layout() if self._optional is not None else None
        if layout is None or layout.expandingDirections() & Qt.Orientation.Vertical:
            return 0
        height = layout.totalHeightForWidth(self.width())
        return height if height > 0 else layout.totalSizeHint().height()

    def _arrange(self) -> None:
        self._arranged = self._shape()
        cells, strip = list(self._cells), 0
        columns = self._columns(len(cells)) or 1
        if self._optional is not None:
            minimum, fixed = self._optional.minimumSizeHint(), self._fixed_strip_height
            beside = None if fixed else self._columns(len(cells) + 1, minimum=minimum)
            high = fixed or max(minimum.height(), _STRIP_HEIGHT)
            below = self._columns(len(cells), high + _GAP)
            # Below the pictures over the whole width, unless they are larger with it among them.
            if below and self._area(len(cells), below, high + _GAP) >= max(
                self._area(len(cells) + 1, beside) if beside else 0.0,
                _SIDE_BY_SIDE_SHARE * self._area(len(cells), columns),
            ):
                columns, strip = below, fixed or self._strip_height(len(cells), below, high)
            elif beside:
                columns = beside
                cells.append(self._optional)
            self._optional.setVisible(bool(strip or beside))
        taken = strip + _GAP if strip else 0
        width, height = self._cell_size(len(cells), columns, taken)
        rows = math.ceil(len(cells) / columns)
        used = rows * height + _GAP * (rows - 1) + taken
        top = (self.height() - used) / 2
        for index, cell in enumerate(cells):
            row, column = divmod(index, columns)
            left, upper = column * (width + _GAP), top + row * (height + _GAP)
            _place(cell, left, upper, width, height)
        if strip and self._optional is not None:
            _place(self._optional, 0.0, top + used - strip, self.width(), strip)

    def _columns(self, count: int, taken: int = 0, minimum: QSize = _NO_MINIMUM) -> int | None:
        """Returns the best number of columns for cells of a minimum size; None if none fits.

        Args:
            count: Number of cells.
            taken: Height that other widgets take, pixels.
            minimum: Minimum size of a cell, pixels.
        """
        sizes = {columns: self._cell_size(count, columns, taken) for columns in range(1, count + 1)}
        areas = {columns: self._picture_area(*size) for columns, size in sizes.items()}
        # Side by side is preferred for comparison, unless the pictures become too small.
        min_area = _SIDE_BY_SIDE_SHARE * max(areas.values())
        return max(
            (
                columns
                for columns, (width, height) in sizes.items()
                if areas[columns] >= min_area
                and width >= minimum.width()
                and height >= minimum.height()
            ),
            default=None,
        )

    def _cell_size(self, count: int, columns: int, taken: int = 0) -> tuple[float, float]:
        """Returns width and height of each of `count` cells, pixels; see `_columns`."""
        rows = math.ceil(count / columns)
        width = (self.width() - _GAP * (columns - 1)) / columns
        height = max(0.0, (self.height() - taken - _GAP * (rows - 1)) / rows)
        if self.main.caption_height:
            # Not higher than the picture needs, so that the caption is close to the picture.
            across, down = self.main.canvas.proportions
            height = min(height, width * down / across + self.main.caption_height)
        return width, height

    def _strip_height(self, count: int, columns: int, least: int) -> int:
        """Returns the height below `count` cells, as far as a strip can use it, pixels."""
        height = self._cell_size(count, columns, least + _GAP)[1]
        rest = self.height() - math.ceil(count / columns) * (height + _GAP)
        return max(least, min(_MAX_STRIP_HEIGHT, math.floor(rest)))

    def _area(self, count: int, columns: int, taken: int = 0) -> float:
        """Returns the area of the picture in each of `count` cells, square pixels."""
        return self._picture_area(*self._cell_size(count, columns, taken))

    def _picture_area(self, width: float, height: float) -> float:
        """Returns the area of the picture in a cell, square pixels."""
        across, down = self.main.canvas.proportions
        room = height - self.main.caption_height
        scale = min(max(width, 1.0) / across, max(room, 1.0) / down)
        return scale * scale * across * down


def _place(widget: QWidget, left: float, top: float, width: float, height: float) -> None:
    """Sets the geometry. Both ends are rounded, so that all gaps have the same size."""
    corner = QPoint(round(left), round(top))
    widget.setGeometry(QRect(corner, QPoint(round(left + width) - 1, round(top + height) - 1)))
