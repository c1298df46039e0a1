"""Training in a child process: a student adapts to the scene, or is trained on a folder."""

from __future__ import annotations

import os
import time
from functools import partial
from typing import TYPE_CHECKING

from app.features.training.model_history import ModelHistory
from app.features.training.orphaned_runs import OrphanedRuns
from app.features.training.recordings import delete_unused_recordings
from app.features.training.run import RunResult
from app.features.training.run_controller import RunController
from app.features.training.run_list import RunList
from app.features.training.run_outcome import ERROR_TOPIC, RunOutcome
from app.features.training.run_status_button import RunStatusButton
from app.features.training.scene_capture import SceneCapture
from app.features.training.settings import TrainingSettings
from app.runtime.shutdown import run_bounded
from app.shell.actions import Menu, MenuActions
from app.shell.feature import Feature
from app.shell.quit_guard import QuitPrompt
from app.ui.build import present
from app.ui.i18n import tr
from uvanet.errors import UvanetError
from uvanet.registry import list_models
from uvanet.user_models import runs_folder

if TYPE_CHECKING:
    from pathlib import Path

    from app.features.training.run import RunCommand, TrainingRun
    from app.features.training.run_dialog import RunDialog
    from app.features.training.run_folders import RunRequest
    from app.features.training.training_data import TrainingDataChoice
    from app.features.training.training_form import TrainingForm
    from app.shell.context import FeatureContext

action = MenuActions(Menu.MODELS)

_STATUS_RANK, _BUTTON_RANK = 80, 20
_UNFINISHED_TOPIC = "unfinished runs"


