"""The options of a training on a folder: data, recipe and model."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.features.training.data_summary import summarize_folder, summarize_gaze
from app.features.training.form_parts import (
    AdvancedOptions,
    FolderField,
    ModelChoice,
    align,
    help_text,
    hint,
)
from app.features.training.run_folders import RunRequest
from app.features.training.source_form import FolderForm, GazeForm
from app.ui.i18n import tr

if TYPE_CHECKING:
    from uvanet.model_card import Card

PRESETS = ("uvanet-64", "uvanet-32", "uvanet-128")
QUICK, COUPLED = "quick", "coupled"
MIN_FILES = 4
"""Videos and images that a fine-tuning needs: some of them are held out."""


class DistillForm(QWidget):
    """Asks what to train on, and how.

    Signals:
        accepted: Start with these options.
    """

    accepted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = QLabel(tr("Train a student"))
        title.setObjectName("verdict")
        self._sides: dict[str, int] = {}
        self.learn = FolderForm()
        self.learn.changed.connect(self._update)
        self.how = QComboBox()
        self.how.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.how.setAccessibleName(tr("How"))
        self.how.setToolTip(tr("The training recipe"))
        self.how.addItem(tr("Fine-tuning: minutes, starts from a student"), QUICK)
        self.how.addItem(tr("Coupled distillation, both steps: hours, needs gaze data"), COUPLED)
        self.how.currentIndexChanged.connect(self._update)
        self.gaze = GazeForm(os.environ.get("UVANET_DATA", ""))
        self.gaze.changed.connect(self._update)
        self.preset = QComboBox()
        self.preset.setAccessibleName(tr("Student"))
        self.preset.setToolTip(tr("The number is the input size in pixels"))
        for name in PRESETS:
            self.preset.addItem(name, name)
        self.preset.currentIndexChanged.connect(self._update)
        self.start = ModelChoice(tr("Start from"), tr("The initial weights"))
        self.start.currentIndexChanged.connect(self._update)
        self.advanced = AdvancedOptions()
        self.teacher = ModelChoice(
            tr("Teacher"),
            tr("Labels the data that the student learns from"),
            files=True,
        )
        self.make = QCheckBox(tr("Train both on the gaze data first"))
        self.make.setAccessibleName(tr("Train both teachers on the gaze data first"))
        self.make.setToolTip(tr("Trains both teachers before the student, which takes longer"))
        self.make.toggled.connect(self._update)
        self.spatial = ModelChoice(tr("Spatial teacher"), tr("Labels single images"), files=True)
        self.temporal = ModelChoice(tr("Temporal teacher"), tr("Labels video"), files=True)
        self.steps = QSpinBox()
        self.steps.setRange(20, 1_000_000)
        self.steps.setValue(1200)
        self.steps.setAccessibleName(tr("Steps"))
        self.steps.setToolTip(tr("Number of training batches of a fine-tuning"))
        self.steps.valueChanged.connect(self._update)
        self.epochs = QSpinBox()
        self.epochs.setRange(1, 1000)
        self.epochs.setValue(14)
        self.epochs.setAccessibleName(tr("Epochs"))
        self.epochs.setToolTip(tr("Passes over all crops in step 1 of the distillation"))
        self.epochs.valueChanged.connect(self._update)
        self.rate = QDoubleSpinBox()
        self.rate.setDecimals(5)
        self.rate.setRange(0.00001, 0.1)
        self.rate.setSingleStep(0.0005)
        self.rate.setValue(0.0015)
        self.rate.setAccessibleName(tr("Learning rate"))
        self.rate.setToolTip(tr("Peak learning rate of a fine-tuning"))
        self.replay = FolderField(
            tr("General images"),
            tr("Images to train on as well in a fine-tuning, which reduces forgetting"),
        )
        self.problem = help_text("")
        self.go = QPushButton(tr("Train"))
        self.go.setDefault(True)
        self.go.setToolTip(tr("Starts the training in the background"))
        self.go.clicked.connect(self.accepted)
        self._lay_out(title)
        self._update()

    def _lay_out(self, title: QLabel) -> None:
        self.form = QFormLayout()
        self.form.setHorizontalSpacing(18)
        self.form.setVerticalSpacing(10)
        self.form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        self.form.addRow(tr("How"), self.how)
        self.form.addRow(tr("Gaze data"), self.gaze)
        self.form.addRow(tr("Student"), self.preset)
        self.form.addRow(tr("Start from"), self.start)
        align(self.learn.form, self.form)
        form = self.advanced.form
        self._help: dict[QWidget, QLabel] = {}
        for text, field, about in (
            (tr("Teacher"), self.teacher, tr("A larger model; it labels the data of the folder.")),
            (tr("Steps"), self.steps, tr("The duration is proportional to the number of steps.")),
            (tr("Learning rate"), self.rate, tr("Higher learns faster and forgets more.")),
            (tr("General images"), self.replay, tr("Trained on as well to reduce forgetting.")),
            (tr("Epochs"), self.epochs, tr("Passes over all crops in step 1.")),
            (tr("Teachers"), self.make, tr("Otherwise the two existing teachers below are used.")),
            (tr("Spatial teacher"), self.spatial, tr("Labels images, and frames as images.")),
            (tr("Temporal teacher"), self.temporal, tr("Labels video; it uses motion.")),
        ):
            form.addRow(text, field)
            self._help[field] = hint(about)
            form.addRow("", self._help[field])
        self.advanced.finish()
        buttons = QHBoxLayout()
        buttons.addWidget(self.problem, 1)
        buttons.addWidget(self.go)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(14)
        layout.addWidget(title)
        layout.addWidget(self.learn)
        layout.addLayout(self.form)
        layout.addWidget(self.advanced)
        layout.addStretch()
        layout.addLayout(buttons)

    @property
    def quick(self) -> bool:
        """Whether fine-tuning is chosen."""
        return bool(self.how.currentData() == QUICK)

    def show_models(self, cards: list[Card], current: str, teacher: str) -> None:
        """Lists the models; see `AdaptForm.show_models`."""
        self._sides = {card.name: card.input_size[0] for card in cards}
        self.teacher.fill(cards, "teacher")
        self.teacher.choose(teacher)
        for choice, name in (
            (self.spatial, "teacher-spatial"),
            (self.temporal, "teacher-temporal"),
        ):
            chosen = choice.value or name
            choice.fill(cards, "teacher")
            choice.choose(chosen)
        self.start.fill(cards, "student", (tr("None: random weights"), ""))
        self.start.choose(current)
        self._update()

    def request(self) -> RunRequest:
        """The run that is chosen."""
        folder, start = self.learn.path, self.start.value
        place = str(Path(folder).expanduser().absolute()) if folder else ""
        arguments = ["--pool", place] if folder else []
        if self.quick:
            if self.learn.layout_name:
                arguments = ["--set", f"{self.learn.layout_name}={place}"]
            arguments += ["--quick", "--start", start, "--steps", str(self.steps.value())]
            arguments += ["--rate", f"{self.rate.value():g}"]
            if self.teacher.value:
                arguments += ["--teacher", self.teacher.value]
            if self.replay.path:
                arguments += ["--replay", self.replay.path]
        else:
            arguments += ["--data", self.gaze.path, "--preset", str(self.preset.currentData())]
            arguments += ["--epochs", str(self.epochs.value())]
            if not self.make.isChecked():
                arguments += ["--spatial", self.spatial.value, "--temporal", self.temporal.value]
            if start:
                arguments += ["--start", start]
        title = Path(folder).name or tr("gaze data")
        return RunRequest("distill", title, arguments, self.advanced.background.isChecked())

    def _update(self, _: object = None) -> None:
        quick = self.quick
        self.form.setRowVisible(self.gaze, not quick)
        self.form.setRowVisible(self.preset, not quick)
        for field, shown in (
            (self.teacher, quick),
            (self.steps, quick),
            (self.rate, quick),
            (self.replay, quick),
            (self.epochs, not quick),
            (self.make, not quick),
            (self.spatial, not quick and not self.make.isChecked()),
            (self.temporal, not quick and not self.make.isChecked()),
        ):
            self.advanced.form.setRowVisible(field, shown)
            self.advanced.form.setRowVisible(self._help[field], shown)
        if self.learn.survey is not None:
            steps = self.steps.value() if quick else None
            self.learn.facts.setText(summarize_folder(self.learn.survey, self._side(), steps))
        if not quick:
            self.gaze.inspect()
            if self.gaze.survey is not None:
                self.gaze.facts.setText(
                    summarize_gaze(
                        self.gaze.survey,
                        self.learn.survey,
                        self._side(),
                        self.epochs.value(),
                        teachers=self.make.isChecked(),
                    )
                )
        problem = self._problem()
        self.problem.setText(problem)
        self.go.setEnabled(not problem)

    def _problem(self) -> str:
        if self.quick:
            found = self.learn.survey
            if self.learn.failed:
                return tr("Nothing can be learned from this folder.")
            if found is None:
                return tr("Choose a folder to learn from.") if not self.learn.path else ""
            if not found.videos + found.pictures:
                return tr("There is nothing to learn from in this folder.")
            if not self.learn.layout_name and found.videos + found.pictures < MIN_FILES:
                return tr("At least {count} videos or images are needed.").format(count=MIN_FILES)
            if not self.start.value:
                return tr("Fine-tuning starts from a student: choose one.")
            if found.room and found.room < found.disk(self._side()):
                return tr("There is not enough room on the disk.")
            return ""
        if self.learn.layout_name:
            # Its folder holds maps as images, which a teacher must not label.
            return tr("Choose fine-tuning to learn from the gaze of a published data set.")
        if self.learn.failed:
            return tr("Nothing can be learned from this folder.")
        gaze = self.gaze.survey
        if gaze is not None and gaze.room and gaze.room < gaze.disk(self.learn.survey):
            return tr("There is not enough room on the disk.")
        return self.gaze.problem

    def _side(self) -> int:
        name = self.start.value if self.quick else str(self.preset.currentData())
        return self._sides.get(name, 64)
