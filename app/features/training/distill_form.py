"""The form of a training on a folder: data, recipe and model."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtWidgets import QDoubleSpinBox

from app.features.training.data_summary import no_room, summarize_folder, summarize_gaze
from app.features.training.form_parts import ModelChoice, align
from app.features.training.run_folders import RunRequest
from app.features.training.source_form import FolderForm, GazeForm
from app.features.training.training_form import TrainingForm
from app.ui.build import check_box, combo_box, form_layout, spin_box
from app.ui.i18n import tr
from uvanet.model_card import Card
from uvanet.paths import expand_user
from uvanet.training.data.frame_pairs import MIN_PAIRS, STEP1_EPOCHS

PRESETS = ("uvanet-64", "uvanet-32", "uvanet-128", "uvanet-256")
QUICK, COUPLED = "quick", "coupled"


class DistillForm(TrainingForm):
    """Asks for the training data, the recipe and its options."""

    def __init__(self) -> None:
        super().__init__(
            tr("Train"), tr("Starts the training in the background"), tr("None: random weights")
        )
        self.title.setText(tr("Train a student"))
        self._cards: dict[str, Card] = {}
        self.learn = FolderForm()
        self.recipe = combo_box(
            tr("Recipe"),
            tr("How the student is trained"),
            (
                (QUICK, tr("Fine-tuning: minutes, starts from a student")),
                (COUPLED, tr("Coupled distillation, both steps: hours, needs gaze data")),
            ),
        )
        self.gaze = GazeForm(os.environ.get("UVANET_DATA", ""))
        self.preset = combo_box(
            tr("Student"),
            tr("The number is the input size in pixels"),
            [(name, name) for name in PRESETS],
        )
        self.train_teachers = check_box(
            tr("Train both on the gaze data first"),
            tr("Trains both teachers before the student, which takes longer"),
        )
        self.train_teachers.setAccessibleName(tr("Train both teachers on the gaze data first"))
        self.spatial = ModelChoice(tr("Spatial teacher"), tr("Labels single images"), files=True)
        self.temporal = ModelChoice(tr("Temporal teacher"), tr("Labels video"), files=True)
        self.steps = spin_box(
            tr("Steps"), tr("Number of training batches of a fine-tuning"), 20, 1_000_000, 1200
        )
        self.epochs = spin_box(
            tr("Epochs"),
            tr("Passes over the images with gaze in step 1 of the distillation"),
            1,
            100_000,
            STEP1_EPOCHS,
        )
        self.rate = QDoubleSpinBox()
        self.rate.setDecimals(5)
        self.rate.setRange(0.00001, 0.1)
        self.rate.setSingleStep(0.0005)
        self.rate.setValue(0.0015)
        self.rate.setAccessibleName(tr("Learning rate"))
        self.rate.setToolTip(tr("Peak learning rate of a fine-tuning"))
        self._add_fields()
        for signal in (
            self.learn.changed,
            self.gaze.changed,
            self.recipe.currentIndexChanged,
            self.preset.currentIndexChanged,
            self.start.currentIndexChanged,
            self.train_teachers.toggled,
            self.teacher.currentIndexChanged,
            self.spatial.currentIndexChanged,
            self.temporal.currentIndexChanged,
            self.replay.changed,
            self.steps.valueChanged,
            self.epochs.valueChanged,
        ):
            signal.connect(self._update)
        self._update()

    def _add_fields(self) -> None:
        self.form = form_layout()
        self.form.addRow(tr("Recipe"), self.recipe)
        self.form.addRow(tr("Gaze data"), self.gaze)
        self.form.addRow(tr("Student"), self.preset)
        self.form.addRow(tr("Start from"), self.start)
        align(self.learn.form, self.form)
        for text, field, about in (
            (tr("Teacher"), self.teacher, tr("A larger model; it labels the data of the folder.")),
            (tr("Steps"), self.steps, tr("The duration is proportional to the number of steps.")),
            (tr("Learning rate"), self.rate, tr("Higher learns faster and forgets more.")),
            (tr("General images"), self.replay, tr("Trained on as well to reduce forgetting.")),
            (tr("Epochs"), self.epochs, tr("Passes over the images with gaze in step 1.")),
            (
                tr("Teachers"),
                self.train_teachers,
                tr("Otherwise the two teachers below are used."),
            ),
            (tr("Spatial teacher"), self.spatial, tr("Labels images, and frames as images.")),
            (tr("Temporal teacher"), self.temporal, tr("Labels video; it uses motion.")),
        ):
            self.advanced.add(text, field, about)
        self._arrange(self.learn, self.form)

    @property
    def quick(self) -> bool:
        """Whether fine-tuning is chosen."""
        return bool(self.recipe.currentData() == QUICK)

    def show_models(self, cards: list[Card], current: str, teacher: str) -> None:
        """See `TrainingForm.show_models`."""
        super().show_models(cards, current, teacher)
        self._cards = {card.name: card for card in cards}
        for choice, default in (
            (self.spatial, "teacher-spatial"),
            (self.temporal, "teacher-temporal"),
        ):
            chosen = choice.value or default
            choice.fill(cards, "teacher")
            choice.choose(chosen)
        self._update()

    def request(self) -> RunRequest:
        """Returns the chosen run."""
        folder, start = self.learn.path, self.start.value
        path = str(expand_user(folder).absolute()) if folder else ""
        arguments = ["--pool", path] if folder else []
        if self.quick:
            if self.learn.layout_name:
                arguments = ["--set", f"{self.learn.layout_name}={path}"]
            arguments += ["--quick", "--start", start, "--steps", str(self.steps.value())]
            arguments += ["--rate", f"{self.rate.value():g}"]
            if self.teacher.value:
                arguments += ["--teacher", self.teacher.value]
            if self.replay.path:
                arguments += ["--replay", self.replay.path]
        else:
            arguments += ["--data", self.gaze.path, "--preset", str(self.preset.currentData())]
            arguments += ["--epochs", str(self.epochs.value())]
            if not self.train_teachers.isChecked():
                arguments += ["--spatial", self.spatial.value, "--temporal", self.temporal.value]
            if start:
                arguments += ["--start", start]
        title = Path(folder).name or tr("gaze data")
        return RunRequest("distill", title, arguments, self.background.isChecked())

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
            (self.train_teachers, not quick),
            (self.spatial, not quick and not self.train_teachers.isChecked()),
            (self.temporal, not quick and not self.train_teachers.isChecked()),
        ):
            self.advanced.set_shown(field, shown)
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
                        teachers=self.train_teachers.isChecked(),
                    )
                )
        self.show_problem(self._problem())

    def _problem(self) -> str:
        return self._fine_tuning_problem() if self.quick else self._coupled_problem()

    def _fine_tuning_problem(self) -> str:
        survey = self.learn.survey
        if self.learn.checking:
            return tr("Checking …")
        if self.learn.failed:
            return tr("Nothing can be learned from this folder.")
        if survey is None:
            return tr("Choose a folder to learn from.")
        if not survey.videos + survey.pictures:
            return tr("There is nothing to learn from in this folder.")
        if not survey.enough:
            return tr(
                "Too little to hold some of it out: a video of a few seconds or {count} images "
                "are needed."
            ).format(count=MIN_PAIRS)
        if not self.start.value:
            return tr("Fine-tuning starts from a student: choose one.")
        if not self.learn.layout_name and not self.teacher.value:
            return tr("No teacher is installed: choose its file under Advanced.")
        if problem := self.replay.problem:
            return problem
        if survey.room and survey.room < survey.disk(self._side()):
            return no_room(survey.disk(self._side()), survey.room)
        return ""

    def _coupled_problem(self) -> str:
        if self.learn.layout_name:
            # The folder of a data set holds saliency maps as images. No teacher may label them.
            return tr("Choose fine-tuning to learn from the gaze of a published data set.")
        if self.learn.failed:
            return tr("Nothing can be learned from this folder.")
        if problem := self.gaze.problem:
            return problem
        if self.learn.checking:
            return tr("Checking …")
        teachers = self.spatial.value and self.temporal.value
        if not teachers and not self.train_teachers.isChecked():
            return tr("No teacher is installed: choose its file under Advanced.")
        gaze = self.gaze.survey
        if gaze is not None and gaze.room and gaze.room < gaze.disk(self.learn.survey):
            return no_room(gaze.disk(self.learn.survey), gaze.room)
        return ""

    def _side(self) -> int:
        card = self._cards.get(self.start.value if self.quick else str(self.preset.currentData()))
        if card is None:
            return 64
        return (card.inference_size if self.quick else card.input_size)[0]
