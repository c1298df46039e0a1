"""The dialog of models: the table, and the page that adds an ONNX file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QLabel, QSizePolicy, QStackedWidget, QWidget

from app.features.models.model_info import ModelInfo
from app.features.models.model_table import ModelTable
from app.features.models.onnx_form import OnnxForm
from app.session.models import AUTOMATIC
from app.ui.build import button, check_box, column, combo_box, label, row
from app.ui.flow_layout import FlowLayout
from app.ui.i18n import tr, tr_noop

_ENGINES = {
    "auto": tr_noop("automatic"),
    "onnx": tr_noop("ONNX Runtime"),
    "torch": tr_noop("PyTorch"),
}


class ModelsDialog(QDialog):
    """Lists all models, with buttons for the selected model; not modal.

    Args:
        engines: Names of the installed engines, for `uvanet.load`.
        engine: The current engine.
        parent: The window.

    Signals:
        engine_chosen: The engine to run the models on.
        student_chosen: Name of the model to use as student, or `AUTOMATIC`.
        teacher_chosen: Name of the model to use as teacher.
        measure_wanted: Names of the models to measure; empty to stop measuring.
        delete_wanted: The ModelInfo of a model to delete, or of a file to remove from the list.
        file_wanted: The user wants to add an ONNX file.

    Attributes:
        table: The table of models.
        onnx: The page that tries an ONNX file.
    """

    engine_chosen = Signal(str)
    student_chosen = Signal(str)
    teacher_chosen = Signal(str)
    measure_wanted = Signal(list)
    delete_wanted = Signal(object)
    file_wanted = Signal()

    def __init__(self, engines: Sequence[str], engine: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Models"))
        self.setMinimumSize(480, 360)
        self._measuring = False
        self._note_text = ""
        self._student = ""  # the choice: a name or `AUTOMATIC`
        self._running = ""  # the model in use
        self.table = ModelTable()
        self.table.selected.connect(self._on_selected)
        self.table.explained.connect(lambda _: self.show_note(self._note_text))
        self.table.doubleClicked.connect(self._on_use)
        self.onnx = OnnxForm()
        self.onnx.left.connect(self.show_table)
        self.automatic = check_box(
            tr("Automatic"), tr("Run the largest student that keeps up with the source")
        )
        self.automatic.clicked.connect(self._on_automatic)
        self.reason = label("", "quiet")
        self.reason.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.use_button = button(
            tr("Use live"), tr("Runs the selected model as student"), self._on_use, default=True
        )
        self.teacher_button = button(
            tr("Use as teacher"),
            tr("Runs the selected model next to the student in Compare"),
            self._on_teach,
        )
        self.delete_button = button(tr("Delete"), "", self._on_delete)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Delete), self.table, self._on_delete)
        self.note = label("", "quiet", wrap=True)
        self.add_button = button(
            tr("Add ONNX file…"),
            tr("Tries an ONNX file of your own and adds it to the list"),
            self.file_wanted.emit,
        )
        self.measure = button(
            tr("Measure time"),
            tr("Runs each model for a second on a 1280x720 picture, in the background"),
            self._on_measure,
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
        self._pages = QStackedWidget()
        self._pages.addWidget(self._table_page())
        self._pages.addWidget(self.onnx)
        column(self._pages, margins=(20, 16, 20, 16), parent=self)
        self.show_note("")
        self.resize(1640, 480)

    def _table_page(self) -> QWidget:
        engine_label = QLabel(tr("Engine"))
        engine_label.setBuddy(self.engines)
        close = button(tr("Close"), "", self.close)
        page = QWidget()
        column(
            row(self.automatic, (self.reason, 1), spacing=12),
            (self.table, 1),
            self.note,
            FlowLayout(
                self.use_button,
                self.teacher_button,
                self.delete_button,
                self.add_button,
                self.measure,
            ),
            row(engine_label, self.engines, None, close),
            spacing=10,
            parent=page,
        )
        return page

    # -- pages

    def show_table(self) -> None:
        """Shows the list."""
        self._pages.setCurrentIndex(0)

    def show_file(self, path: str) -> None:
        """Shows the page that tries a file."""
        self._pages.setCurrentWidget(self.onnx)
        self.onnx.open_file(path)

    # -- the list

    def show_models(self, models: Sequence[ModelInfo], times: Mapping[str, float]) -> None:
        """Fills the table.

        Args:
            models: The models.
            times: Milliseconds per frame, by name of the model.
        """
        self.table.show_models(models, times)

    def show_automatic(self, reason: str) -> None:
        """Shows the model of the automatic choice, and its reason."""
        lines = reason.splitlines()
        self.reason.setText(lines[0] if lines else "")
        self.reason.setToolTip(reason)

    def set_chosen(self, student: str, running: str, teacher: str, loading: str) -> bool:
        """Marks the models in use.

        Args:
            student: The choice of the student: a name, or `AUTOMATIC`.
            running: Name of the model that runs as student.
            teacher: Name of the teacher; empty for none.
            loading: Name of the model that is being loaded as student; empty for none.

        Returns:
            False if one of them is not in the table.
        """
        self._student, self._running = student, running
        self.automatic.setChecked(student == AUTOMATIC)
        return self.table.show_use(running, teacher, loading)

    def show_note(self, text: str) -> None:
        """Shows a text below the table; if it is empty, explains the sorted column."""
        self._note_text = text
        self.note.setText(text or self.table.explanation)

    def set_measuring(self, on: bool) -> None:
        """Sets whether models are being measured; the button then stops the measurement."""
        self._measuring = on
        self.measure.setText(tr("Stop measuring") if on else tr("Measure time"))

    def _on_selected(self) -> None:
        model = self.table.current
        usable = model is not None and not model.problem
        in_use = model is not None and bool(self.table.cell(model.name, "use"))
        pinned = model is not None and model.name == self._running == self._student
        self.use_button.setEnabled(usable and not pinned)
        self.teacher_button.setEnabled(usable)
        removable = model is not None and (model.deletable or model.listed)
        self.delete_button.setEnabled(removable and not in_use)
        listed = model is not None and model.listed
        self.delete_button.setText(tr("Remove from list") if listed else tr("Delete"))
        if in_use and removable:
            tip = tr("A model that is in use cannot be deleted")
        elif listed:
            tip = tr("Takes the file off this list; the file stays")
        elif removable:
            tip = tr("Moves the model to the trash")
        else:
            tip = tr("Models that came with the program cannot be deleted")
        self.delete_button.setToolTip(tip)

    def _on_use(self, _: object = None) -> None:
        if self.use_button.isEnabled() and (model := self.table.current) is not None:
            self.student_chosen.emit(model.name)

    def _on_teach(self) -> None:
        if (model := self.table.current) is not None:
            self.teacher_chosen.emit(model.name)

    def _on_automatic(self, on: bool) -> None:
        # The box shows the current choice. `set_chosen` updates it after a change.
        self.automatic.setChecked(self._student == AUTOMATIC)
        self.student_chosen.emit(AUTOMATIC if on else self._running)

    def _on_delete(self) -> None:
        if self.delete_button.isEnabled():
            self.delete_wanted.emit(self.table.current)

    def _on_measure(self) -> None:
        names = [] if self._measuring else list(self.table.usable)
        self.measure_wanted.emit(names)
