"""The student: loads the model whose maps are shown, and replaces it on request."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.pipeline.events import InferenceFailed, ModelChanged, ModelEvent, ModelRefused
from app.pipeline.pipeline import LivePipeline
from app.pipeline.predictor import Predictor, PredictorFactory, known_error
from app.runtime.jobs import Jobs
from app.session.models import (
    AUTOMATIC,
    largest_student,
    load_predictor,
    short_name,
    warm_up,
)
from app.ui.i18n import tr
from uvanet.errors import UvanetError


class StudentModel(QObject):
    """Loads a requested model in the background and passes it to the pipeline.

    Args:
        pipeline: Runs the model.
        jobs: Loads models in the background.
        predictor: The first model, or its factory; the caller passes it to the pipeline.
        name: Name or path of the first model.
        engine: Engine of the first model.
        threads: Threads of every model, as `uvanet.load` takes them.
        choice: `AUTOMATIC`; None: the first model is pinned.

    Signals:
        requested: Name or path of the model that the user has chosen; it is being loaded.
        changed: Name or path of the model in use from now on; its first map is there.
        choice_made: The new `choice`, once its model is in use.
        failed: UvanetError of the requested model; the model before stays in use.
        swap_failed: Name of a model that was requested by `swap` and failed.
        waiting: Name or path of a loaded model that has no frame for its trial yet.
        inference_failed: UvanetError of the model in use; frames are shown without a heat map.

    Attributes:
        name: Name or path of the model in use.
        choice: `AUTOMATIC`, or the name or path of the model that the user pinned.
        engine: Engine of every model that is loaded from now on, as `uvanet.load` takes it.
        threads: Threads of every model, as `uvanet.load` takes them.
        pending: Whether a requested model is being loaded or on trial.
        needed_by: Running work that needs the model in use, by name: a sentence that says what
            happens to the work when the user chooses another model.
    """

    requested = Signal(str)
    changed = Signal(str)
    choice_made = Signal(str)
    failed = Signal(object)
    swap_failed = Signal(str)
    waiting = Signal(str)
    inference_failed = Signal(object)

    def __init__(
        self,
        pipeline: LivePipeline,
        jobs: Jobs,
        predictor: Predictor | PredictorFactory,
        name: str,
        engine: str,
        parent: QObject | None = None,
        *,
        threads: int | None = None,
        choice: str | None = None,
    ) -> None:
        super().__init__(parent)
        self.name = name
        self.choice = choice or name
        self.engine = engine
        self.threads = threads
        self.pending = False
        self.needed_by: dict[str, str] = {}
        self._pipeline = pipeline
        self._jobs = jobs
        self._first: Predictor | PredictorFactory | None = predictor  # None after the next one
        self._request = 0
        # Numbers of the pipeline; events with other numbers are outdated.
        self._number = 0  # of the model in use
        self._trial: int | None = None  # of the newest model that was passed to the pipeline
        # Name of the newest requested model, and its `choice`; None for a request of `swap`.
        self._requested: tuple[str, str | None] = ("", None)

    @property
    def loading(self) -> str:
        """Name or path of the user's choice while it is being loaded or on trial; else empty."""
        name, choice = self._requested
        return name if self.pending and choice else ""

    @property
    def offline_name(self) -> str:
        """Name or path of the model for results that are not live, such as exports and reports.

        The pinned model; with the automatic choice the largest student that ships, so that the
        results do not depend on the speed and the load of the machine.
        """
        return (largest_student() if self.choice == AUTOMATIC else "") or self.name

    def use(self, name_or_path: str) -> None:
        """Pins a model; of several calls in a row the last one counts.

        The model is loaded in the background and tried on its first frame; where no frames arrive,
        on the frame that is shown. `requested` is emitted at once; `changed` and `choice_made`, or
        `failed`, follow.

        Args:
            name_or_path: A name or path that `uvanet.load` takes; or `AUTOMATIC`, with which
                `AutomaticModel` makes the next change.
        """
        if name_or_path == AUTOMATIC:
            self._cancel_request()
            self._choose(AUTOMATIC)
        else:
            self._load(name_or_path, name_or_path)

    def swap(self, name: str) -> None:
        """Requests another model without pinning it; `changed` or `swap_failed` follows.

        Its first, slow step runs before the trial, so that the live view does not wait for it.

        Args:
            name: Name of a shipped model.
        """
        self._load(name, None)

    def use_engine(self, engine: str) -> None:
        """Loads the requested model or else the one in use, and all later ones, for an engine."""
        self.engine = engine
        self._load(*(self._requested if self.pending else (self.name, self.choice)))

    def _load(self, name: str, choice: str | None) -> None:
        self._cancel_request()
        self._requested, self.pending = (name, choice), True
        request, engine, threads = self._request, self.engine, self.threads
        info = self._pipeline.info

        def load() -> Predictor:
            predictor = load_predictor(name, engine, threads)
            if choice is None and info is not None:  # not a file of the user, which may hang
                warm_up(predictor, info.height, info.width)
            return predictor

        def done(predictor: Predictor) -> None:
            if request == self._request:
                self._trial = self._pipeline.use_model(predictor, name)
                if choice and not self._pipeline.has_frame:
                    self.waiting.emit(name)

        def failed(error: Exception) -> None:
            if request == self._request:
                what = tr("{name} cannot be loaded").format(name=short_name(name))
                self._refuse(known_error(error, what))

        self._jobs.run(load, done, failed, name="model")
        if choice:
            self.requested.emit(name)

    def _cancel_request(self) -> None:
        self._request += 1
        self._trial, self.pending = None, False

    def _choose(self, choice: str) -> None:
        self.choice = choice
        self.choice_made.emit(choice)

    def load_copy(self) -> Predictor:
        """Loads another instance of the model in use. Takes a moment: not on the GUI thread.

        Raises:
            UvanetError: As `load_predictor`.
        """
        first = self._first
        if first is None:
            return load_predictor(self.name, self.engine, 1)
        return first if isinstance(first, Predictor) else first()

    def load_offline(self) -> Predictor:
        """Loads an instance of `offline_name`. Takes a moment: not on the GUI thread.

        Raises:
            UvanetError: As `load_predictor`.
        """
        name = self.offline_name
        return self.load_copy() if name == self.name else load_predictor(name, self.engine, 1)

    def on_event(self, event: ModelEvent) -> None:
        """Handles an event of the pipeline; ignores those of models that were replaced."""
        match event:
            case ModelChanged(number, name):
                # A newer request may be about to replace the model; until then it is in use.
                self.name, self._first, self._number = name, None, number
                self.changed.emit(name)
                if number == self._trial:
                    self._trial, self.pending = None, False
                    if self._requested[1]:
                        self._choose(self._requested[1])
            case ModelRefused(number, _, error) if number == self._trial:
                self._refuse(error)
            case InferenceFailed(number, error) if number == self._number:
                self.inference_failed.emit(error)

    def close(self) -> None:
        """Ignores the models that are still being loaded."""
        self._cancel_request()

    def _refuse(self, error: UvanetError) -> None:
        name, choice = self._requested
        self._cancel_request()
        if choice is None:
            self.swap_failed.emit(name)
            return
        stays = tr("{name} stays in use.").format(name=short_name(self.name))
        self.failed.emit(UvanetError(error.message, f"{error.hint} {stays}".strip()))
