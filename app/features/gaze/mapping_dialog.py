"""The dialog that asks for the meaning of the columns of a table, with a preview."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from app.ui.build import column, combo_box, form_layout, label, row, spin_box
from app.ui.controls import Scrolled
from app.ui.i18n import tr
from app.ui.number_text import number_text
from uvanet.data.delimited_text import DelimitedText
from uvanet.data.gaze_mapping import GazeMapping, plain
from uvanet.data.gaze_reader import read_table
from uvanet.data.gaze_table import GazeTable
from uvanet.errors import UvanetError

_PREVIEW_LINES = 5
_GUESSES = {
    "time": ("time", "timestamp", "start", "onset"),
    "x": ("x", "posx", "gazex", "fixationx"),
    "y": ("y", "posy", "gazey", "fixationy"),
    "duration": ("duration",),
    "person": ("person", "participant", "subject", "observer"),
    "stimulus": ("image", "picture", "stimulus", "video", "media"),
}


class MappingDialog(QDialog):
    """Asks for columns and units. The button Load is enabled when the preview has points.

    Args:
        text: The file of the table.
        rows: Cells of the first rows, for the preview.
        size: Width and height of the picture, pixels.

    Signals:
        chosen: The GazeMapping.
    """

    chosen = Signal(object)

    def __init__(
        self,
        text: DelimitedText,
        rows: Sequence[list[str]],
        size: tuple[int, int],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Columns of the table"))
        self._text, self._rows, self._size = text, rows, size
        self.columns = {
            "time": self._column(tr("Time"), optional=True),
            "x": self._column(tr("x")),
            "y": self._column(tr("y")),
            "duration": self._column(tr("Duration"), optional=True),
            "person": self._column(tr("Person"), optional=True),
            "stimulus": self._column(tr("Picture or clip"), optional=True),
        }
        units = [
            ("", tr("found from the values")),
            ("s", tr("seconds")),
            ("ms", tr("milliseconds")),
            ("us", tr("microseconds")),
            ("ns", tr("nanoseconds")),
        ]
        self.time_unit = self._choice(tr("Unit of time"), units)
        self.origin = self._choice(
            tr("Times count from"),
            [("table", tr("the start of the clip")), ("start", tr("the first row of each person"))],
        )
        self.position = self._choice(
            tr("Unit of x and y"),
            [
                ("", tr("found from the values")),
                ("px", tr("pixels of the picture")),
                ("screen", tr("pixels of a screen")),
                ("norm", tr("0 to 1 of the picture")),
            ],
        )
        self.direction = self._choice(
            tr("y grows"), [(False, tr("downwards")), (True, tr("upwards"))]
        )
        tip = tr("Size of the screen that the positions refer to, in pixels")
        self.width_box = spin_box(tr("Width of the screen"), tip, 1, 100_000, 1920)
        self.height_box = spin_box(tr("Height of the screen"), tip, 1, 100_000, 1080)
        for field in (self.width_box, self.height_box):
            field.valueChanged.connect(self._show_preview)
        self.preview = QTableWidget(_PREVIEW_LINES, 4)
        self.preview.setHorizontalHeaderLabels([tr("Time"), tr("x"), tr("y"), tr("Person")])
        self.preview.setAccessibleName(tr("Points as they are read"))
        self.preview.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.preview.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self.preview.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.preview.verticalHeader().hide()
        self.preview.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.preview.setMinimumSize(200, 190)
        self.status = label("", "quiet", wrap=True)
        self.status.setMinimumHeight(54)
        self.status.setAlignment(Qt.AlignmentFlag.AlignTop)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.use = buttons.addButton(tr("Load"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.use.setDefault(True)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        fields = QWidget()
        self._form = form_layout(8, fields)
        for name, box in self.columns.items():
            self._form.addRow(box.accessibleName(), box)
            if name == "time":
                for choice in (self.time_unit, self.origin):
                    self._form.addRow(choice.accessibleName(), choice)
            if name == "y":
                for choice in (self.position, self.direction):
                    self._form.addRow(choice.accessibleName(), choice)
        self._screen = QWidget()
        row(self.width_box, label("\N{MULTIPLICATION SIGN}"), self.height_box, parent=self._screen)
        self._form.insertRow(6, tr("Screen"), self._screen)
        column(
            label(text.path.name, "section"),
            label(tr("The columns of this table are not known. Say what they hold."), wrap=True),
            (row(Scrolled(fields), column(self.preview, self.status, None), spacing=24), 1),
            buttons,
            spacing=12,
            margins=(20, 18, 20, 16),
            parent=self,
        )
        self._guess()
        self._show_preview()

    @property
    def mapping(self) -> GazeMapping:
        """The chosen meaning of the columns."""
        chosen: dict[str, Any] = {name: box.currentData() for name, box in self.columns.items()}
        position = self.position.currentData()
        screen = (self.width_box.value(), self.height_box.value())
        upwards = bool(self.direction.currentData())
        size: tuple[int, int] | None = screen if position == "screen" else None
        if size is None and upwards and position != "norm":
            size = self._size
        more: dict[str, Any] = {
            "time_unit": self.time_unit.currentData(),
            "position_unit": "px" if position == "screen" else position,
            "origin": self.origin.currentData(),
        }
        return GazeMapping(**chosen, **more, y_up=upwards, size=size)

    def _column(self, name: str, *, optional: bool = False) -> QComboBox:
        entries = [(title, title) for title in self._text.header]
        none = [("", tr("none"))] if optional else []
        return self._choice(name, [*none, *entries])

    def _choice(self, name: str, entries: Sequence[tuple[object, str]]) -> QComboBox:
        box = combo_box(name, name, entries)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(16)
        box.setMinimumWidth(0)  # that of 16 letters, where their labels leave it
        box.currentIndexChanged.connect(self._show_preview)
        return box

    def _guess(self) -> None:
        """Chooses columns by their titles; an exact title comes before a part of one."""
        free = list(self._text.header)
        chosen: dict[str, str] = {}
        for name, words in _GUESSES.items():
            titles = [title for title in free if plain(title) in words]
            parts = [word for word in words if len(word) > 1]
            titles += [title for title in free if any(part in plain(title) for part in parts)]
            if titles:
                chosen[name] = titles[0]
                free.remove(titles[0])
        for name in ("time", "x", "y"):  # in this order in most tables
            if name not in chosen and free:
                chosen[name] = free.pop(0)
        for name, title in chosen.items():
            self.columns[name].setCurrentIndex(self.columns[name].findData(title))

    def _show_preview(self) -> None:
        if not hasattr(self, "use"):  # the dialog is not complete yet
            return
        self._form.setRowVisible(self._screen, self.position.currentData() == "screen")
        self.preview.clearContents()
        try:
            table = read_table(self._text, self.mapping, self._rows)
        except UvanetError as error:
            self.use.setEnabled(False)
            self.status.setText(str(error))
            return
        self.use.setEnabled(True)
        self._fill(table)

    def _fill(self, table: GazeTable) -> None:
        points = table.on(self._size)
        for index in range(min(_PREVIEW_LINES, len(table))):
            cells = (
                tr("{seconds:.3f} s").format(seconds=float(table.time[index])),
                number_text(float(points[index, 0]), ".1f"),
                number_text(float(points[index, 1]), ".1f"),
                table.persons[int(table.person[index])],
            )
            for position, cell in enumerate(cells):
                self.preview.setItem(index, position, QTableWidgetItem(cell))
        outside = table.outside(self._size)
        lines = [
            tr("Of the first {rows} rows, {points} have a point, {outside} not on the picture.")
            .format(rows=len(self._rows), points=len(table), outside=outside),
            *table.notes,
        ]  # fmt: skip
        self.status.setText(" ".join(lines))

    def _accept(self) -> None:
        self.chosen.emit(self.mapping)
        self.accept()
