"""The window that compares two designs: pictures, regions, and the table of shares."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QGuiApplication
from PySide6.QtWidgets import QDialog, QHeaderView, QSlider, QTableWidget, QTableWidgetItem

from app.features.designs.comparison_view import ComparisonView
from app.features.designs.design import comparison_table
from app.ui.build import button, column, label
from app.ui.controls import ElidedLabel
from app.ui.flow_layout import FlowLayout
from app.ui.i18n import tr
from app.ui.number_text import percent_text
from app.ui.region_geometry import replaced
from uvanet.analysis import Shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtWidgets import QWidget

    from app.features.designs.design import Design
    from uvanet.analysis import Region
    from uvanet.video.overlay import OverlayStyle

_STEPS = 1000
_BUTTON_PADDING = 32  # pixels
_VISIBLE_ROWS = 4  # of the table; it scrolls beyond
_SAME_PROPORTIONS = 0.02  # relative difference up to which two pictures are wiped


class DesignsDialog(QDialog):
    """Compares two designs; opened before they are predicted.

    Args:
        titles: Names of the two files.
        regions: The first regions.
        style: Style of the heat maps.
        model: Name of the model, for tables.

    Signals:
        export_requested: The user wants to save table and picture.
        copied: The table is on the clipboard.

    Attributes:
        regions: The regions of both designs.
        designs: The two designs, as far as they are predicted.
    """

    export_requested = Signal()
    copied = Signal()

    def __init__(
        self,
        titles: Sequence[str],
        regions: Sequence[Region],
        style: OverlayStyle,
        model: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle(tr("Compare two designs"))
        self.setMinimumSize(560, 420)
        self.resize(1000, 700)
        self.regions: list[Region] = list(regions)
        self.designs: dict[int, Design] = {}
        self._model = model
        self._selection: tuple[Region, ...] = ()
        self.view = ComparisonView(style)
        for pane, title in zip(self.view.panes, titles, strict=True):
            pane.set_caption(title)
            pane.canvas.show_message(tr("Predicting {name} …").format(name=title))
        self.view.drawn.connect(self._on_drawn)
        self.view.edited.connect(self._on_edited)
        self.view.selected.connect(self._select)
        self.draw = button(
            tr("Draw region"), tr("Draw a rectangle on either picture"), checkable=True
        )
        self.draw.toggled.connect(lambda on: self.view.select_tool(Shape.RECTANGLE if on else None))
        self.delete = button(tr("Delete region"), tr("Delete the selected regions"), self._delete)
        self.wipe = button(tr("Wipe"), tr("Both in one picture, divided by a line"), checkable=True)
        for switch in (self.draw, self.wipe):
            switch.setObjectName("choice")
            # The theme writes it in bold while it is on, which its size hint does not know.
            bold = QFont(switch.font())
            bold.setBold(True)
            width = QFontMetrics(bold).horizontalAdvance(switch.text())
            switch.setMinimumWidth(width + _BUTTON_PADDING)
        self.wipe.setEnabled(False)
        self.wipe.toggled.connect(self._on_wipe)
        self.copy = button(tr("Copy table"), tr("Copy the table for a spreadsheet"), self._copy)
        self.export = button(
            tr("Export…"), tr("Save the table and a picture"), self.export_requested.emit
        )
        self.position = QSlider(Qt.Orientation.Horizontal)
        self.position.setRange(0, _STEPS)
        self.position.setAccessibleName(tr("Position in the films"))
        self.position.valueChanged.connect(self._show_samples)
        self.position.hide()
        self.table = QTableWidget(0, 4)
        self._titles = list(titles)
        self.table.setHorizontalHeaderLabels([tr("Region"), *titles, tr("Difference")])
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        self.table.setAccessibleName(tr("Shares of the regions"))
        self.table.cellClicked.connect(lambda index, _: self._select((self.regions[index],)))
        self.hint = label(tr("Draw a region to compare its share of the attention."), "quiet")
        note = ElidedLabel()
        note.setObjectName("quiet")
        note.set_full_text(
            tr("A prediction, less reliable for posters and text. Films: mean of 40 pictures.")
        )
        tools = FlowLayout(self.draw, self.delete, self.wipe, self.copy, self.export)
        column(
            tools,
            (self.view, 1),
            self.position,
            self.hint,
            self.table,
            note,
            spacing=8,
            margins=(14, 12, 14, 10),
            parent=self,
        )
        self._refresh()

    def show_design(self, index: int, design: Design) -> None:
        """Shows the first (0) or second (1) design once it is predicted."""
        self.designs[index] = design
        self.position.setVisible(any(len(one.samples) > 1 for one in self.designs.values()))
        if len(self.designs) == 2:
            one, other = (self.designs[place].proportions for place in range(2))
            alike = abs(one / other - 1) <= _SAME_PROPORTIONS
            self.wipe.setEnabled(alike)
            if not alike:
                self.wipe.setToolTip(tr("Only for two pictures of the same proportions"))
        self._show_samples()
        self._refresh()

    def show_failure(self, index: int, message: str, hint: str) -> None:
        """Shows why a design cannot be predicted."""
        self.view.panes[index].canvas.show_message(message, hint)

    def table_text(self, delimiter: str = ",") -> str:
        """The table as text; empty before both designs are predicted."""
        if len(self.designs) < 2:
            return ""
        return comparison_table(
            self.regions, self.designs[0], self.designs[1], self._model, delimiter
        )

    # -- regions

    def _on_drawn(self, region: Region) -> None:
        names = {other.name for other in self.regions}
        free = (tr("Region {number}").format(number=n) for n in range(1, len(names) + 2))
        named = replace(region, name=next(name for name in free if name not in names))
        self.regions.append(named)
        self.draw.setChecked(False)
        self._select((named,))

    def _on_edited(self, pairs: Sequence[tuple[Region, Region]]) -> None:
        self.regions = replaced(self.regions, pairs)
        self._select(tuple(replaced(self._selection, pairs)))

    def _delete(self) -> None:
        self.regions = [region for region in self.regions if not self._is_selected(region)]
        self._select(())

    def _select(self, selection: tuple[Region, ...]) -> None:
        self._selection = selection
        self._refresh()

    def _is_selected(self, region: Region) -> bool:
        return any(one is region for one in self._selection)

    # -- what is shown

    def _on_wipe(self, on: bool) -> None:
        self.view.set_wipe(on)
        first, second = self._titles
        both = tr("Left: {first}, right: {second}").format(first=first, second=second)
        self.view.panes[0].set_caption(both if on else first)
        self._refresh()

    def _show_samples(self) -> None:
        for index, design in self.designs.items():
            self.view.show_sample(index, design.at(self.position.value() / _STEPS))

    def _refresh(self) -> None:
        regions = self.regions
        shares: list[list[float]] = [
            self.designs[index].shares(regions) if index in self.designs and regions else []
            for index in range(2)
        ]
        self.view.show_regions(regions, shares, self._selection)
        self.table.setRowCount(len(regions))
        for place, region in enumerate(regions):
            values = [own[place] if own else None for own in shares]
            texts = [region.name, *("" if v is None else percent_text(v) for v in values)]
            one, other = values
            known = one is not None and other is not None
            points = 100 * (other - one) if one is not None and other is not None else 0.0
            texts.append(tr("{points:+.1f} points").format(points=points) if known else "")
            for cell, text in enumerate(texts):
                self.table.setItem(place, cell, QTableWidgetItem(text))
            if self._selection and region is self._selection[-1]:
                self.table.selectRow(place)
        row_height = self.table.rowHeight(0) if regions else 0
        rows = min(len(regions), _VISIBLE_ROWS) * row_height
        self.table.setFixedHeight(self.table.horizontalHeader().sizeHint().height() + rows + 4)
        self.table.setVisible(bool(regions))
        self.hint.setVisible(not regions)
        self.delete.setEnabled(bool(self._selection))
        for done in (self.copy, self.export):
            done.setEnabled(len(self.designs) == 2)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.table_text("\t"))
        self.copied.emit()
