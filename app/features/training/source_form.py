"""Form parts that ask for training data: a folder, a recording, gaze data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from app.features.training.form_parts import FolderField, help_text
from app.ui.build import (
    STEPS,
    button,
    check_box,
    column,
    combo_box,
    form_layout,
    label,
    progress_bar,
    row,
    spin_box,
)
from app.ui.i18n import tr

if TYPE_CHECKING:
    from uvanet.training.data.inspect import GazeSurvey, Survey


class FolderForm(QWidget):
    """Asks for a folder of videos and images, or records one from the current source.

    Signals:
        changed: Another folder or layout was entered or chosen, or the folder was inspected.
        inspection_requested: A folder, and the layout of its data set; empty for own files.
        record_requested: Seconds of the current source to record; 0 cancels the recording.

    Attributes:
        survey: The files of the folder; None before it is inspected.
        failed: Whether the folder cannot be used.
        recorded: Folder of the frames recorded by this form; empty for none.
    """

    changed = Signal()
    inspection_requested = Signal(str, str)
    record_requested = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        # Imported here: the start of the program must not wait for the readers of data sets.
        from uvanet.data.registry import LAYOUTS
        from uvanet.training.data.gaze_datasets import NAMES

        self.survey: Survey | None = None
        self.failed = False
        self.recorded = ""
        gaze = tr("Human gaze: {name}")
        self.kind = combo_box(
            tr("Training data"),
            tr("In a published data set, human gaze replaces the teacher's labels"),
            [
                ("", tr("Your own videos and images, labelled by the teacher")),
                *((name, gaze.format(name=tr(LAYOUTS[name].summary))) for name in NAMES),
            ],
        )
        self.kind.currentIndexChanged.connect(self._inspect)
        self.folder = FolderField(tr("Folder"), tr("A folder of videos and images, or one video"))
        self.folder.changed.connect(self._inspect)
        self.folder.line.textEdited.connect(lambda _: self.changed.emit())
        self.seconds = spin_box(
            tr("Seconds to record"), tr("How much of the current source is recorded"), 10, 3600, 60
        )
        self.seconds.setSuffix(tr(" s"))
        self.record = button(
            tr("Record current source"),
            tr("Records frames of the current source as training data"),
            checkable=True,
        )
        self.record.toggled.connect(self._on_record)
        self.bar = progress_bar(tr("Recorded so far"))
        self.bar.hide()
        self.privacy = label(
            tr("Recorded frames stay in a private folder and are deleted after the training."),
            "quiet",
            wrap=True,
        )
        self.keep = check_box(
            tr("Keep the recorded frames after the training"),
            tr("Otherwise they are deleted when the training has ended"),
        )
        self.keep.hide()
        self.facts = help_text(tr("Choose a folder; it is checked at once."))
        self.facts.setMinimumHeight(3 * self.facts.fontMetrics().lineSpacing())
        self.facts.setAlignment(Qt.AlignmentFlag.AlignTop)
        recording = row(self.record, self.seconds, (self.bar, 1), None)
        self.form = form_layout(parent=self)
        self.form.addRow(tr("Learn from"), self.kind)
        self.form.addRow(tr("Folder"), self.folder)
        self.form.addRow("", column(recording, self.privacy, self.keep, self.facts, spacing=8))

    @property
    def layout_name(self) -> str:
        """Layout of the chosen published data set; empty for own files."""
        return str(self.kind.currentData() or "")

    @property
    def path(self) -> str:
        """The folder; empty for none."""
        return self.folder.path

    @property
    def checking(self) -> bool:
        """Whether what is entered has not been inspected yet."""
        waiting = self.survey is None and not self.failed
        return self.folder.pending or (bool(self.path) and waiting)

    def show_survey(self, survey: Survey) -> None:
        """Shows what the folder holds."""
        self.survey = survey
        self.changed.emit()

    def show_problem(self, text: str) -> None:
        """Shows why the folder cannot be used."""
        self.survey, self.failed = None, True
        self.facts.setText(text)
        self.changed.emit()

    def show_recording(self, share: float) -> None:
        """Shows how much is recorded, as a share 0..1."""
        self.bar.show()
        self.bar.setValue(round(STEPS * share))

    def end_recording(self, folder: str = "") -> None:
        """Shows that the recording has ended; chooses its folder, if there is one."""
        self.bar.hide()
        self.record.blockSignals(True)
        self.record.setChecked(False)
        self.record.blockSignals(False)
        self.record.setText(tr("Record current source"))
        if folder:
            self.recorded = folder
            self.folder.set_path(folder)

    def _on_record(self, on: bool) -> None:
        self.record.setText(tr("Stop recording") if on else tr("Record current source"))
        self.record_requested.emit(self.seconds.value() if on else 0)

    def _inspect(self, _: object = None) -> None:
        self.survey, self.failed = None, False
        for widget in (self.record, self.seconds, self.privacy):
            widget.setVisible(not self.layout_name)
        self.keep.setVisible(bool(self.recorded) and self.path == self.recorded)
        if self.path:
            self.facts.setText(tr("Checking …"))
            self.inspection_requested.emit(self.path, self.layout_name)
        else:
            self.facts.setText(tr("Choose a folder; it is checked at once."))
        self.changed.emit()


class GazeForm(QWidget):
    """Asks for the gaze data of a coupled distillation.

    Signals:
        changed: Another folder was entered or chosen, or the folder was inspected.
        inspection_requested: A folder.

    Attributes:
        survey: The gaze data of the folder; None before it is inspected.
    """

    changed = Signal()
    inspection_requested = Signal(str)

    def __init__(self, path: str) -> None:
        super().__init__()
        self.survey: GazeSurvey | None = None
        self._problem = self._requested = ""
        self.folder = FolderField(tr("Gaze data"), tr("A folder with images and human fixations"))
        self.folder.set_path(path)
        self.folder.changed.connect(self.inspect)
        self.folder.line.textEdited.connect(lambda _: self.changed.emit())
        self.facts = help_text()
        column(self.folder, self.facts, spacing=4, parent=self)

    @property
    def path(self) -> str:
        """The folder; empty for none."""
        return self.folder.path

    @property
    def problem(self) -> str:
        """Why the gaze data cannot be used; empty if they can."""
        if not self.path:
            return tr("Coupled distillation needs gaze data: choose its folder.")
        if self.folder.pending or (self.survey is None and not self._problem):
            return tr("Checking the gaze data …")
        return self._problem

    def inspect(self) -> None:
        """Requests an inspection of the folder, once for each path."""
        if self.folder.pending or self.path == self._requested:
            return
        self._requested, self.survey, self._problem = self.path, None, ""
        self.facts.clear()
        if self.path:
            self.inspection_requested.emit(self.path)
        self.changed.emit()

    def show_survey(self, survey: GazeSurvey) -> None:
        """Shows what the folder holds."""
        self.survey = survey
        self.changed.emit()

    def show_problem(self, text: str) -> None:
        """Shows why the folder cannot be used."""
        self._problem = text
        self.changed.emit()
