"""Models: which network runs live, which one stands beside it, and what each costs here."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from app.features.models.dialog import ModelsDialog
from app.features.models.model_info import ModelInfo, list_model_info, measure, try_model
from app.features.models.onnx_dialog import OnnxModelDialog
from app.session.models import engines
from app.shell.actions import ActionSpec, Menu
from app.shell.feature import Feature
from app.ui.file_dialogs import ask_model
from app.ui.i18n import tr

if TYPE_CHECKING:
    from app.features.compare import Compare
    from app.shell.main_window import MainWindow
from app.features.models.model_info import ModelPreview

_MOST_FILES = 12


class Models(Feature):
    """The one place where models are picked."""

    ACTIONS: ClassVar[tuple[ActionSpec, ...]] = (
        ActionSpec("choose_models", "Models…", Menu.COMPARE, ("M",), "model", group=2),
        ActionSpec(
            "open_model", "Use an ONNX file as teacher…", Menu.COMPARE, ("Shift+M",), group=2
        ),
    )

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._dialog: ModelsDialog | None = None
        self.trial: OnnxModelDialog | None = None
        self._measuring = False
        self._waiting: list[str] = []  # models to be measured
        window.controller.model_changed.connect(self._on_model)
        window.controller.model_failed.connect(lambda _: self._mark())

    # -- actions

    def choose_models(self) -> None:
        """Shows the models with what is known of each."""
        if self._dialog is None:
            self._dialog = ModelsDialog(engines(), self.window.controller.engine, self.window)
            self._dialog.engine_chosen.connect(self._use_engine)
            self._dialog.student_chosen.connect(self.window.controller.use_model)
            self._dialog.teacher_chosen.connect(self._use_teacher)
            self._dialog.measure_wanted.connect(self._measure)
            self._dialog.file_wanted.connect(self.open_model)
        self._refresh()
        self._dialog.show()
        self._dialog.raise_()
        self._dialog.activateWindow()

    def open_model(self) -> None:
        """Asks for an ONNX file and what it wants, and tries it before it is used."""
        ask_model(self.window, self.window.settings.folder, self.try_file)

    # -- models

    def try_file(self, path: str) -> None:
        """Opens the dialog that tries a file on the picture that is shown."""
        dialog = self.trial = OnnxModelDialog(path, self.window)
        dialog.tried.connect(self._try)
        dialog.accepted_model.connect(self._accept)
        dialog.finished.connect(dialog.deleteLater)
        dialog.finished.connect(self._forget_trial)
        dialog.open()
        dialog.start()

    def _forget_trial(self) -> None:
        self.trial = None

    def _try(self, name: str) -> None:
        packet = self.window.display.packet
        image = packet.frame.image if packet is not None else None

        def done(trial: ModelPreview) -> None:
            if self.trial is not None:
                self.trial.show_map(name, trial.saliency, trial.milliseconds, image)

        def failed(error: Exception) -> None:
            if self.trial is not None:
                self.trial.show_error(name, error)

        self.window.jobs.run(lambda: try_model(name, image), done, failed, name="trial")

    def _accept(self, name: str) -> None:
        self._remember(name)
        self._use_teacher(name)

    def _use_engine(self, engine: str) -> None:
        """Lets both networks be run by another engine."""
        self.window.settings.model_engine = self.window.controller.engine = engine
        self.window.controller.use_model(self.window.controller.model)
        if self._compare.teacher:
            self._compare.use_teacher(self._compare.teacher)

    def _use_teacher(self, name: str) -> None:
        self._compare.use_teacher(name)

    @property
    def _compare(self) -> Compare:
        from app.features.compare import Compare

        return next(one for one in self.window.features if isinstance(one, Compare))

    def _on_model(self, name: str) -> None:
        self.window.settings.model = name
        if ".onnx" in name.lower():
            self._remember(name)
        self._mark()

    def _remember(self, name: str) -> None:
        """Keeps a file in the list of models, at its head, for the next time."""
        settings = self.window.settings
        if name not in settings.model_files:
            settings.model_files = [name, *settings.model_files][:_MOST_FILES]
            if self._dialog is not None:
                self._refresh()

    def _mark(self) -> None:
        if self._dialog is not None:
            self._dialog.set_chosen(self.window.controller.model, self._compare.chosen)

    def _refresh(self) -> None:
        """Lists the models anew; hashes nothing, so it is quick, but it reads files."""
        dialog = self._dialog
        assert dialog is not None
        own = list(self.window.settings.model_files)
        if self.window.controller.model not in own and self.window.controller.model:
            own.append(self.window.controller.model)

        def done(facts: list[ModelInfo]) -> None:
            dialog.show_models(facts)
            dialog.set_chosen(self.window.controller.model, self._compare.chosen)

        self.window.jobs.run(lambda: list_model_info(own), done, self._failed, name="models")

    def _measure(self, names: list[str]) -> None:
        """Measures one model after the other, in the background; none ends that."""
        self._waiting = names
        if names and not self._measuring:
            self._measure_next()

    def _measure_next(self) -> None:
        dialog = self._dialog
        if dialog is None or not self._waiting or not dialog.isVisible():
            self._measuring, self._waiting = False, []
            if dialog is not None:
                dialog.set_measuring(False)
            return
        self._measuring = True
        dialog.set_measuring(True)
        name = self._waiting.pop(0)
        dialog.show_measuring(name)

        def done(milliseconds: float) -> None:
            dialog.show_latency(name, tr("{time:.1f} ms").format(time=milliseconds))
            self._measure_next()

        def failed(error: Exception) -> None:
            dialog.show_latency(name, tr("fails"), str(error))
            self._measure_next()

        engine = self.window.controller.engine
        self.window.jobs.run(lambda: measure(name, engine), done, failed, name="measure")

    def _failed(self, error: Exception) -> None:
        raise error
