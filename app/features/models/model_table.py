"""The table of all models: one row per model, sorted by any column."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QAbstractItemView, QTreeView, QWidget

from app.features.models.model_info import ModelInfo
from app.features.models.scores import SCORE_COLUMNS, ScoreColumn
from app.ui.build import plain_tip
from app.ui.i18n import tr, tr_noop
from app.ui.number_text import number_text
from uvanet.model_card import set_title

Index = QModelIndex | QPersistentModelIndex


_PRECISIONS = {8: "int8", 16: "fp16", 32: "fp32"}
_KINDS = {"student": tr_noop("student"), "teacher": tr_noop("teacher"), "external": tr_noop("file")}
_ROOT = QModelIndex()
_SORT, _NAME = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
_PADDING = 24  # pixels beside a heading
_MAX_NAME_WIDTH = 240  # pixels; longer names, such as paths, are elided
NAME, USE, SPEED = "name", "use", "speed"


@dataclass(frozen=True, slots=True)
class Speed:
    """The measured speed of a model, or the reason for a missing one.

    Attributes:
        milliseconds: Mean time of a frame; None if it was not measured.
        text: Text without a time, such as "measuring …".
        tip: Tooltip.
    """

    milliseconds: float | None = None
    text: str = "-"
    tip: str = ""


@dataclass(frozen=True, slots=True)
class _Column:
    """A column: heading, text of the cells, and value to sort by (None: last)."""

    key: str
    title: str
    about: str
    text: Callable[[ModelInfo], str]
    value: Callable[[ModelInfo], str | float | None]
    tip: Callable[[ModelInfo], str] = lambda _: ""


def _score_column(score: ScoreColumn) -> _Column:
    about = tr("{about} Measured on: {data}.")
    return _Column(
        f"{score.data} {score.metric}",
        tr(score.title),
        about.format(about=tr(score.about), data=set_title(score.data)),
        lambda model: score.text(model.scores),
        lambda model: score.value(model.scores),
        lambda model: score.tip(model.scores),
    )


class _Models(QAbstractTableModel):
    """The models, their use and their speed."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.models: list[ModelInfo] = []
        self.speeds: dict[str, Speed] = {}
        self.student = self.teacher = self.loading = ""
        self.columns = self._columns()

    def _columns(self) -> list[_Column]:
        size, parameters = tr("Width and height of the input."), tr("Number of parameters.")
        speed = tr("Mean time of a 1280x720 frame on this computer, measured and remembered.")
        bits = tr("Precision of the parameters, estimated from the size of the file.")
        return [
            _Column(
                NAME,
                tr("Model"),
                tr("Name of the model."),
                lambda model: model.title,
                lambda model: model.title.lower(),
                lambda model: plain_tip(model.problem or model.description or model.name),
            ),
            _Column(USE, tr("In use"), tr("What the model is used for now."), self.use, self.use),
            _Column(
                SPEED,
                tr("Time,\nthis computer"),
                speed,
                self._speed_text,
                lambda model: self._speed(model).milliseconds,
                lambda model: self._speed(model).tip,
            ),
            *map(_score_column, SCORE_COLUMNS),
            _Column(
                "parameters",
                tr("Parameters"),
                parameters,
                lambda model: _count(model.parameters) if model.parameters else "-",
                lambda model: model.parameters or None,
            ),
            _Column(
                "input",
                tr("Input"),
                size,
                lambda model: (
                    "\N{MULTIPLICATION SIGN}".join(map(str, model.input_size))
                    if all(model.input_size)
                    else "-"
                ),
                lambda model: model.input_size[0] * model.input_size[1] or None,
            ),
            _Column(
                "disk",
                tr("On disk"),
                tr("Size of the file."),
                lambda model: f"{_count(model.size)}B" if model.size else "-",
                lambda model: model.size or None,
            ),
            _Column(
                "precision",
                tr("Precision"),
                bits,
                lambda model: _PRECISIONS.get(model.bits, "-"),
                lambda model: model.bits or None,
            ),
            _Column(
                "kind",
                tr("Kind"),
                tr("A student runs live; a teacher is larger; a file has no model card."),
                lambda model: tr(_KINDS.get(model.role, model.role)),
                lambda model: model.role,
            ),
            _Column(
                "license",
                tr("License"),
                tr("License of the weights."),
                lambda model: model.license or "-",
                lambda model: model.license or None,
                lambda model: plain_tip(model.license),
            ),
        ]

    def use(self, model: ModelInfo) -> str:
        """Returns the use of a model, such as "live"; empty if it is not in use."""
        uses = (
            (self.student, tr("live")),
            (self.loading, tr("loading …")),
            (self.teacher, tr("teacher")),
        )
        return ", ".join(text for name, text in uses if name == model.name)

    def _speed(self, model: ModelInfo) -> Speed:
        return self.speeds.get(model.name, Speed())

    def _speed_text(self, model: ModelInfo) -> str:
        speed = self._speed(model)
        time = speed.milliseconds
        return speed.text if time is None else tr("{time:.1f} ms").format(time=time)

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.models)

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return self.columns[section].title
            if role == Qt.ItemDataRole.ToolTipRole:
                return self.columns[section].about
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return _alignment(section)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        model, column = self.models[index.row()], self.columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(model)
        if role == _SORT:
            return column.value(model)
        if role == _NAME:
            return model.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return column.tip(model)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(index.column())
        if role == Qt.ItemDataRole.FontRole and self.use(model):
            font = QFont()
            font.setBold(True)
            return font
        return None


