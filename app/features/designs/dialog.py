"""The window that compares two designs: pictures, regions, and the table of shares."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QDialog, QHeaderView, QSlider, QTableWidget, QTableWidgetItem, QWidget

from app.features.designs.comparison_view import ComparisonView
from app.features.designs.design import Design, comparison_table
from app.features.designs.design_regions import DesignRegions, region_actions
from app.shell.actions import ActionRegistry
from app.shell.region_editor import among
from app.shell.region_menu import show_region_menu
from app.shell.undo import UndoStack
from app.ui.banner import Banner
from app.ui.build import button, column, label, plain_tip
from app.ui.controls import ElidedLabel
from app.ui.flow_layout import FlowLayout
from app.ui.i18n import tr, tr_noop
from app.ui.number_text import percent_text
from uvanet.analysis import Region, Shape
from uvanet.analysis.regions import MAX_NAME
from uvanet.csv_text import clipboard_text
from uvanet.overlay import OverlayStyle
from uvanet.report.content import points_text

_STEPS = 1000
_BUTTON_PADDING = 32  # pixels
_BUTTON_HEIGHT = 32
_VISIBLE_ROWS = 4  # of the table; it scrolls beyond
_SAME_PROPORTIONS = 0.02  # relative difference of the proportions up to which a wipe is offered
_CAUTION = tr_noop("A prediction, less reliable for posters and text.")


class DesignsDialog(QDialog):
    """Compares two designs; may be shown before the designs are predicted.

    Args:
        titles: Names of the two files.
        regions: The regions at the start.
        style: Style of the heat maps.
        model: Name of the model, which predicts both.
        registry: The actions of the main window.

    Signals:
        export_requested: The user wants to save table and picture.
        copied: The table is on the clipboard.

    Attributes:
        titles: Names of the two files.
        regions: The regions of both designs.
        undo: Changes of the regions.
        designs: The predicted designs: the first by the key 0, the second by 1.
        note: What limits the numbers.
    """

    export_requested = Signal()
    copied = Signal()

    def __init__(
        self,
        titles: Sequence[str],
        regions: Sequence[Region],
        style: OverlayStyle,
        model: str,
        registry: ActionRegistry,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle(tr("Compare two designs"))
        self.setMinimumSize(560, 420)
        self.resize(1000, 700)
        self.designs: dict[int, Design] = {}
        self._model = model
        self.titles = list(titles)
        self.view = ComparisonView(style)
        self.messages = Banner(self.view)
        self.undo = UndoStack(self.messages, self)
        self.regions = DesignRegions(regions, self.messages, self.undo, self.view.layers, self)
        for pane, title in zip(self.view.panes, titles, strict=True):
            pane.set_caption(title)
            pane.canvas.show_message(tr("Predicting {name} …").format(name=title))
        self.actions_by_name = region_actions(
            self, self.regions, self.undo, registry, draw=self._draw, rename=self._rename
        )
        self.draw = button(
            tr("Draw region"),
            registry.tip(tr("Draw a rectangle on either picture"), "region_rectangle"),
            lambda: self._draw(Shape.RECTANGLE),
            checkable=True,
        )
        self.delete = button(
            tr("Delete region"),
            registry.tip(tr("Delete the selected regions"), "delete_region"),
            lambda: self.regions.remove(self.regions.selection),
        )
        self.undo_button = button(tr("Undo"), "", self.undo.undo)
        self.wipe = button(tr("Wipe"), tr("Both in one picture, divided by a line"), checkable=True)
        for switch in (self.draw, self.wipe):
            switch.setObjectName("choice")
            # The theme sets the text in bold while the button is on; the size hint ignores that.
            bold = QFont(switch.font())
            bold.setBold(True)
            width = QFontMetrics(bold).horizontalAdvance(switch.text())
            switch.setMinimumWidth(width + _BUTTON_PADDING)
        self.wipe.setEnabled(False)
        self.wipe.toggled.connect(self._on_wipe)
        self.copy = button(tr("Copy table"), tr("Copy the table for a spreadsheet"), self._copy)
        self.export = button(
            tr("Export…"),
            tr("Save a report, or the table and a picture"),
            self.export_requested.emit,
        )
        self.position = QSlider(Qt.Orientation.Horizontal)
        self.position.setRange(0, _STEPS)
        self.position.setAccessibleName(tr("Position in the films"))
        self.position.valueChanged.connect(self._show_samples)
        self.position.hide()
        self.table = QTableWidget(0, 4)
        for place, title in enumerate([tr("Region"), *titles, tr("Difference")]):
            head = QTableWidgetItem(title)
            head.setTextAlignment(_alignment(place))
            head.setToolTip(plain_tip(title))
            self.table.setHorizontalHeaderItem(place, head)
        self.table.horizontalHeader().setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.setEditTriggers(QTableWidget.EditTrigger.DoubleClicked)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        self.table.setAccessibleName(tr("Shares of the regions"))
        self.table.cellClicked.connect(lambda row, _: self.regions.select([self.regions.all[row]]))
        self.table.cellChanged.connect(self._on_name)
        self.table.customContextMenuRequested.connect(self._on_table_menu)
        self.hint = label(tr("Draw a region to compare its share of the attention."), "quiet")
        self.note = ElidedLabel()
        self.note.setObjectName("quiet")
        self._show_note()
        buttons = (self.draw, self.delete, self.undo_button, self.wipe, self.copy, self.export)
        for push_button in buttons:
            push_button.setFixedHeight(_BUTTON_HEIGHT)  # checkable buttons would be taller
        tools = FlowLayout(*buttons)
        column(
            tools,
            (self.view, 1),
            self.position,
            self.hint,
            self.table,
            self.note,
            spacing=8,
            margins=(14, 12, 14, 10),
            parent=self,
        )
        for layer in self.view.layers:
            layer.menu_requested.connect(self._show_menu)
        self.view.tool_changed.connect(
            lambda: self.draw.setChecked(self.view.tool is Shape.RECTANGLE)
        )
        self.regions.changed.connect(self._refresh)
        self.regions.selection_changed.connect(self._refresh)
        self.undo.changed.connect(self._show_undo)
        self._show_undo()
        self._refresh()

    def show_design(self, index: int, design: Design) -> None:
        """Shows the first (0) or second (1) design once it is predicted."""
        self.designs[index] = design
        count = max(len(item.samples) for item in self.designs.values())
        self.position.setVisible(count > 1)
        self._show_note(count)
        if len(self.designs) == 2:
            ratio = self.designs[0].proportions / self.designs[1].proportions
            alike = abs(ratio - 1) <= _SAME_PROPORTIONS
            self.wipe.setEnabled(alike)
            if not alike:
                self.wipe.setToolTip(tr("Only for two pictures of the same proportions"))
        self._show_samples()
        self._refresh()

    def show_failure(self, index: int, message: str, hint: str) -> None:
        """Shows why a design cannot be predicted."""
        self.view.panes[index].canvas.show_message(message, hint)

    def cells(self) -> list[Sequence[object]]:
        """The table for `uvanet.csv_text`; empty before both designs are predicted."""
        if len(self.designs) < 2:
            return []
        return comparison_table(self.regions.all, self.designs[0], self.designs[1], self._model)

    # -- regions

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape clears the selection, and closes the window where nothing is selected."""
        if event.key() == Qt.Key.Key_Escape and self.regions.selection:
            self.regions.select(())
        else:
            super().keyPressEvent(event)

    def _draw(self, shape: Shape) -> None:
        self.view.select_tool(None if self.view.tool is shape else shape)

    def _rename(self) -> None:
        if selection := self.regions.chosen():
            self.table.setFocus()
            self.table.edit(self.table.model().index(self.regions.all.index(selection[-1]), 0))

    def _on_name(self, row: int, column: int) -> None:
        text = str(self.table.model().index(row, column).data())
        region, name = self.regions.all[row], text.strip()
        if name and name != region.name:
            self.regions.rename(region, name[:MAX_NAME])
        else:
            self._refresh()

    def _show_menu(self, place: QPoint) -> None:
        show_region_menu(self, self.regions, self.actions_by_name, place)

    def _on_table_menu(self, place: QPoint) -> None:
        row = self.table.rowAt(place.y())
        if row >= 0:
            region = self.regions.all[row]
            if not among(self.regions.selection, region):
                self.regions.select([region])
            self._show_menu(self.table.viewport().mapToGlobal(place))

    def _show_note(self, frames: int = 1) -> None:
        """Shows which model predicts, how far it can be trusted, and what shares of films are."""
        parts = [tr("Predicted by {model}.").format(model=self._model), tr(_CAUTION)]
        if frames > 1:
            parts.append(
                tr("Shares of a film are the mean of {count} frames.").format(count=frames)
            )
        self.note.set_full_text(" ".join(parts))

    def _show_undo(self) -> None:
        change = self.undo.undo_text
        self.undo_button.setEnabled(bool(change))
        self.undo_button.setToolTip(tr("Undo {change}").format(change=change) if change else "")

    # -- what is shown

    def _on_wipe(self, on: bool) -> None:
        self.view.set_wipe(on)
        first, second = self.titles
        both = tr("Left: {first}, right: {second}").format(first=first, second=second)
        self.view.panes[0].set_caption(both if on else first)
        self._refresh()

    def _show_samples(self) -> None:
        for index, design in self.designs.items():
            self.view.show_sample(index, design.at(self.position.value() / _STEPS))

    def _refresh(self) -> None:
        regions, selection = self.regions.all, self.regions.selection
        shares: list[list[float]] = [
            self.designs[index].shares(regions) if index in self.designs and regions else []
            for index in range(2)
        ]
        self.view.show_regions(regions, shares, selection)
        self.table.blockSignals(True)  # cellChanged is for names that the user enters
        self.table.setRowCount(len(regions))
        for row, region in enumerate(regions):
            values = [design_shares[row] for design_shares in shares if design_shares]
            texts = [region.name, *("" if not own else percent_text(own[row], 1) for own in shares)]
            texts.append(points_text(values[1] - values[0]) if len(values) == 2 else "")
            for cell, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setTextAlignment(_alignment(cell))
                if cell:
                    item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEditable)
                self.table.setItem(row, cell, item)
            if region is self.regions.selected:
                self.table.selectRow(row)
        if not selection:
            self.table.clearSelection()
        self.table.blockSignals(False)
        row_height = self.table.rowHeight(0) if regions else 0
        rows = min(len(regions), _VISIBLE_ROWS) * row_height
        self.table.setFixedHeight(self.table.horizontalHeader().sizeHint().height() + rows + 4)
        self.table.setVisible(bool(regions))
        self.hint.setVisible(not regions)
        self.delete.setEnabled(bool(selection))
        complete = len(self.designs) == 2
        self.export.setEnabled(complete)
        self.copy.setEnabled(complete and bool(regions))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(clipboard_text(self.cells()))
        self.copied.emit()


def _alignment(column: int) -> Qt.AlignmentFlag:
    """Names stand on the left of their column, numbers and their headings on the right."""
    side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
