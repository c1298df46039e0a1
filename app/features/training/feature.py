"""Training from the window: declares the actions and wires runs, dialogs and the live view."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from app.features.training.adapt_form import AdaptSetup
from app.features.training.distill_form import DistillSetup
from app.features.training.model_history import ModelHistory
from app.features.training.model_library import ModelLibrary
from app.features.training.orphaned_runs import OrphanedRuns
from app.features.training.run import (
    RunRequest,
    RunResult,
    TrainingRun,
    discard_quietly,
    new_folder,
)
from app.features.training.run_dialog import RunDialog
from app.features.training.run_status_button import RunStatusButton
from app.features.training.scene_capture import SceneCapture
from app.features.training.settings import TrainingSettings
from app.features.training.training_data import (
    TrainingDataChoice,
    delete_recording,
    sweep_recordings,
)
from app.shell.actions import Menu, action
from app.shell.feature import Feature
from app.shell.quit_guard import QuitPrompt
from app.ui.i18n import tr
from uvanet.errors import UvanetError
from uvanet.sources.base import SourceKind

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.shell.context import FeatureContext

_STATUS_RANK, _BUTTON_RANK = 80, 20


class Training(Feature):
    """One run at a time, in a process of its own."""

    def __init__(self, context: FeatureContext) -> None:
        super().__init__(context)
        session = context.session
        self._settings = context.settings.section(TrainingSettings)
        self.run: TrainingRun | None = None
        self._dialogs: dict[str, RunDialog] = {}
        self._outcome: RunResult | None = None
        self._learning: TrainingDataChoice | None = None
        self.swap = ModelHistory(session, context.messages, self)
        self.swap.changed.connect(self._on_swapped)
        self.status = RunStatusButton()
        self.status.clicked.connect(self.show_run)
        context.slots.add_status(self.status, _STATUS_RANK)
        context.slots.add_button(context.actions["adapt_scene"], _BUTTON_RANK)
        session.switched.connect(self._on_switched)
        session.opened.connect(lambda _: self._update_adapt())
        self.left = OrphanedRuns(self)
        self.shelf = ModelLibrary(self)
        self.scene = SceneCapture(self)

    def unfinished(self) -> QuitPrompt | None:
        """A run that goes on."""
        if not self.busy:
            return None
        return QuitPrompt(
            tr("A student is being trained."),
            tr(
                "Training can continue in the background; its result is shown at the next start. "
                "Stopped training keeps its best student if that is better than before."
            ),
            lambda: self.order("stop"),
            can_continue=True,
        )

    # -- actions

    @action("Adapt to this scene…", Menu.TRAIN, "Shift+A", icon="adapt")
    def adapt_scene(self) -> None:
        """Opens the dialog of one button."""
        self._open("adapt")

    @action("Train a student…", Menu.TRAIN, "Ctrl+T", icon="train")
    def train(self) -> None:
        """Opens the dialog of training on a folder."""
        self._open("distill")

    @action("Models and runs…", Menu.TRAIN, "Ctrl+Shift+T", icon="models", group=1)
    def training_runs(self) -> None:
        """Opens the lists of models and runs."""
        self.shelf.present()

    @action("Undo model change", Menu.TRAIN, "Ctrl+Z", icon="undo", group=1)
    def undo_model(self) -> None:
        """Goes back to the model before."""
        self.swap.undo()

    # -- state

    @property
    def busy(self) -> bool:
        """Whether a run goes on."""
        return self.run is not None and self.run.active

    def dialog(self, kind: str) -> RunDialog:
        """The window of "adapt" or "distill" runs; made when first asked for."""
        if kind not in self._dialogs:
            setup: AdaptSetup | DistillSetup
            if kind == "adapt":
                setup = AdaptSetup()
                setup.accepted.connect(self._start_adapt)
                setup.steps.setValue(self._settings.steps)
                known = self._settings.data or os.environ.get("UVANET_DATA", "")
                setup.data.set_path(known)
                setup.teacher.currentIndexChanged.connect(lambda _: self._update_adapt())
                title = tr("Adapt to this scene")
            else:
                setup = DistillSetup()
                setup.accepted.connect(self._start_distill)
                self._learning = TrainingDataChoice(self.context, setup.learn, setup.gaze)
                title = tr("Train a student")
            setup.replay.set_path(self._settings.replay)
            setup.advanced.background.setChecked(self._settings.background)
            dialog = RunDialog(setup, title, self.context.slots.window)
            dialog.ordered.connect(self.order)
            dialog.ending.use.connect(self._use_outcome)
            dialog.ending.undo.connect(self.undo_model)
            dialog.show_setup()
            self._dialogs[kind] = dialog
        return self._dialogs[kind]

    def show_run(self) -> None:
        """Opens the window of the run that goes on."""
        if self.scene.active:
            present(self.dialog("adapt"))
        elif self.run is not None:
            present(self.dialog(self.run.request.kind))

    def _open(self, kind: str) -> None:
        dialog = self.dialog(kind)
        idle = not self.busy and not self.scene.active
        if idle and (dialog.pages.currentWidget() is not dialog.ending or self._outcome is None):
            dialog.show_setup()
        cards = self.shelf.cards()
        setup = dialog.setup
        assert isinstance(setup, AdaptSetup | DistillSetup)
        setup.show_models(cards, self.swap.current, self._settings.teacher)
        self._update_adapt()
        present(dialog)

    def _update_adapt(self) -> None:
        dialog = self._dialogs.get("adapt")
        if dialog is None or not isinstance(dialog.setup, AdaptSetup):
            return
        info, problem = self.context.session.info, ""
        if info is None:
            problem = tr("There is no scene: choose a source first.")
        elif info.kind is SourceKind.PICTURE:
            problem = tr("A still picture has no later frames; choose a camera or a video.")
        elif not dialog.setup.teacher.value:
            problem = tr("No teacher is installed: choose its file under Advanced.")
        dialog.setup.show_source(info, problem)

    # -- starting

    def _start_adapt(self) -> None:
        setup, info = self.dialog("adapt").setup, self.context.session.info
        assert isinstance(setup, AdaptSetup)
        if info is None or self.refuse_second():
            return
        words = ["--seconds", f"{setup.seconds:g}", "--start", setup.start.value or "uvanet-64"]
        words += ["--teacher", setup.teacher.value] if setup.teacher.value else []
        words += ["--replay", setup.replay.path] if setup.replay.path else []
        words += ["--steps", str(setup.steps.value())]
        self._settings.steps = setup.steps.value()
        words += ["--data", setup.data.path] if setup.data.path else []
        self._settings.data = setup.data.path
        background = self._remember(setup)
        if not info.live:
            source = info.spec
            if info.kind in (SourceKind.VIDEO, SourceKind.FOLDER):
                source = str(Path(source).absolute())
            packet = self.context.presenter.packet
            if packet is not None:
                # What is learned is the scene that is seen, not the film's beginning.
                words += ["--begin", f"{packet.frame.pts:.3f}"]
            self.start(RunRequest("adapt", info.title, [source, *words], background))
            return
        try:
            request = RunRequest("adapt", info.title, words, background)
            self.scene.record(request, setup.seconds, keep=setup.keep.isChecked())
        except UvanetError as error:
            self.say(error)

    def _start_distill(self) -> None:
        setup = self.dialog("distill").setup
        assert isinstance(setup, DistillSetup)
        if self.refuse_second():
            return
        self._remember(setup)
        if setup.learn.keep.isChecked() and self._learning is not None:
            self._learning.keep()
        self.start(setup.request())

    def _remember(self, setup: AdaptSetup | DistillSetup) -> bool:
        """Keeps the choices that are the same next time; gives whether to run behind the rest."""
        settings = self._settings
        settings.teacher = setup.teacher.value
        settings.replay = setup.replay.path
        settings.background = setup.advanced.background.isChecked()
        return settings.background

    def refuse_second(self) -> bool:
        """Says so, and gives True, where something trains already."""
        if not self.busy and not self.scene.active:
            return False
        self.context.messages.notify(
            "info", tr("A training goes on already."), tr("Wait for its end, or stop it.")
        )
        return True

    def start(self, request: RunRequest, folder: Path | None = None) -> None:
        """Starts a run, in a new folder where none is given."""
        try:
            run = TrainingRun(folder or new_folder(), request, self)
            run.start()
        except UvanetError as error:
            self.show_failure(error, request.kind)
            return
        self.follow(run)

    def follow(self, run: TrainingRun) -> None:
        """Shows a run that goes on."""
        self.run, self._outcome = run, None
        self.dialog(run.request.kind).follow(run)
        run.told.connect(lambda _: self.status.show_run(run))
        run.ended.connect(lambda outcome: self.on_ended(run, outcome))
        self.status.show_run(run)

    # -- going on and ending

    def order(self, word: str) -> None:
        """Tells the run to "pause", "resume" or "stop"."""
        if self.scene.active and word == "stop":
            self.scene.cancel()
            self.dialog("adapt").show_setup()
        elif self.run is not None:
            self.run.order(word)
            self.status.show_run(self.run if self.busy else None)

    def on_ended(self, run: TrainingRun, outcome: RunResult, *, now: bool = True) -> None:
        """Shows how a run ended, puts a better student in, and clears what is not needed.

        Args:
            run: The run.
            outcome: How.
            now: False for a run that ended while the window was away: its scene is another one
                by now, so that nothing is put in.
        """
        self.run, self._outcome = None, outcome
        self.status.show_run(None)
        swap = now and bool(outcome.model) and run.request.kind == "adapt"
        if swap:
            self.swap.use(outcome.model)
        dialog = self.dialog(run.request.kind)
        dialog.show_outcome(outcome, swapped=swap, log=run.log_text())
        if outcome.state == "failed":
            self.context.messages.notify("error", outcome.message, outcome.hint, topic="training")
        elif not swap:
            self.context.messages.notify("done", self._words(run, outcome))
        # Hours of both steps can go on after a stop; a quick run ends with it.
        long = run.request.kind == "distill" and "--quick" not in run.request.arguments
        resumable = outcome.state == "failed" or (outcome.state == "stopped" and long)
        if not resumable:
            # The model is among the user's own; the folder holds nothing else of use.
            discard_quietly(run.folder)
            delete_recording(run.request.arguments)
        self.shelf.update()

    def _words(self, run: TrainingRun, outcome: RunResult) -> str:
        if outcome.model:
            words = tr("{title}: the new student is among your models.")
        elif outcome.report:
            words = tr("{title}: no better than before; the new weights are not used.")
        else:
            words = tr("{title}: the training was stopped.")
        return words.format(title=run.request.title)

    def show_failure(self, error: UvanetError, kind: str = "adapt") -> None:
        """Shows why a run could not start."""
        self.status.show_run(None)
        self.dialog(kind).show_outcome(
            RunResult("failed", message=error.message, hint=error.hint), swapped=False
        )
        self.say(error)

    def say(self, error: UvanetError) -> None:
        """Says an error over the picture."""
        self.context.messages.notify("error", error.message, error.hint, topic="training")

    def _use_outcome(self) -> None:
        if self._outcome is not None and self._outcome.model:
            self.swap.use(self._outcome.model)

    def _on_swapped(self) -> None:
        self.shelf.update()
        if self._outcome is not None and self._outcome.model:
            used = self.context.session.student.name == self._outcome.model
            for dialog in self._dialogs.values():
                dialog.ending.show_swapped(used and self.swap.possible, usable=True)

    def _on_switched(self) -> None:
        if self.scene.active:
            self.scene.cancel()
            self.dialog("adapt").show_setup()
            self.context.messages.notify("info", tr("The source changed, so nothing was learned."))
        if self._learning is not None:
            self._learning.source_changed()

    # -- the window's

    def close(self, timeout: float) -> bool:
        """Lets a run go on; a recording is deleted."""
        if self.run is not None:
            self.run.detach()
        self.scene.cancel(timeout)
        if self._learning is not None:
            self._learning.end(timeout)
            sweep_recordings(closing=True)
        for dialog in self._dialogs.values():
            dialog.torch.close_installer()
            dialog.view.show_graphs(False)
        return True


def present(dialog: QWidget) -> None:
    """Shows a window, in front of the others."""
    dialog.show()
    dialog.raise_()
    dialog.activateWindow()
