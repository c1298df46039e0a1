"""The student: loads the model whose maps are shown, and replaces it on request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.pipeline.events import InferenceFailed, ModelChanged, ModelEvent, ModelRefused
from app.pipeline.predictor import Predictor, known_error
from app.session.models import load_predictor, short_name
from app.ui.i18n import tr
from uvanet.errors import UvanetError

if TYPE_CHECKING:
    from app.pipeline.pipeline import LivePipeline
    from app.pipeline.predictor import PredictorFactory
    from app.runtime.jobs import Jobs


class StudentModel(QObject):
    """Loads a requested model next to the live view and puts it into the pipeline.

    Args:
        pipeline: Runs it.
        jobs: Load it in the background.
        predictor: The first model, or its factory; given to the pipeline by the caller.
        name: Name or path of the first model.
        engine: Engine of the first model.

    Signals:
        changed: Name or path of the model in use from now on; its first map is there.
        failed: UvanetError that kept the requested model out; the one before stays in use.
        waiting: Name or path of a loaded model that has no frame for its trial yet.
        inference_failed: UvanetError of the model in use; frames are shown without a heat map.

    Attributes:
        name: Name or path of the model in use.
        engine: Engine of every model that is loaded from now on, as `uvanet.load` takes it.
    """

    changed = Signal(str)
    failed = Signal(object)
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
    ) -> None:
        super().__init__(parent)
        self.name = name
        self.engine = engine
        self._pipeline = pipeline
        self._jobs = jobs
        self._first: Predictor | PredictorFactory | None = predictor  # None after the next one
        self._request = 0
        # Numbers that the pipeline gave: events with other numbers are outdated.
        self._number = 0  # the model in use
        self._trial: int | None = None  # the newest one given to the pipeline

    def use(self, name_or_path: str) -> None:
        """Requests another model; of several calls in a row the last one counts.

        It is loaded in the background, and its first frame is its trial. Where no frames flow,
        the frame that is shown is the trial. `changed` or `failed` follows.

        Args:
            name_or_path: A name that `uvanet.available` lists, or the path of an ONNX file.
        """
        self._request += 1
        self._trial = None
        request = self._request

        def done(predictor: Predictor) -> None:
            if request == self._request:
                self._trial = self._pipeline.use_model(predictor, name_or_path)
                if not self._pipeline.has_frame:
                    self.waiting.emit(name_or_path)

        def failed(error: Exception) -> None:
            if request == self._request:
                what = tr("{name} cannot be loaded").format(name=short_name(name_or_path))
                self._refuse(known_error(error, what))

        engine = self.engine
        self._jobs.run(lambda: load_predictor(name_or_path, engine), done, failed, name="model")

    def load_copy(self) -> Predictor:
        """Loads another instance of the model in use. Takes a moment: not on the GUI thread.

        Raises:
            UvanetError: As `load_predictor`.
        """
        first = self._first
        if first is None:
            return load_predictor(self.name, self.engine, 1)
        return first if isinstance(first, Predictor) else first()

    def on_event(self, event: ModelEvent) -> None:
        """Handles an event of the pipeline; ignores those of models that were replaced."""
        match event:
            case ModelChanged(number, name):
                # Also one that a newer request is about to replace: until then it is in use.
                self.name, self._first, self._number = name, None, number
                self.changed.emit(name)
            case ModelRefused(number, _, error) if number == self._trial:
                self._refuse(error)
            case InferenceFailed(number, error) if number == self._number:
                self.inference_failed.emit(error)

    def close(self) -> None:
        """Ignores the models that are still being loaded."""
        self._request += 1

    def _refuse(self, error: UvanetError) -> None:
        stays = tr("{name} stays in use.").format(name=short_name(self.name))
        self.failed.emit(UvanetError(error.message, f"{error.hint} {stays}".strip()))
