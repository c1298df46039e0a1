"""The dialog that lists all models, and chooses student, teacher and engine."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QFrame,
    QGridLayout,
    QLabel,
    QRadioButton,
    QScrollArea,
    QSizePolicy,
    QWidget,
)

from app.features.models.scores import DATA_HEADINGS, SCORE_COLUMNS
from app.session.models import AUTOMATIC
from app.ui.build import button, column, combo_box, label, plain_tip, row
from app.ui.i18n import tr
from uvanet.model_card import set_title

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.features.models.model_info import ModelInfo

_ENGINES = {
    "auto": "automatic",
    "onnx": "ONNX Runtime",
    "torch": "PyTorch",
}
_PRECISIONS = {8: "int8", 16: "fp16", 32: "fp32"}
_MAX_TABLE_WIDTH = 1180  # pixels; a wider table, with long names of files, is scrolled
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class ModelsDialog(QDialog):
    """A table with one row per model; does not block the window.

    Args:
        engines: The installed engines, as `uvanet.load` takes them.
        engine: The current engine.
        parent: The window.

    Signals:
        engine_chosen: The engine to run the models on.
        student_chosen: Name of the model to use as student, or `AUTOMATIC`.
        teacher_chosen: Name of the model to use as teacher.
        measure_wanted: Names of the models to measure; empty to stop measuring.
        file_wanted: The button that opens an ONNX file was pressed.
    """

    engine_chosen = Signal(str)
    student_chosen = Signal(str)
    teacher_chosen = Signal(str)
    measure_wanted = Signal(list)
    file_wanted = Signal()

    def __init__(self, engines: Sequence[str], engine: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Models"))
        self._latencies: dict[str, QLabel] = {}
        self._measuring = False
        self._known: dict[str, tuple[str, str]] = {}  # measured latencies and tooltips
        self.students: dict[str, QRadioButton] = {}
        self.teachers: dict[str, QRadioButton] = {}
        self._student_group = QButtonGroup(self)
        self._teacher_group = QButtonGroup(self)
        self._usable: list[str] = []
        self._automatic_title, self._automatic_tip = "", ""
        self._automatic = QLabel()
        self._table = QWidget()
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        card = QFrame()
        card.setObjectName("card")
        column(self._scroll, margins=(16, 14, 16, 14), parent=card)
        self.measure = button(
            tr("Measure latency"),
            tr("Runs each model for a second on a 1280x720 picture, in the background"),
            self._on_measure,
        )
        file = button(
            tr("Open ONNX file…"),
            tr("Use an ONNX file as teacher; it is tried first"),
            self.file_wanted.emit,
        )
        self.engines = combo_box(
            tr("Engine"),
            tr("Engine of the models; external ones use ONNX Runtime"),
            [(name, tr(_ENGINES.get(name, name))) for name in engines],
        )
        self.engines.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.engines.setCurrentIndex(max(0, self.engines.findData(engine)))
        self.engines.activated.connect(
            lambda _: self.engine_chosen.emit(self.engines.currentData())
        )
        engine_label = QLabel(tr("Engine"))
        engine_label.setBuddy(self.engines)
        self._note = label("", "quiet", wrap=True)
        self.show_note("")
        close = button(tr("Close"), "", self.close, default=True)
        buttons = row(self.measure, file, None, engine_label, self.engines, close)
        column((card, 1), self._note, buttons, spacing=12, margins=(20, 18, 20, 16), parent=self)
        self.resize(960, 386)

    def show_models(self, models: Sequence[ModelInfo]) -> None:
        """Fills the table."""
        for group in (self._student_group, self._teacher_group):
            for radio in group.buttons():
                group.removeButton(radio)
        self.students.clear()
        self.teachers.clear()
        self._latencies.clear()
        self._usable = [model.name for model in models if not model.problem]
        self._table = QWidget()
        grid = QGridLayout(self._table)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(10)
        self._head(grid)
        self._automatic_row(grid, 2)
        for number, model in enumerate(models, start=3):
            self._row(grid, number, model)
        grid.setColumnStretch(2, 1)
        grid.setRowStretch(len(models) + 3, 1)
        self._scroll.setWidget(self._table)
        width = self._table.sizeHint().width() + self._scroll.verticalScrollBar().sizeHint().width()
        self._scroll.setMinimumWidth(min(width, _MAX_TABLE_WIDTH))

    def show_automatic(self, title: str, tip: str) -> None:
        """Shows what the automatic choice runs, and why."""
        self._automatic_title, self._automatic_tip = title, tip
        self._automatic.setText(title)
        self._automatic.setToolTip(tip)

    def set_chosen(self, student: str, teacher: str) -> bool:
        """Marks the choices (`AUTOMATIC` or names); returns False if one is not in the table."""
        missing = False
        for buttons, name in ((self.students, student), (self.teachers, teacher)):
            if name in buttons:
                buttons[name].setChecked(True)
            missing |= bool(name) and name not in buttons
        return not missing

    def show_note(self, text: str) -> None:
        """Shows a line of text below the table; an explanation of the table if empty."""
        self._note.setText(
            text
            or tr(
                "Higher is better. NSS: mean standardized map at the fixations; 0 is chance. "
                "AUC-J: how well the map separates fixations from other pixels; 0.5 is chance. "
                "CC: correlation of map and gaze density; at most 1. Of human: share of the NSS "
                "with which the gaze of all other people predicts that of one. Steadiness: CC of "
                "maps 100 ms apart where the picture hardly changes."
            )
        )

    def show_latency(self, name: str, text: str, tip: str = "") -> None:
        """Shows the latency of a model; an empty text for none."""
        self._known[name] = (text, tip)
        if name in self._latencies:
            self._latencies[name].setText(text or "-")
            self._latencies[name].setToolTip(tip)

    def clear_latencies(self) -> None:
        """Removes all latencies: they were measured on another engine."""
        for name in list(self._known):
            self.show_latency(name, "")

    @property
    def latencies(self) -> dict[str, str]:
        """The latency shown for each model."""
        return {name: cell.text() for name, cell in self._latencies.items()}

    def set_measuring(self, on: bool) -> None:
        """Sets whether models are being measured; the button then stops it."""
        self._measuring = on
        self.measure.setText(tr("Stop measuring") if on else tr("Measure latency"))

    def _on_measure(self) -> None:
        self.measure_wanted.emit([] if self._measuring else list(self._usable))

    def _head(self, grid: QGridLayout) -> None:
        titles = [
            (tr("Live"), tr("Runs as student")),
            (tr("Teacher"), tr("Runs next to the student in Compare")),
            (tr("Model"), ""),
            (tr("Input"), tr("Width and height of the input")),
            (tr("On disk"), ""),
            (tr("Parameters"), tr("Number of parameters")),
            (tr("Precision"), tr("Of the parameters, estimated from the size of the file")),
            (tr("Latency"), tr("Median time per frame on this machine")),
            *((tr(one.title), tr("From the model's card")) for one in SCORE_COLUMNS),
        ]
        for index, (title, tip) in enumerate(titles):
            heading = label(title, "section")
            heading.setToolTip(tip)
            grid.addWidget(heading, 1, index, _RIGHT if index > 2 else Qt.AlignmentFlag(0))
        first = len(titles) - len(SCORE_COLUMNS)
        for data, text in DATA_HEADINGS.items():
            places = [first + i for i, one in enumerate(SCORE_COLUMNS) if one.data == data]
            heading = label(tr(text), "section")
            heading.setToolTip(tr("Measured on: {data}").format(data=set_title(data)))
            grid.addWidget(heading, 0, places[0], 1, len(places), _RIGHT)

    def _automatic_row(self, grid: QGridLayout, number: int) -> None:
        tip = tr("Run the largest student that keeps up with the source")
        radio = _radio(tip, lambda: self.student_chosen.emit(AUTOMATIC))
        self._student_group.addButton(radio)
        self.students[AUTOMATIC] = radio
        grid.addWidget(radio, number, 0, Qt.AlignmentFlag.AlignCenter)
        self._automatic = QLabel()
        grid.addWidget(self._automatic, number, 2, 1, 4)
        self.show_automatic(self._automatic_title, self._automatic_tip)

    def _row(self, grid: QGridLayout, number: int, model: ModelInfo) -> None:
        choices = (
            (self.students, self._student_group, self.student_chosen, tr("Run {name} live")),
            (self.teachers, self._teacher_group, self.teacher_chosen, tr("Use {name} as teacher")),
        )
        for index, (buttons, group, signal, text) in enumerate(choices):
            radio = _radio(text.format(name=model.title), partial(signal.emit, model.name))
            radio.setEnabled(not model.problem)
            group.addButton(radio)
            buttons[model.name] = radio
            grid.addWidget(radio, number, index, Qt.AlignmentFlag.AlignCenter)
        title = label(model.title, "quiet" if model.problem else "")
        title.setToolTip(plain_tip(model.problem or model.description or model.name))
        grid.addWidget(title, number, 2)
        width, height = model.input_size
        cells = [
            QLabel(f"{width}\N{MULTIPLICATION SIGN}{height}" if width and height else "-"),
            QLabel(f"{_count(model.size)}B" if model.size else "-"),
            QLabel(_count(model.parameters) if model.parameters else "-"),
            QLabel(_PRECISIONS.get(model.bits, "-")),
            latency := QLabel(),
        ]
        for score in SCORE_COLUMNS:
            cell = QLabel(score.text(model.scores))
            cell.setToolTip(score.tip(model.scores))
            cells.append(cell)
        for index, cell in enumerate(cells, start=3):
            cell.setAlignment(_RIGHT)
            grid.addWidget(cell, number, index)
        self._latencies[model.name] = latency
        self.show_latency(model.name, *self._known.get(model.name, ("", "")))


def _radio(name: str, clicked: Callable[[], object]) -> QRadioButton:
    radio = QRadioButton()
    radio.setAccessibleName(name)
    radio.setToolTip(plain_tip(name))
    radio.clicked.connect(lambda _: clicked())
    return radio


def _count(count: int) -> str:
    """Formats a number with the prefix k or M."""
    if count < 1e6:
        return f"{count / 1e3:.0f}\N{NO-BREAK SPACE}k"
    return f"{count / 1e6:.1f}\N{NO-BREAK SPACE}M"