class Training(Feature):
    """The actions, dialogs and messages of training."""

    def __init__(self, context: FeatureContext) -> None:
        super().__init__(context)
        session, jobs, window = context.session, context.jobs, context.slots.window
        self._settings = context.settings.section(TrainingSettings)
        self._dialogs: dict[str, RunDialog] = {}
        self._data: TrainingDataChoice | None = None
        self.controller = RunController(jobs, self)
        self.controller.started.connect(self._on_started)
        self.controller.progressed.connect(self._on_progressed)
        self.controller.ended.connect(self._on_ended)
        self.controller.found.connect(self._on_found)
        self.controller.failed.connect(self._on_failed)
        self.history = ModelHistory(context, self)
        self.outcome = RunOutcome(context, self.history, self.dialog, self)
        self.capture = SceneCapture(self.controller, context.presenter)
        self.capture.progress.connect(self._on_capture_progress)
        self.capture.failed.connect(lambda error: self._on_failed(error, "adapt"))
        self.runs = RunList(self.controller, jobs, window)
        self.runs.failed.connect(self._show_error)
        self.runs.resume.connect(self._resume)
        self.orphans = OrphanedRuns(self.controller, jobs)
        self.orphans.unfinished.connect(self._on_unfinished)
        self.status = RunStatusButton()
        self.status.clicked.connect(self.show_run)
        context.slots.add_status(self.status, _STATUS_RANK)
        context.slots.add_button(context.actions["adapt_scene"], _BUTTON_RANK)
        context.messages.acted.connect(self._on_acted)
        session.switched.connect(self._on_switched)
        session.opened.connect(lambda _: self._update_adapt_form())

    def unfinished(self) -> QuitPrompt | None:
        """The question to ask while a run, or the installation of torch, is active."""
        if self.controller.running:
            return QuitPrompt(
                tr("A student is being trained."),
                tr(
                    "Training can continue in the background; its result is shown at the next "
                    "start. Stopped training keeps its best student if that is better than before."
                ),
                lambda: self.send("stop"),
                can_continue=True,
            )
        if any(dialog.torch.installing for dialog in self._dialogs.values()):
            return QuitPrompt(
                tr("torch is being installed."),
                tr("Quitting cancels the installation, which may have to be repeated."),
                self._stop_installing,
            )
        return None

    def close(self, timeout: float) -> bool:
        """Detaches from an active run, which continues, and deletes recordings that no run uses."""
        deadline = time.monotonic() + timeout

        def left() -> float:
            return max(0.05, deadline - time.monotonic())

        self.controller.close()
        for dialog in self._dialogs.values():
            dialog.view.show_charts(False)
        installers = [dialog.torch.close_installer(0.1) for dialog in self._dialogs.values()]
        closed = self.capture.cancel(left())
        if self._data is not None:
            closed = self._data.close(left()) and closed
        delete = partial(delete_unused_recordings, closing=True)
        closed = run_bounded(delete, left(), "delete-recordings") and closed
        return closed and all(installers)

    # -- actions

    @action(
        "Adapt to this scene…",
        "Shift+A",
        icon="adapt",
        group=1,
        words="train learn improve model fine-tune finetune",
    )
    def adapt_scene(self) -> None:
        """Opens the dialog of an adaptation."""
        self._open("adapt")

    @action("Train a student…", "Ctrl+T", icon="train", group=1, words="learn own model network")
    def train(self) -> None:
        """Opens the dialog of training on a folder."""
        self._open("distill")

    @action("Unfinished training…", "Ctrl+Shift+T", icon="models", group=1, words="resume continue")
    def training_runs(self) -> None:
        """Opens the list of unfinished runs."""
        self.runs.open()

    # -- dialogs

    def dialog(self, kind: str) -> RunDialog:
        """The dialog of "adapt" or "distill" runs; made on the first call."""
        from app.features.training.run_dialog import RunDialog

        if kind not in self._dialogs:
            form = self._adapt_form() if kind == "adapt" else self._distill_form()
            form.replay.set_path(self._settings.replay)
            form.background.setChecked(self._settings.background)
            title = tr("Adapt to this scene") if kind == "adapt" else tr("Train a student")
            dialog = RunDialog(form, title, self.context.slots.window)
            dialog.command.connect(self.send)
            dialog.result_card.use.connect(self.outcome.use)
            dialog.result_card.keep_old.connect(self.outcome.keep_old)
            dialog.show_form()
            self._dialogs[kind] = dialog
        return self._dialogs[kind]

    def show_run(self) -> None:
        """Opens the dialog of the run that is active."""
        if self.controller.capturing:
            present(self.dialog("adapt"))
        elif self.controller.run is not None:
            present(self.dialog(self.controller.run.request.kind))

    def _adapt_form(self) -> TrainingForm:
        from app.features.training.adapt_form import AdaptForm

        form = AdaptForm()
        form.accepted.connect(self._start_adapt)
        form.steps.setValue(self._settings.steps)
        form.data.set_path(self._settings.data or os.environ.get("UVANET_DATA", ""))
        for signal in (
            form.teacher.currentIndexChanged,
            form.replay.changed,
            form.data.changed,
            form.duration.value_changed,
        ):
            signal.connect(lambda _: self._update_adapt_form())
        return form

    def _distill_form(self) -> TrainingForm:
        from app.features.training.distill_form import DistillForm
        from app.features.training.training_data import TrainingDataChoice

        form = DistillForm()
        form.accepted.connect(self._start_distill)
        context = self.context
        self._data = TrainingDataChoice(
            context.session, context.presenter, context.jobs, form.learn, form.gaze
        )
        return form

    def _open(self, kind: str) -> None:
        dialog = self.dialog(kind)
        showing_result = dialog.pages.currentWidget() is dialog.result_card
        if not self.controller.busy and not (showing_result and self.controller.result):
            dialog.show_form()
        dialog.form.show_models(list_models(), self.history.current, self._settings.teacher)
        self._update_adapt_form()
        present(dialog)

    def _update_adapt_form(self) -> None:
        dialog = self._dialogs.get("adapt")
        if dialog is None:
            return
        # Imported here: the start of the program must not wait for the readers of data sets.
        from app.features.training.adapt_form import AdaptForm
        from uvanet.training.data.inspect import free_bytes

        assert isinstance(dialog.form, AdaptForm)
        dialog.form.show_source(self.context.session.info, free_bytes(runs_folder()))

    # -- starting

    def _start_adapt(self) -> None:
        from app.features.training.adapt_form import AdaptForm

        form, info = self.dialog("adapt").form, self.context.session.info
        assert isinstance(form, AdaptForm)
        if info is None or self._refuse_second():
            return
        self._remember(form)
        self._settings.steps, self._settings.data = form.steps.value(), form.data.path
        packet = self.context.presenter.packet
        # The student adapts to the scene on the canvas, not to the start of the file.
        request = form.request(info, None if packet is None else packet.frame.pts)
        if not info.live:
            self.controller.start(request)
            return
        try:
            self.capture.record(request, form.seconds, keep=form.keep.isChecked())
        except UvanetError as error:
            self._show_error(error)
            return
        self.dialog("adapt").show_progress()
        self.dialog("adapt").view.pause.setEnabled(False)

    def _start_distill(self) -> None:
        from app.features.training.distill_form import DistillForm

        form = self.dialog("distill").form
        assert isinstance(form, DistillForm)
        if self._refuse_second():
            return
        self._remember(form)
        if form.learn.keep.isChecked() and self._data is not None:
            self._data.keep()
        self.controller.start(form.request())

    def _resume(self, folder: Path, request: RunRequest) -> None:
        if not self._refuse_second():
            self.controller.start(request, folder)
            self.show_run()

    def _remember(self, form: TrainingForm) -> None:
        """Stores the options that both forms share."""
        self._settings.teacher = form.teacher.value
        self._settings.replay = form.replay.path
        self._settings.background = form.background.isChecked()

    def _refuse_second(self) -> bool:
        """Returns whether a run is active already, and tells the user if one is."""
        if self.controller.busy:
            self.context.messages.notify(
                "info", tr("A training is active already."), tr("Wait for its end, or stop it.")
            )
        return self.controller.busy

    def send(self, command: RunCommand) -> None:
        """Pauses, resumes or stops the run; "stop" cancels a recording of the scene."""
        if self.controller.capturing and command == "stop":
            self._cancel_capture()
        else:
            self.controller.send(command)

    def _cancel_capture(self) -> None:
        self.capture.cancel()
        self.status.show_run(None)
        self.dialog("adapt").show_form()

    def _stop_installing(self) -> None:
        for dialog in self._dialogs.values():
            dialog.torch.stop()

    # -- events

    def _on_started(self, run: TrainingRun) -> None:
        self.outcome.begin()
        self.dialog(run.request.kind).follow(run)
        self.status.show_run(run)

    def _on_progressed(self, run: TrainingRun) -> None:
        self.status.show_run(run if run.active else None)

    def _on_capture_progress(self, share: float, left: float) -> None:
        self.dialog("adapt").view.show_step("record", share, left)
        self.status.show_share(tr("Recording"), share, left)

    def _on_ended(self, request: RunRequest, result: RunResult, log: str) -> None:
        self.status.show_run(None)
        self.outcome.end(request, result, log)
        self.runs.update()

    def _on_found(self, request: RunRequest, result: RunResult) -> None:
        """Shows a run that ended while the program was closed."""
        self.outcome.found(request, result, busy=self.controller.busy)
        self.runs.update()

    def _on_failed(self, error: UvanetError, kind: str) -> None:
        self.status.show_run(None)
        result = RunResult("failed", message=error.message, hint=error.hint)
        self.dialog(kind).show_result(result, in_use=False)
        self._show_error(error)

    def _show_error(self, error: UvanetError) -> None:
        self.context.show_error(error, topic=ERROR_TOPIC)

    def _on_unfinished(self, titles: list[str]) -> None:
        self.context.messages.notify(
            "info",
            tr("Unfinished training: {titles}.").format(titles=", ".join(titles)),
            tr("Resume or discard it: Models, Unfinished training (Ctrl+Shift+T)."),
            button=tr("Show"),
            topic=_UNFINISHED_TOPIC,
        )

    def _on_acted(self, topic: str) -> None:
        if topic == _UNFINISHED_TOPIC:
            self.runs.open()

    def _on_switched(self) -> None:
        if self.controller.capturing:
            self._cancel_capture()
            self.context.messages.notify(
                "info", tr("The source changed, so the adaptation was cancelled.")
            )
        if self._data is not None:
            self._data.source_changed()
