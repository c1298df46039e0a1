"""What a student is to learn from: a folder, a published set, what is seen now, or gaze."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.features.training.form_parts import FolderLine, hint, quiet
from app.ui.i18n import tr

if TYPE_CHECKING:
    from uvanet.training.data.inspect import GazeSurvey, Survey


class LearnFrom(QWidget):
    """The folder, in which layout it is, and what is in it.

    Signals:
        changed: Another folder or layout, or what was found in it.
        looked_for: A folder to be looked through, and its layout; empty for one's own.
        record_wanted: Seconds of the current source that are to be recorded; 0 to end that.
    """

    changed = Signal()
    looked_for = Signal(str, str)
    record_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # Here and not above: no start of the program should wait for the readers of data sets.
        from uvanet.data.registry import LAYOUTS
        from uvanet.training.data.gaze_datasets import NAMES

        self.survey: Survey | None = None
        self.failed = False  # nothing can be learned from this folder
        self.recorded = ""  # the folder that was recorded from here
        self.kind = QComboBox()
        self.kind.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.kind.setAccessibleName(tr("What to learn from"))
        self.kind.setToolTip(tr("Of a published set, the gaze of people takes the teacher's place"))
        self.kind.addItem(tr("Videos and pictures of your own, labelled by the teacher"), "")
        for name in NAMES:
            words = tr("Gaze of people: {name}").format(name=tr(LAYOUTS[name].summary))
            self.kind.addItem(words, name)
        self.kind.currentIndexChanged.connect(self._look)
        self.folder = FolderLine(tr("Folder"), tr("Where the videos and pictures lie"))
        self.folder.changed.connect(self._look)
        self.seconds = QSpinBox()
        self.seconds.setRange(10, 3600)
        self.seconds.setValue(60)
        self.seconds.setSuffix(tr(" s"))
        self.seconds.setAccessibleName(tr("Seconds to record"))
        self.seconds.setToolTip(tr("How much of the current source is recorded"))
        self.record = QPushButton(tr("Record what is seen now"))
        self.record.setCheckable(True)
        self.record.setAutoDefault(False)
        self.record.setToolTip(tr("Keeps frames of the current source, to learn from"))
        self.record.toggled.connect(self._on_record)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("Recorded so far"))
        self.bar.hide()
        self.privacy = hint(
            tr("What is recorded stays in a private folder, and is deleted after the training.")
        )
        self.keep = QCheckBox(tr("Keep the recorded frames after the training"))
        self.keep.setToolTip(tr("Else they are deleted once the student is there"))
        self.keep.hide()
        self.facts = quiet(tr("Choose a folder; it is checked at once."))
        self.facts.setMinimumHeight(3 * self.facts.fontMetrics().lineSpacing())
        self.facts.setAlignment(Qt.AlignmentFlag.AlignTop)
        recording = QHBoxLayout()
        recording.addWidget(self.record)
        recording.addWidget(self.seconds)
        recording.addWidget(self.bar, 1)
        recording.addStretch()
        column = QVBoxLayout()
        column.setSpacing(8)
        column.addLayout(recording)
        column.addWidget(self.privacy)
        column.addWidget(self.keep)
        column.addWidget(self.facts)
        self.form = form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(18)
        form.setVerticalSpacing(10)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.addRow(tr("Learn from"), self.kind)
        form.addRow(tr("Folder"), self.folder)
        form.addRow("", column)

    @property
    def layout_name(self) -> str:
        """The published layout; empty for a folder of one's own."""
        return str(self.kind.currentData() or "")

    @property
    def path(self) -> str:
        """The folder; empty for none."""
        return self.folder.path

    def show_survey(self, found: Survey) -> None:
        """Takes what a folder holds."""
        self.survey = found
        self.changed.emit()

    def show_problem(self, words: str) -> None:
        """Tells why a folder cannot be used."""
        self.survey, self.failed = None, True
        self.facts.setText(words)
        self.changed.emit()

    def show_recording(self, share: float) -> None:
        """Tells how much is recorded."""
        self.bar.show()
        self.bar.setValue(round(1000 * share))

    def end_recording(self, folder: str = "") -> None:
        """Goes back to before, or takes the folder that was recorded."""
        self.bar.hide()
        self.record.blockSignals(True)
        self.record.setChecked(False)
        self.record.blockSignals(False)
        self.record.setText(tr("Record what is seen now"))
        if folder:
            self.recorded = folder
            self.folder.set_path(folder)

    def _on_record(self, on: bool) -> None:
        self.record.setText(tr("Stop recording") if on else tr("Record what is seen now"))
        self.record_wanted.emit(self.seconds.value() if on else 0)

    def _look(self, _: object = None) -> None:
        self.survey, self.failed = None, False
        own = not self.layout_name
        self.record.setVisible(own)
        self.seconds.setVisible(own)
        self.privacy.setVisible(own)
        self.keep.setVisible(bool(self.recorded) and self.path == self.recorded)
        if self.path:
            self.facts.setText(tr("Looking …"))
            self.looked_for.emit(self.path, self.layout_name)
        else:
            self.facts.setText(tr("Choose a folder; it is checked at once."))
        self.changed.emit()


class GazeFrom(QWidget):
    """The gaze data of a coupled run, and whether it can be learned from.

    Signals:
        changed: Another folder, or what was found in it.
        looked_for: A folder to be looked through.
    """

    changed = Signal()
    looked_for = Signal(str)

    def __init__(self, path: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.survey: GazeSurvey | None = None
        self._problem = self._asked = ""
        self.folder = FolderLine(
            tr("Gaze data"), tr("A folder in the shared layout, with fixations of people")
        )
        self.folder.set_path(path)
        self.folder.changed.connect(self.look)
        self.facts = quiet("")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.folder)
        column.addWidget(self.facts)

    @property
    def path(self) -> str:
        """The folder; empty for none."""
        return self.folder.path

    @property
    def problem(self) -> str:
        """Why it cannot be learned from; empty where it can."""
        if not self.path:
            return tr("Coupled distillation needs gaze data: choose its folder.")
        if self.survey is None:
            return self._problem or tr("The gaze data is being looked through …")
        return ""

    def look(self) -> None:
        """Has the folder looked through, unless it was."""
        if self.path == self._asked:
            return
        self._asked, self.survey, self._problem = self.path, None, ""
        self.facts.clear()
        if self.path:
            self.looked_for.emit(self.path)
        self.changed.emit()

    def show_survey(self, found: GazeSurvey) -> None:
        """Takes what the folder holds."""
        self.survey = found
        self.changed.emit()

    def show_problem(self, words: str) -> None:
        """Tells why the folder cannot be used."""
        self._problem = words
        self.changed.emit()
