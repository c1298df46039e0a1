"""Models: choice of student, teacher and engine, and measurement of latencies."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from app.features.models.model_info import (
    ModelInfo,
    ModelPreview,
    list_model_info,
    try_model,
)
from app.session.models import AUTOMATIC, engines, if_available, short_name
from app.session.settings import Engine, SessionSettings
from app.session.step_times import measure_steps
from app.shell.actions import Menu, action
from app.shell.context import Fact
from app.shell.feature import Feature, Preference
from app.shell.settings import WindowSettings
from app.ui.build import button, present
from app.ui.file_dialogs import ask_model
from app.ui.i18n import tr
from uvanet.registry import is_available

if TYPE_CHECKING:
    from app.features.models.dialog import ModelsDialog
    from app.features.models.onnx_dialog import OnnxModelDialog
    from app.shell.context import FeatureContext
    from app.shell.project import Project
    from uvanet.errors import UvanetError

_MAX_FILES = 12
_SUFFIXES = (".onnx", ".safetensors")
_TOPIC = "model"


class Models(Feature):
    """Chooses student, teacher and engine.

    Attributes:
        dialog: The list of models; None before it is opened.
        trial: The open dialog that tries an ONNX file; None where none is open.
    """

    def __init__(self, context: FeatureContext) -> None:
        super().__init__(context)
        self._settings = context.settings.section(SessionSettings)
        self.dialog: ModelsDialog | None = None
        self.trial: OnnxModelDialog | None = None
        self._listing = 0  # number of the newest request for the list
        self._measuring = False
        self._to_measure: list[str] = []
        session = context.session
        session.student.changed.connect(self._on_model)
        session.student.choice_made.connect(lambda _: self._mark())
        session.automatic.changed.connect(self._show_automatic)
        session.student.failed.connect(self._on_failed)
        session.student.inference_failed.connect(self._on_failed)
        session.student.waiting.connect(self._on_waiting)
        session.teacher.changed.connect(self._mark)

    def open_drop(self, path: str) -> bool:
        """Uses a dropped model with a card as student; tries one without a card as teacher."""
        if not path.lower().endswith(_SUFFIXES):
            return False
        model = Path(path).with_suffix(".onnx")
        if not model.is_file():
            self.context.messages.notify(
                "error",
                tr("{file} is not in the folder of {dropped}.").format(
                    file=model.name, dropped=Path(path).name
                ),
                tr("Drop an .onnx file; .safetensors files are for training."),
            )
        elif model.with_suffix(".json").is_file():
            self.context.session.student.use(str(model))
        else:
            self.try_file(str(model))
        return True

    def save_to_project(self, project: Project) -> None:
        """Writes the choice of student and teacher."""
        session = self.context.session
        project.model, project.teacher = session.student.choice, session.teacher.name

    def open_project(self, project: Project) -> None:
        """Uses the models of a project; one that is not installed is named."""
        session = self.context.session
        for name in (project.model, project.teacher):
            if name not in ("", AUTOMATIC) and not is_available(name):
                self.context.messages.notify(
                    "warning",
                    tr("The model {name} of the project is not installed.").format(name=name),
                    tr("The model in use stays."),
                )
        if project.model == AUTOMATIC or if_available(project.model):
            session.student.use(project.model)
        session.teacher.use(if_available(project.teacher))

    def facts(self) -> list[Fact]:
        """The name of the student."""
        return [Fact(tr("Model"), short_name(self.context.session.student.name))]

    def preferences(self) -> list[Preference]:
        """The model, in its own dialog."""
        name = self.context.session.automatic.title
        widget = button(name, tr("Choose student and teacher"), self.choose_models)
        return [Preference(tr("Model"), tr("Student and teacher"), widget)]

    # -- actions

    @action("Models…", Menu.MODELS, "M", icon="model")
    def choose_models(self) -> None:
        """Opens the list of models."""
        from app.features.models.dialog import ModelsDialog

        if self.dialog is None:
            session = self.context.session
            self.dialog = ModelsDialog(engines(), session.student.engine, self.context.slots.window)
            self.dialog.engine_chosen.connect(self._use_engine)
            self.dialog.student_chosen.connect(session.student.use)
            self.dialog.teacher_chosen.connect(session.teacher.use)
            self.dialog.measure_wanted.connect(self._measure)
            self.dialog.file_wanted.connect(self.open_model)
        self._show_automatic()
        self._refresh()
        present(self.dialog)

    @action("Use an ONNX file as teacher…", Menu.MODELS, "Shift+M")
    def open_model(self) -> None:
        """Asks for an ONNX file and opens the dialog that tries it."""
        folder = self.context.settings.section(WindowSettings).folder
        ask_model(self.context.slots.window, folder, self.try_file)

    # -- models

    def try_file(self, path: str) -> None:
        """Opens the dialog that tries a file on the current picture."""
        from app.features.models.onnx_dialog import OnnxModelDialog

        dialog = self.trial = OnnxModelDialog(path, self.context.slots.window)
        dialog.tried.connect(self._try)
        dialog.accepted_model.connect(self._accept)
        dialog.finished.connect(dialog.deleteLater)
        dialog.finished.connect(self._forget_trial)
        dialog.open()
        dialog.start()

    def _forget_trial(self) -> None:
        self.trial = None

    def _try(self, name: str) -> None:
        packet = self.context.presenter.packet
        image = packet.frame.image if packet is not None else None

        def done(trial: ModelPreview) -> None:
            if self.trial is not None:
                self.trial.show_map(name, trial.saliency, trial.milliseconds, image)

        def failed(error: Exception) -> None:
            if self.trial is not None:
                self.trial.show_error(name, error)

        self.context.jobs.run(lambda: try_model(name, image), done, failed, name="trial")

    def _accept(self, name: str) -> None:
        self._remember(name)
        self.context.session.teacher.use(name)

    def _use_engine(self, engine: Engine) -> None:
        self._settings.engine = engine
        self.context.session.use_engine(engine)
        if self.dialog is not None:
            self.dialog.clear_latencies()

    def _on_model(self, name: str) -> None:
        self.context.messages.dismiss_topic(_TOPIC)
        if ".onnx" in name.lower():
            self._remember(name)
        self._mark()

    def _on_waiting(self, name: str) -> None:
        text = tr("{name} is loaded and takes over with the next frame.")
        text = text.format(name=short_name(name))
        self.context.messages.notify("info", text, topic=_TOPIC)
        self._mark(text)

    def _on_failed(self, error: UvanetError) -> None:
        self.context.messages.notify("error", error.message, error.hint, topic=_TOPIC)
        self._mark()

    def _remember(self, name: str) -> None:
        """Puts a file at the head of the list of files."""
        settings = self._settings
        if name not in settings.model_files:
            settings.model_files = [name, *settings.model_files][:_MAX_FILES]

    def _mark(self, note: str = "") -> None:
        """Marks the models in use; lists the models again where one is not in the list."""
        session = self.context.session
        if self.dialog is not None:
            self.dialog.show_note(note)
            if not self.dialog.set_chosen(session.student.choice, session.teacher.name):
                self._refresh()

    def _show_automatic(self) -> None:
        if self.dialog is not None:
            automatic = self.context.session.automatic
            self.dialog.show_automatic(
                automatic.title if automatic.on else tr("Automatic"), automatic.reason
            )

    def _refresh(self) -> None:
        """Lists the models; reads their cards on a worker thread."""
        dialog, session = self.dialog, self.context.session
        assert dialog is not None
        self._listing += 1
        request = self._listing
        names = dict.fromkeys(
            [*self._settings.model_files, session.student.name, session.teacher.name]
        )

        def done(models: list[ModelInfo]) -> None:
            if request == self._listing:
                dialog.show_models(models)
                dialog.set_chosen(session.student.choice, session.teacher.name)

        self.context.jobs.run(
            lambda: list_model_info(names), done, self.context.show_error, name="models"
        )

    def _measure(self, names: list[str]) -> None:
        """Measures models one after the other in the background; an empty list stops that."""
        self._to_measure = names
        if names and not self._measuring:
            self._measure_next()

    def _measure_next(self) -> None:
        dialog, student = self.dialog, self.context.session.student
        assert dialog is not None
        if not dialog.isVisible():
            self._to_measure = []
        self._measuring = bool(self._to_measure)
        dialog.set_measuring(self._measuring)
        if not self._to_measure:
            return
        name, engine = self._to_measure.pop(0), student.engine
        dialog.show_latency(name, tr("measuring …"))

        def show(text: str, tip: str = "") -> None:
            if engine == student.engine:
                dialog.show_latency(name, text, tip)
            elif self._to_measure:
                self._to_measure.insert(0, name)  # the engine was changed meanwhile
            self._measure_next()

        self.context.jobs.run(
            lambda: measure_steps(name, engine, 1.0),
            lambda times: show(tr("{time:.1f} ms").format(time=median(times))),
            lambda error: show(tr("fails"), str(error)),
            name="measure",
        )
