"""Handles the end of a run: shows its result, and uses or offers the new student."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject

from app.session.models import short_name
from app.session.settings import SessionSettings
from app.shell.model_use import reasons_against
from app.ui.build import present
from app.ui.i18n import tr
from uvanet.errors import UvanetError

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.features.training.before_after import BeforeAfter
    from app.features.training.model_history import ModelHistory
    from app.features.training.run import RunResult
    from app.features.training.run_dialog import RunDialog
    from app.features.training.run_folders import RunRequest
    from app.shell.context import FeatureContext

    Kind = Literal["adapt", "distill"]

_TOPIC, ERROR_TOPIC = "training result", "training"


class RunOutcome(QObject):
    """Shows the results of runs, and uses the student of an adaptation.

    The student is used at once if its scene is open, the user has not chosen another model since
    the start of the run, and there is no reason against the student. Otherwise the user decides.

    Args:
        context: The parts of the program.
        history: Switches the live view to a student, and back.
        dialog: Returns the dialog of a kind of run.
        parent: Parent object.
    """

    def __init__(
        self,
        context: FeatureContext,
        history: ModelHistory,
        dialog: Callable[[Kind], RunDialog],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._history = history
        self._dialog = dialog
        self._choice = ""  # the choice of the student at the start of the run
        self._shown: tuple[Kind, RunResult] | None = None
        history.changed.connect(self._on_model_changed)
        context.messages.acted.connect(self._on_acted)

    def begin(self) -> None:
        """Stores which model is in use at the start of a run."""
        student = self._context.session.student
        self._choice = student.choice
        student.needed_by["training"] = tr(
            "A student is being trained. If you use another model now, the new student is not used "
            "by itself when the training ends."
        )

    def end(self, request: RunRequest, result: RunResult, log: str) -> None:
        """Shows the result of the run that was followed."""
        student = self._context.session.student
        student.needed_by.pop("training", None)
        self._remember_scene(request, result)
        use = (
            bool(result.model)
            and request.kind == "adapt"
            and student.choice == self._choice
            and self._is_open(request)
            and not reasons_against(self._context, result.model)
        )
        if use:
            self._history.use(result.model)
        self._show(request, result, in_use=use, log=log)
        if not use:
            self._report(request, result)

    def found(self, request: RunRequest, result: RunResult, *, busy: bool) -> None:
        """Shows the result of a run that ended while the program was closed.

        Args:
            request: Request of the run.
            result: Result of the run.
            busy: Whether another run is active. Its dialog is not changed then.
        """
        self._remember_scene(request, result)
        if not busy:
            self._show(request, result, in_use=False)
        self._report(request, result)

    def use(self) -> None:
        """Uses the new student; asks the user first if there are reasons against it."""
        if self._shown is not None and self._shown[1].model:
            self._history.ask_and_use(self._shown[1].model)

    def keep_old(self) -> None:
        """Uses the previous model again; closes the dialog if it is in use already."""
        if self._shown is None:
            return
        kind, result = self._shown
        if self._context.session.student.name == result.model:
            self._history.undo()
        else:
            self._dialog(kind).close()

    def _is_open(self, request: RunRequest) -> bool:
        """Whether the scene of the run is the current source."""
        info = self._context.session.info
        return info is not None and info.spec == request.source

    def _remember_scene(self, request: RunRequest, result: RunResult) -> None:
        if result.model and request.source:
            settings = self._context.settings.section(SessionSettings)
            added = {short_name(result.model): request.source}
            settings.model_scenes = {**settings.model_scenes, **added}

    def _show(self, request: RunRequest, result: RunResult, *, in_use: bool, log: str = "") -> None:
        self._shown = request.kind, result
        self._dialog(request.kind).show_result(result, in_use=in_use, log=log)
        if result.model:
            self._compare(request, result)

    def _compare(self, request: RunRequest, result: RunResult) -> None:
        """Shows the maps before and after the training on a frame of the scene."""
        self._dialog(request.kind).result_card.pictures.show_waiting()
        packet = self._context.presenter.packet
        frame = packet.frame.image if packet is not None and self._is_open(request) else None

        def work() -> BeforeAfter | None:
            # Imported here: the start of the program must not wait for the readers of data sets.
            from app.features.training.before_after import compare_students

            return compare_students(request, result.model, frame)

        def show(pictures: BeforeAfter | None) -> None:
            if self._shown is not None and self._shown[1] is result:
                self._dialog(request.kind).result_card.pictures.show_comparison(pictures)

        def failed(error: Exception) -> None:
            show(None)
            self._context.show_error(error)

        self._context.jobs.run(work, show, failed, name="compare-students")

    def _report(self, request: RunRequest, result: RunResult) -> None:
        if result.state == "failed":
            error = UvanetError(result.message, result.hint)
            self._context.show_error(error, topic=ERROR_TOPIC)
            return
        if result.model:
            text = tr("{title}: the new student is among your models.")
        elif result.report:
            text = tr("{title}: not better than before; the new weights are not used.")
        else:
            text = tr("{title}: the training was stopped.")
        self._context.messages.notify(
            "done",
            text.format(title=request.title),
            button=tr("Show result") if result.report else "",
            topic=_TOPIC,
        )

    def _on_acted(self, topic: str) -> None:
        if topic == _TOPIC and self._shown is not None:
            self._context.messages.dismiss_topic(_TOPIC)
            present(self._dialog(self._shown[0]))

    def _on_model_changed(self) -> None:
        if self._shown is not None and self._shown[1].model:
            kind, result = self._shown
            used = self._context.session.student.name == result.model
            self._dialog(kind).result_card.show_in_use(used, usable=True)