class _Sorted(QSortFilterProxyModel):
    """Sorts by value; models without a value are last in both directions."""

    def lessThan(self, left: Index, right: Index) -> bool:
        first, second = left.data(_SORT), right.data(_SORT)
        if first is None or second is None:
            ascending = self.sortOrder() is Qt.SortOrder.AscendingOrder
            return (second is None) is ascending and first is not second
        return bool(first < second)


class ModelTable(QTreeView):
    """The table of models.

    Signals:
        selected: Another model is selected, or the data of the selected model have changed.
        explained: The sentence about the column that the table is sorted by now.
    """

    selected = Signal()
    explained = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("Models"))
        self.setRootIsDecorated(False)
        self.setAllColumnsShowFocus(True)
        self.setUniformRowHeights(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._model = _Models(self)
        self._sorted = _Sorted(self)
        self._sorted.setSourceModel(self._model)
        self.setModel(self._sorted)
        self.setSortingEnabled(True)
        self.selectionModel().currentRowChanged.connect(lambda *_: self.selected.emit())
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionsMovable(False)
        header.sortIndicatorChanged.connect(
            lambda column, _: self.explained.emit(self._model.columns[column].about)
        )
        self.sort_by("test nss")

    @property
    def current(self) -> ModelInfo | None:
        """The selected model."""
        index = self._sorted.mapToSource(self.currentIndex())
        return self._model.models[index.row()] if index.isValid() else None

    @property
    def explanation(self) -> str:
        """The sentence about the column that the table is sorted by."""
        return self._model.columns[self.header().sortIndicatorSection()].about

    @property
    def names(self) -> list[str]:
        """Names of the models in the order of the rows."""
        rows = range(self._sorted.rowCount())
        return [str(self._sorted.index(row, 0).data(_NAME)) for row in rows]

    @property
    def usable(self) -> list[str]:
        """Names of the models that can be used, in the order of the rows."""
        problems = {model.name for model in self._model.models if model.problem}
        return [name for name in self.names if name not in problems]

    def cell(self, name: str, column: str) -> str:
        """Returns the text of a cell.

        Args:
            name: Name of the model.
            column: Key of the column, such as `SPEED` or "test nss".
        """
        return str(self._sorted.index(self.names.index(name), self._index(column)).data())

    def sort_by(self, column: str, *, descending: bool = True) -> None:
        """Sorts by a column, given by its key."""
        order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
        self.sortByColumn(self._index(column), order)

    def select(self, name: str) -> None:
        """Selects a model; does nothing if it is not listed."""
        if name in self.names:
            self.setCurrentIndex(self._sorted.index(self.names.index(name), 0))

    def show_models(self, models: Sequence[ModelInfo], speeds: Mapping[str, float]) -> None:
        """Lists models; keeps the selection.

        Args:
            models: The models.
            speeds: Mean time of a frame, milliseconds, by name of the model.
        """
        current = self.current
        self._model.beginResetModel()
        self._model.models = list(models)
        self._model.speeds = {name: Speed(time) for name, time in speeds.items()}
        self._model.endResetModel()
        for index, width in enumerate(self._widths()):
            self.setColumnWidth(index, width)
        self.select(current.name if current else self._model.student)
        self.selected.emit()

    def show_speed(self, name: str, speed: Speed) -> None:
        """Shows the speed of a model."""
        self._model.speeds[name] = speed
        self._update()

    def show_use(self, student: str, teacher: str, loading: str) -> bool:
        """Marks the models in use and the one that is being loaded as student.

        Returns:
            False if one of the models in use is not listed.
        """
        self._model.student, self._model.teacher = student, teacher
        self._model.loading = "" if loading == student else loading
        self._update()
        self.selected.emit()
        listed = {"", *(model.name for model in self._model.models)}
        return {student, teacher} <= listed

    def _widths(self) -> list[int]:
        """Widths of the columns for their longest text. Qt would measure a heading as one line."""
        font = self.header().font()
        font.setWeight(QFont.Weight.DemiBold)  # as in the style sheet
        text = QFontMetrics(font)
        widths = []
        for index, column in enumerate(self._model.columns):
            heading = max(text.horizontalAdvance(line) for line in column.title.split("\n"))
            width = max(heading + _PADDING, self.sizeHintForColumn(index))
            elided = column.key in (NAME, "license")
            widths.append(min(width, _MAX_NAME_WIDTH) if elided else width)
        return widths

    def _index(self, key: str) -> int:
        return [column.key for column in self._model.columns].index(key)

    def _update(self) -> None:
        if not self._model.models:
            return
        last = self._model.index(len(self._model.models) - 1, self._model.columnCount() - 1)
        self._model.dataChanged.emit(self._model.index(0, 0), last)


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column < 2 else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter


def _count(count: int) -> str:
    """Formats a number with the prefix k or M."""
    if count < 1e6:
        return f"{number_text(count / 1e3, '.0f')}\N{NO-BREAK SPACE}k"
    return f"{number_text(count / 1e6, '.1f')}\N{NO-BREAK SPACE}M"
