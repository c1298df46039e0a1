"""Inference thread: takes the newest frame, gives its saliency map and a paintable image."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from app.pipeline.clock import Clock
from app.pipeline.events import InferenceFailed, ModelChanged, ModelEvent, ModelRefused
from app.pipeline.frame_router import FrameRouter
from app.pipeline.packets import FramePacket, SaliencyPacket
from app.pipeline.paint_format import paintable
from app.pipeline.predictor import (
    Predictor,
    PredictorFactory,
    cancel,
    checked_map,
    known_error,
    make_predictor,
    no_answer,
)
from app.pipeline.result_sink import ResultSink
from app.pipeline.watchdog import StepTimer
from uvanet.i18n import tr

logger = logging.getLogger(__name__)

_EMPTY_SIDE = 8
_MAX_MESSAGES = 32


@dataclass(eq=False, slots=True)
class _Model:
    """A network in use or on trial.

    Attributes:
        number: Number of the request; 0 for the first network.
        name: Its name in messages.
        predictor: None where it could not be loaded or does not return.
        epoch: Epoch of the frame before.
        messages: Errors that were reported already.
    """

    number: int
    name: str
    predictor: Predictor | None
    epoch: int | None = None
    messages: set[str] = field(default_factory=set)


@dataclass(eq=False, slots=True)
class _Step:
    """One call into a network.

    Attributes:
        model: The network that computes, or is being loaded.
        frame: What it computes on; None while it is being loaded.
        timer: Duration so far.
    """

    model: _Model
    frame: FramePacket | None
    timer: StepTimer = field(default_factory=StepTimer)


class _AbandonedError(Exception):
    """This thread was replaced while it was inside the network."""


class Inference:
    """Runs the network on a thread of its own. No error of the network ends the thread.

    A network whose step exceeds the limit is canceled, and abandoned together with its thread. A
    new thread processes the same frame: with the network in use where a trial was abandoned, with
    a requested network where one waits, otherwise with none. So another network can always be
    chosen.

    Args:
        predictor: The network, or a factory that is run on the thread.
        name: Name of the network in messages.
        router: Where frames come from; closing it ends the thread.
        sink: Receives each result.
        emit: Receives the events.
        clock: Source of time stamps.
        step_limit_s: Longest step in seconds; half of it while another network waits.

    Attributes:
        paint_room: `room` of `paintable` for the next frames.
    """

    def __init__(
        self,
        predictor: Predictor | PredictorFactory,
        name: str,
        *,
        router: FrameRouter,
        sink: ResultSink,
        emit: Callable[[ModelEvent], None],
        clock: Clock,
        step_limit_s: float,
    ) -> None:
        self._router = router
        self._sink = sink
        self._emit = emit
        self._clock = clock
        self._step_limit_s = step_limit_s
        self.paint_room: tuple[int, int] | None = None
        self._lock = threading.Lock()
        self._model = _Model(0, name, None)
        self._requested: _Model | None = None
        self._requests = 0
        self._step: _Step | None = None
        self._left_behind: list[threading.Thread] = []
        self._thread = self._start(partial(self._load, predictor))

    def use(self, predictor: Predictor, name: str) -> int:
        """Replaces the network from the next frame on.

        That frame is its trial: where it raises or does not return, the network before takes
        the frame and stays. ModelChanged or ModelRefused follows, unless another `use` comes
        first.

        Args:
            predictor: Ready to run; used by this class alone from now on.
            name: For the events.

        Returns:
            The number that the events carry.
        """
        with self._lock:
            self._requests += 1
            self._requested = _Model(self._requests, name, predictor)
            return self._requests

    def check(self) -> None:
        """Abandons a step that lasts too long; called at every tick of the watchdog."""
        with self._lock:
            step, requested = self._step, self._requested
            limit = self._step_limit_s * (1.0 if requested is None else 0.5)
            if step is None or not step.timer.tick(limit):
                return
            if step.frame is None and requested is None:
                return  # loading may take long, and no other network is requested
            self._step = None
            trial = step.model is not self._model
            predictor, step.model.predictor = step.model.predictor, None
            self._left_behind.append(self._thread)
        cancel(predictor)
        logger.error("%s does not return; its thread is left behind", step.model.name)
        error = no_answer(step.model.name, limit)
        if trial:
            self._emit(ModelRefused(step.model.number, step.model.name, error))
        else:
            self._emit_failure(step.model, error, "")
        self._thread = self._start(partial(self._process, step.frame))

    def join(self, timeout: float) -> bool:
        """Waits for the thread; returns False where it or an abandoned thread still runs."""
        if self._thread is not threading.current_thread():
            self._thread.join(timeout)
        return not any(thread.is_alive() for thread in [self._thread, *self._left_behind])

    def _start(self, first: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(
            target=self._run, args=(first,), name="uvanet-inference", daemon=True
        )
        thread.start()
        return thread

    def _run(self, first: Callable[[], None]) -> None:
        try:
            first()
            while (frame := self._router.frames.take()) is not None:
                self._process(frame)
        except _AbandonedError:
            logger.info("a network that was given up has returned")

    def _load(self, predictor: Predictor | PredictorFactory) -> None:
        model = self._model
        self._begin(model, None)
        try:
            loaded = make_predictor(predictor)
        except Exception as error:  # noqa: BLE001 - reported below
            self._end()
            what = tr("{name} cannot be loaded").format(name=model.name)
            self._emit_failure(model, error, what)
        else:
            self._end()
            model.predictor = loaded

    def _process(self, frame: FramePacket | None) -> None:
        if frame is None:
            return
        if self._router.is_obsolete(frame):
            self._router.drop(frame)
            return
        start = self._clock.now()
        changed = None
        saliency = None
        with self._lock:
            trial, self._requested = self._requested, None
        if trial is not None:
            saliency = self._try(trial, frame)
            if saliency is not None:
                changed = ModelChanged(trial.number, trial.name)
        if saliency is None:
            model = self._model
            try:
                saliency = self._predict(model, frame)
            except _AbandonedError:
                raise
            except Exception as error:  # noqa: BLE001 - reported below
                what = tr("{name} failed on a frame").format(name=model.name)
                self._emit_failure(model, error, what)
        self._publish(frame, saliency, start)
        if changed is not None:
            self._emit(changed)

    def _try(self, trial: _Model, frame: FramePacket) -> NDArray[np.float32] | None:
        """Runs a requested network on its first frame; None where it is refused."""
        try:
            saliency = self._predict(trial, frame)
        except _AbandonedError:
            raise
        except Exception as error:
            logger.exception("%s was refused", trial.name)
            what = tr("{name} failed on its first frame").format(name=trial.name)
            self._emit(ModelRefused(trial.number, trial.name, known_error(error, what)))
            return None
        self._model = trial
        return saliency

    def _predict(self, model: _Model, frame: FramePacket) -> NDArray[np.float32] | None:
        """Runs a network; None where there is none, which was reported before."""
        predictor = model.predictor
        if predictor is None:
            return None
        self._begin(model, frame)
        try:
            if frame.epoch != model.epoch:
                predictor.reset()
                model.epoch = frame.epoch
            return checked_map(predictor.step(frame.picture, frame.t_scene, bgr=True))
        finally:
            self._end()

    def _begin(self, model: _Model, frame: FramePacket | None) -> None:
        with self._lock:
            self._step = _Step(model, frame)

    def _end(self) -> None:
        """Ends a step; raises where it was abandoned."""
        with self._lock:
            if threading.current_thread() in self._left_behind:
                raise _AbandonedError
            self._step = None

    def _publish(
        self, frame: FramePacket, saliency: NDArray[np.float32] | None, start: float
    ) -> None:
        """Counts the outcome and passes frame and map on, as far as the frame is paintable."""
        ready = self._clock.now()
        failed = saliency is None
        if saliency is None:
            self._router.accounting.failed(frame.seq)
            saliency = np.zeros((_EMPTY_SIDE, _EMPTY_SIDE), np.float32)
        else:
            self._router.accounting.inferred(ready, ready - start)
        try:
            bgra = paintable(frame.picture, self.paint_room)
        except Exception as error:  # noqa: BLE001 - reported below
            # Out of memory on a huge frame, or a source whose frame is not an image.
            self._router.accounting.failed(frame.seq)
            self._emit_failure(self._model, error, tr("A frame cannot be shown"))
            return
        self._sink.accept(SaliencyPacket(frame, saliency, ready, ready - start, bgra, failed))

    def _emit_failure(self, model: _Model, error: Exception, what: str) -> None:
        known = known_error(error, what)
        message = str(known)
        # A message that contains a number may differ on every frame, so their count is limited.
        if message in model.messages or len(model.messages) >= _MAX_MESSAGES:
            return
        model.messages.add(message)
        logger.error("%s", message, exc_info=error)
        self._emit(InferenceFailed(model.number, known))
