"""Models: choice of student, teacher and engine, and measurement of their speed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.features.models.model_info import (
    ModelInfo,
    ModelPreview,
    list_model_info,
    try_model,
)
from app.features.models.removal import delete_model, remove_file
from app.session.models import AUTOMATIC, engines, if_available, short_name
from app.session.settings import Engine, SessionSettings
from app.session.step_times import machine_key, measure_step, remember, speed_key
from app.shell.actions import Menu, MenuActions
from app.shell.context import Fact
from app.shell.feature import Feature, Preference
from app.shell.model_use import use_model
from app.ui.build import button, plain_tip, present
from app.ui.file_dialogs import ask_model
from app.ui.i18n import tr
from uvanet.registry import is_available

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.features.models.dialog import ModelsDialog
    from app.features.models.model_table import Speed
    from app.shell.context import FeatureContext
    from app.shell.project import Project
    from uvanet.errors import UvanetError

action = MenuActions(Menu.MODELS)

_MAX_FILES = 12
_SUFFIXES = (".onnx", ".safetensors")
_TOPIC = "model"
_MEASURE_SECONDS = 1.0


class Models(Feature):
    """Chooses student, teacher and engine.

    Attributes:
        dialog: The list of models; None before it is opened.
    """

    def __init__(self, context: FeatureContext) -> None:
        super().__init__(context)
        self._settings = context.settings.section(SessionSettings)
        self.dialog: ModelsDialog | None = None
        self._listing = 0  # number of the newest request for the list
        self._measuring = False
        self._to_measure: list[str] = []
        session = context.session
        session.student.requested.connect(lambda _: self._mark())
        session.student.changed.connect(self._on_model)
        session.student.choice_made.connect(lambda _: self._mark())
        session.automatic.changed.connect(self._show_automatic)
        session.student.failed.connect(self._on_failed)
        session.student.inference_failed.connect(self._on_failed)
        session.student.waiting.connect(self._on_waiting)
        session.teacher.changed.connect(self._mark)

    def open_drop(self, path: str) -> bool:
        """Uses a dropped model with a card as student; opens the page to try one without a card."""
        if not path.lower().endswith(_SUFFIXES):
            return False
        model = Path(path)
        if model.suffix.lower() == ".safetensors":
            model = model.with_suffix(".onnx")
        if not model.is_file():
            self.context.messages.notify(
                "error",
                tr("{file} is not in the folder of {dropped}.").format(
                    file=model.name, dropped=Path(path).name
                ),
                tr("Drop an .onnx file; .safetensors files are for training."),
            )
        elif model.with_suffix(".json").is_file():
            use_model(self.context, str(model))
        else:
            self.try_file(str(model))
        return True

    def save_to_project(self, project: Project) -> None:
        """Writes the choice of the student, and the teacher of the comparison."""
        session = self.context.session
        project.model, project.teacher = session.student.choice, session.teacher.running

    def open_project(self, project: Project) -> None:
        """Uses the models of a project; tells the user which of them is not installed."""
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
        if teacher := if_available(project.teacher):
            session.teacher.use(teacher)

    def facts(self) -> list[Fact]:
        """The name of the student."""
        return [Fact(tr("Model"), short_name(self.context.session.student.name))]

    def preferences(self) -> list[Preference]:
        """A button that opens the list of models."""
        name = self.context.session.automatic.title
        widget = button(name, tr("Choose student and teacher"), self.choose_models)
        words = tr("automatic network accuracy speed processor CPU GPU")
        return [Preference(tr("Model"), tr("Student and teacher"), widget, words)]

    # -- actions

    @action(
        "Models…",
        "M",
        icon="model",
        words="network student teacher accuracy NSS AUC choose measure benchmark "
        "performance speed fps processor CPU GPU",
    )
    def choose_models(self) -> None:
        """Opens the list of models."""
        dialog = self._make_dialog()
        dialog.show_table()
        self._show_automatic()
        self._refresh()
        present(dialog)

    @action("Add an ONNX file…", "Shift+M", words="own network import")
    def open_model(self) -> None:
        """Asks for an ONNX file, tries it, and adds it to the list of models."""
        folder = self.context.folder
        ask_model(self._shown_window(), folder, self.try_file)

    def _make_dialog(self) -> ModelsDialog:
        from app.features.models.dialog import ModelsDialog

        if self.dialog is None:
            session = self.context.session
            dialog = ModelsDialog(engines(), session.student.engine, self.context.slots.window)
            dialog.engine_chosen.connect(self._use_engine)
            dialog.student_chosen.connect(self._use_student)
            dialog.teacher_chosen.connect(session.teacher.use)
            dialog.measure_wanted.connect(self._measure)
            dialog.delete_wanted.connect(self._delete)
            dialog.file_wanted.connect(self.open_model)
            dialog.onnx.tried.connect(self._try)
            dialog.onnx.student_chosen.connect(self._add_student)
            dialog.onnx.teacher_chosen.connect(self._add_teacher)
            self.dialog = dialog
        return self.dialog

    def _shown_window(self) -> QWidget:
        """The window that is the parent of questions."""
        if self.dialog is not None and self.dialog.isVisible():
            return self.dialog
        return self.context.slots.window

    # -- models

    def try_file(self, path: str) -> None:
        """Shows the page that tries a file on the current picture."""
        dialog = self._make_dialog()
        self._refresh()
        present(dialog)
        dialog.show_file(path)

    def _try(self, name: str) -> None:
        packet = self.context.presenter.packet
        image = packet.frame.image if packet is not None else None
        page = self._make_dialog().onnx

        def done(trial: ModelPreview) -> None:
            page.show_map(name, trial.saliency, trial.milliseconds, image)

        self.context.jobs.run(
            lambda: try_model(name, image),
            done,
            lambda error: page.show_error(name, error),
            name="trial",
        )

    def _add_student(self, name: str) -> None:
        self._remember(name)
        self._use_student(name)
        self._make_dialog().show_table()
        self._refresh()

    def _add_teacher(self, name: str) -> None:
        self._remember(name)
        self.context.session.teacher.use(name)
        self._make_dialog().show_table()
        self._refresh()

    def _use_student(self, name: str) -> None:
        use_model(self.context, name, self._shown_window())

    def _delete(self, model: ModelInfo) -> None:
        if model.listed:
            remove_file(self.context, self._settings, model, self._refresh_shown)
        else:
            delete_model(self.context, model, self._refresh_shown)

    def _use_engine(self, engine: Engine) -> None:
        self._settings.engine = engine
        self.context.session.use_engine(engine)
        self._refresh_shown()  # each engine has its own times

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
        """Adds a file at the head of the list of files, unless it is listed."""
        settings = self._settings
        if name not in settings.model_files:
            settings.model_files = [name, *settings.model_files][:_MAX_FILES]

    def _mark(self, note: str = "") -> None:
        """Marks the models in use; refreshes the list if one of them is not listed."""
        session = self.context.session
        if self.dialog is not None:
            student = session.student
            if student.loading and not note:
                note = tr("Loading {name} …").format(name=short_name(student.loading))
            self.dialog.show_note(note)
            known = self.dialog.set_chosen(
                student.choice, student.name, session.teacher.name, student.loading
            )
            if not known:
                self._refresh()

    def _show_automatic(self) -> None:
        if self.dialog is not None:
            self.dialog.show_automatic(self.context.session.automatic.reason)

    def _refresh_shown(self) -> None:
        if self.dialog is not None:
            self._refresh()

    def _refresh(self) -> None:
        """Lists the models; reads their cards on a worker thread."""
        dialog, session = self.dialog, self.context.session
        assert dialog is not None
        student, teacher = session.student, session.teacher
        self._listing += 1
        request, engine, threads = self._listing, student.engine, student.threads
        names = dict.fromkeys([*self._settings.model_files, student.name, teacher.name])

        def work() -> tuple[list[ModelInfo], str]:
            return list_model_info(names), machine_key(engine, threads)

        def done(result: tuple[list[ModelInfo], str]) -> None:
            models, machine = result
            if request == self._listing:
                known = self._settings.step_times.get(machine, {})
                times = {model.name: known[model.key] for model in models if model.key in known}
                dialog.set_chosen(student.choice, student.name, teacher.name, student.loading)
                dialog.show_models(models, times)

        self.context.run(work, done, name="models")

    def _measure(self, names: list[str]) -> None:
        """Measures models one after the other in the background; an empty list stops it."""
        self._to_measure = names
        if names and not self._measuring:
            self._measure_next()

    def _measure_next(self) -> None:
        from app.features.models.model_table import Speed

        dialog, student = self.dialog, self.context.session.student
        assert dialog is not None
        if not dialog.isVisible():
            self._to_measure = []
        self._measuring = bool(self._to_measure)
        dialog.set_measuring(self._measuring)
        if not self._to_measure:
            return
        name, engine, threads = self._to_measure.pop(0), student.engine, student.threads
        dialog.table.show_speed(name, Speed(text=tr("measuring …")))

        def work() -> tuple[str, str, float]:
            key, machine = speed_key(name), machine_key(engine, threads)
            return machine, key, measure_step(name, engine, threads, _MEASURE_SECONDS)

        def show(speed: Speed) -> None:
            if engine == student.engine:
                dialog.table.show_speed(name, speed)
            elif self._to_measure:
                self._to_measure.insert(0, name)  # measured on an engine that is not in use now
            self._measure_next()

        def done(measured: tuple[str, str, float]) -> None:
            machine, key, took = measured
            times = self._settings.step_times
            self._settings.step_times = remember(times, machine, {key: took})
            show(Speed(took))

        def failed(error: Exception) -> None:
            show(Speed(text=tr("fails"), tip=plain_tip(str(error))))

        self.context.jobs.run(work, done, failed, name="measure")
