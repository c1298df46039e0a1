"""Training on a folder: what to learn from, what to train, and how."""

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

from app.features.training.form_parts import Advanced, FolderLine, ModelChoice, align, hint, quiet
from app.features.training.run import RunRequest
from app.features.training.source_form import GazeFrom, LearnFrom
from app.ui.i18n import tr

if TYPE_CHECKING:
    from uvanet.model_card import Card
    from uvanet.training.data.inspect import Survey

PRESETS = ("uvanet-64", "uvanet-32", "uvanet-128")
QUICK, COUPLED = "quick", "coupled"


class DistillSetup(QWidget):
    """The choices.

    Signals:
        accepted: Start.
    """

    accepted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = QLabel(tr("Train a student"))
        title.setObjectName("verdict")
        self._sides: dict[str, int] = {}
        self.learn = LearnFrom()
        self.learn.changed.connect(self._update)
        self.how = QComboBox()
        self.how.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.how.setAccessibleName(tr("How"))
        self.how.setToolTip(tr("What is trained, and how long it takes"))
        self.how.addItem(tr("Quick fine-tune: minutes, from a student that is there"), QUICK)
        self.how.addItem(tr("Coupled distillation, both steps: hours, with gaze data"), COUPLED)
        self.how.currentIndexChanged.connect(self._update)
        self.gaze = GazeFrom(os.environ.get("UVANET_DATA", ""))
        self.gaze.changed.connect(self._update)
        self.preset = QComboBox()
        self.preset.setAccessibleName(tr("Student"))
        self.preset.setToolTip(tr("Its number is the side of the picture that it sees"))
        for name in PRESETS:
            self.preset.addItem(name, name)
        self.preset.currentIndexChanged.connect(self._update)
        self.start = ModelChoice(tr("Start from"), tr("The weights that the training begins with"))
        self.start.currentIndexChanged.connect(self._update)
        self.advanced = Advanced()
        self.teacher = ModelChoice(
            tr("Teacher"), tr("Says where people would look; the student learns it"), files=True
        )
        self.make = QCheckBox(tr("Make both from the gaze data first"))
        self.make.setAccessibleName(tr("Make both teachers from the gaze data first"))
        self.make.setToolTip(tr("Trains both teachers before the student; takes longer"))
        self.make.toggled.connect(self._update)
        self.spatial = ModelChoice(
            tr("Spatial teacher"), tr("Says where people would look in a picture"), files=True
        )
        self.temporal = ModelChoice(
            tr("Temporal teacher"), tr("Says where people would look in a video"), files=True
        )
        self.steps = QSpinBox()
        self.steps.setRange(20, 1_000_000)
        self.steps.setValue(1200)
        self.steps.setAccessibleName(tr("Steps"))
        self.steps.setToolTip(tr("Batches of a quick fine-tune"))
        self.steps.valueChanged.connect(self._update)
        self.epochs = QSpinBox()
        self.epochs.setRange(1, 1000)
        self.epochs.setValue(14)
        self.epochs.setAccessibleName(tr("Epochs"))
        self.epochs.setToolTip(tr("Passes over all views in the first step of the distillation"))
        self.epochs.valueChanged.connect(self._update)
        self.rate = QDoubleSpinBox()
        self.rate.setDecimals(5)
        self.rate.setRange(0.00001, 0.1)
        self.rate.setSingleStep(0.0005)
        self.rate.setValue(0.0015)
        self.rate.setAccessibleName(tr("Learning rate"))
        self.rate.setToolTip(tr("Largest learning rate of a quick fine-tune"))
        self.replay = FolderLine(
            tr("General pictures"),
            tr("Pictures to learn beside in a quick fine-tune, so that little is forgotten"),
        )
        self.problem = quiet("")
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
        for words, field, help_words in (
            (tr("Teacher"), self.teacher, tr("A larger network; it labels what is in the folder.")),
            (tr("Steps"), self.steps, tr("More learn more and take longer, in proportion.")),
            (tr("Learning rate"), self.rate, tr("Larger learns faster, and forgets more.")),
            (tr("General pictures"), self.replay, tr("Learned beside, so that less is forgotten.")),
            (tr("Epochs"), self.epochs, tr("Passes over all views of the first step.")),
            (tr("Teachers"), self.make, tr("Else the two below label; they are there already.")),
            (tr("Spatial teacher"), self.spatial, tr("Labels pictures, and frames as pictures.")),
            (tr("Temporal teacher"), self.temporal, tr("Labels video: sees what moves.")),
        ):
            form.addRow(words, field)
            self._help[field] = hint(help_words)
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
        """Whether a quick fine-tune is chosen."""
        return bool(self.how.currentData() == QUICK)

    def show_models(self, cards: list[Card], current: str, teacher: str) -> None:
        """Lists the models; see `AdaptSetup.show_models`."""
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
        """What was chosen."""
        folder, start = self.learn.path, self.start.value
        place = str(Path(folder).expanduser().absolute()) if folder else ""
        words = ["--pool", place] if folder else []
        if self.quick:
            if self.learn.layout_name:
                words = ["--set", f"{self.learn.layout_name}={place}"]
            words += ["--quick", "--start", start, "--steps", str(self.steps.value())]
            words += ["--rate", f"{self.rate.value():g}"]
            if self.teacher.value:
                words += ["--teacher", self.teacher.value]
            if self.replay.path:
                words += ["--replay", self.replay.path]
        else:
            words += ["--data", self.gaze.path, "--preset", str(self.preset.currentData())]
            words += ["--epochs", str(self.epochs.value())]
            if not self.make.isChecked():
                words += ["--spatial", self.spatial.value, "--temporal", self.temporal.value]
            if start:
                words += ["--start", start]
        title = Path(folder).name or tr("gaze data")
        return RunRequest("distill", title, words, self.advanced.background.isChecked())

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
            self.learn.facts.setText(self._facts(self.learn.survey))
        if not quick:
            self.gaze.look()
            self.gaze.facts.setText(self._gaze_facts())
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
            if not self.start.value:
                return tr("A quick fine-tune starts from a student: choose one.")
            if found.room and found.room < found.disk(self._side()):
                return tr("The disk has too little room.")
            return ""
        if self.learn.layout_name:
            # Its folder holds maps as pictures too, which are nothing to be labelled.
            return tr("The gaze of a published set is learned by a quick fine-tune.")
        if self.learn.failed:
            return tr("Nothing can be learned from this folder.")
        gaze = self.gaze.survey
        if gaze is not None and gaze.room and gaze.room < gaze.disk(self.learn.survey):
            return tr("The disk has too little room.")
        return self.gaze.problem

    def _side(self) -> int:
        name = self.start.value if self.quick else str(self.preset.currentData())
        return self._sides.get(name, 64)

    def _gaze_facts(self) -> str:
        gaze = self.gaze.survey
        if gaze is None:
            return ""
        more = self.learn.survey
        if self.make.isChecked():
            words = tr(
                "Pictures with gaze to learn from: {count}. First both teachers are made from "
                "them; then roughly {minutes:.0f} min on one core, and {size:.0f} MB of disk."
            )
        else:
            words = tr(
                "Pictures with gaze to learn from: {count}. Roughly {minutes:.0f} min on one core, "
                "and {size:.0f} MB of disk."
            )
        return words.format(
            count=gaze.pictures,
            minutes=max(1.0, gaze.run_seconds(more, self._side(), self.epochs.value()) / 60),
            size=gaze.disk(more) / 1e6,
        )

    def _facts(self, found: Survey) -> str:
        words = [
            tr(
                "Videos: {videos} ({minutes:.1f} min), pictures: {pictures}, frames: {frames}."
            ).format(
                videos=found.videos,
                minutes=found.seconds / 60,
                pictures=found.pictures,
                frames=found.frames,
            )
        ]
        if found.looked_at < found.pictures:
            words.append(tr("Of the pictures, {count} were opened.").format(count=found.looked_at))
        if found.cut:
            names = ", ".join(found.cut[:3]) + (" …" if len(found.cut) > 3 else "")
            words.append(
                tr("Broken off, and learned up to there ({count}): {names}.").format(
                    count=len(found.cut), names=names
                )
            )
        if found.broken:
            names = ", ".join(name for name, _ in found.broken[:3])
            more = " …" if len(found.broken) > 3 else ""
            words.append(
                tr("Cannot be read, and left out ({count}): {names}.").format(
                    count=len(found.broken), names=names + more
                )
            )
        if self.quick:
            side = self._side()
            words.append(
                tr("About {minutes:.0f} min and {size:.0f} MB of disk.").format(
                    minutes=max(1.0, found.run_seconds(side, self.steps.value()) / 60),
                    size=found.disk(side) / 1e6,
                )
            )
        return " ".join(words)
