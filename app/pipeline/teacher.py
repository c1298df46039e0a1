"""Teacher thread: a second network on the frames that the student has processed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from app.pipeline.accounting import FrameAccounting
from app.pipeline.agreement import agreement
from app.pipeline.clock import Clock
from app.pipeline.events import TeacherEvent, TeacherFailed, TeacherReady
from app.pipeline.frame_router import FrameRouter
from app.pipeline.latest_slot import LatestSlot
from app.pipeline.packets import SaliencyPacket, TeacherResult
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
from app.pipeline.stats import Drop, PipelineStats
from app.pipeline.thread_priority import lower_priority
from app.pipeline.watchdog import StepTimer
from uvanet.errors import UvanetError
from uvanet.i18n import tr

logger = logging.getLogger(__name__)


@dataclass(eq=False, slots=True)
class _Job:
    """A frame for the teacher.

    Attributes:
        result: The student's result.
        held: Whether the painter waits for it, so that it must be passed on or dropped.
        timer: Duration of the teacher's step.
    """

    result: SaliencyPacket
    held: bool
    timer: StepTimer = field(default_factory=StepTimer)


class Teacher:
    """Runs a second network on a thread of its own, at lower priority.

    The teacher gets the newest result of the student, so that each frame with a teacher's map has
    a student's map as well. In synchronized mode, the teacher holds the student's result back and
    passes it to `sink` together with its own. Otherwise the student's results are not delayed, and
    `take` returns the teacher's. The teacher counts its frames on its own: offered = delivered +
    dropped + in flight + failed. A step that exceeds the limit ends the teacher (TeacherFailed).

    Args:
        predictor: The network, or a factory that is run on the thread.
        number: Number of the teacher, for events and results.
        name: Name of the network, for events and messages.
        synchronized: Whether results are held back; may be changed at any time.
        router: Tells which frames are obsolete, and counts those that are dropped.
        sink: Receives the results that were held back.
        notify: Called after each result that waits for `take`.
        emit: Receives the events.
        clock: Source of time stamps.
        step_limit_s: Longest step in seconds.
    """

    def __init__(
        self,
        predictor: Predictor | PredictorFactory,
        *,
        number: int,
        name: str,
        synchronized: bool,
        router: FrameRouter,
        sink: ResultSink,
        notify: Callable[[], None],
        emit: Callable[[TeacherEvent], None],
        clock: Clock,
        step_limit_s: float,
    ) -> None:
        self.number = number
        self.name = name
        self.synchronized = synchronized
        self._router = router
        self._sink = sink
        self._notify = notify
        self._emit = emit
        self._clock = clock
        self._step_limit_s = step_limit_s
        self._jobs: LatestSlot[_Job] = LatestSlot()
        self._results: LatestSlot[TeacherResult] = LatestSlot()
        self._accounting = FrameAccounting()
        self._lock = threading.Lock()
        self._job: _Job | None = None
        self._predictor: Predictor | None = None
        self._ready = False
        self._stopped = False
        self._epoch: int | None = None
        self._failure_reported = False
        self._thread = threading.Thread(
            target=self._run, args=(predictor,), name="uvanet-teacher", daemon=True
        )
        self._thread.start()

    def offer(self, result: SaliencyPacket) -> bool:
        """Offers a result of the student to the teacher; returns at once.

        Returns:
            Whether the result is held back: the teacher passes it to `sink` later, or drops it.
        """
        if not self._ready or self._stopped:
            return False
        job = _Job(result, self.synchronized)
        self._accounting.captured(result.frame.seq, self._clock.now())
        replaced = self._jobs.put(job)
        if replaced is job:  # stopped in the meantime
            self._accounting.dropped(result.frame.seq, Drop.CLOSED)
            return False
        if replaced is not None:
            self._drop(replaced, Drop.TEACHER_BUSY)
        return job.held

    def take(self) -> TeacherResult | None:
        """Takes the newest result on a frame that was not held back, or None."""
        result = self._results.clear()
        if result is None:
            return None
        if self._router.is_obsolete(result.result.frame):
            self._accounting.dropped(result.seq, Drop.PAINTER_BUSY)
            return None
        self._delivered(result)
        return result

    def stats(self) -> PipelineStats:
        """Counters of the teacher; `painted` counts the results that were delivered."""
        return self._accounting.snapshot(self._clock.now())

    def check(self) -> None:
        """Gives up a step that lasts too long; called at every tick of the watchdog."""
        with self._lock:
            job = self._job
            if job is None or not job.timer.tick(self._step_limit_s):
                return
            self._job = None
        self.stop()
        cancel(self._predictor)
        self._accounting.failed(job.result.frame.seq)
        self._report(no_answer(self.name, self._step_limit_s))
        if job.held:
            self._sink.accept(job.result)

    def stop(self) -> None:
        """Asks the thread to end and drops the frame that waits; returns at once."""
        self._stopped = True
        job = self._jobs.close()
        if job is not None:
            self._drop(job, Drop.TEACHER_BUSY)

    def join(self, timeout: float) -> bool:
        """Waits for the thread; returns False where it still runs."""
        if self._thread is not threading.current_thread():
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self, given: Predictor | PredictorFactory) -> None:
        lower_priority()
        try:
            self._predictor = predictor = make_predictor(given)
        except Exception as error:  # noqa: BLE001 - reported below
            what = tr("{name} cannot be loaded").format(name=self.name)
            self._report(known_error(error, what), error)
            return
        del given
        self._ready = True
        self._emit(TeacherReady(self.number, self.name))
        while (job := self._jobs.take()) is not None:
            if self._router.is_obsolete(job.result.frame):
                self._drop(job, self._router.min_epoch_cause)
            else:
                self._process(predictor, job)
        self._accounting.close()

    def _process(self, predictor: Predictor, job: _Job) -> None:
        frame = job.result.frame
        start = self._clock.now()
        result: TeacherResult | None = None
        failure: Exception | None = None
        with self._lock:
            self._job = job
        try:
            if frame.epoch != self._epoch:
                predictor.reset()
                self._epoch = frame.epoch
            saliency = checked_map(predictor.step(frame.picture, frame.t_scene, bgr=True))
            ready = self._clock.now()
            height, width = frame.picture.shape[:2]
            agrees = (
                None
                if job.result.failed
                else agreement(job.result.saliency, saliency, (width, height))
            )
            result = TeacherResult(job.result, saliency, ready, ready - start, agrees, self.number)
        except Exception as error:  # noqa: BLE001 - reported below
            failure = error
        with self._lock:
            if self._job is not job:
                return  # given up in the meantime
            self._job = None
        if result is not None:
            self._accounting.inferred(result.t_inferred, result.inference_s)
        elif failure is not None:
            self._accounting.failed(frame.seq)
            what = tr("{name} failed on a frame").format(name=self.name)
            self._report(known_error(failure, what), failure)
        if job.held:
            if result is not None:
                self._delivered(result)
            self._sink.accept(replace(job.result, teacher_result=result))
        elif result is not None:
            replaced = self._results.put(result)
            if replaced is not None:
                self._accounting.dropped(replaced.seq, Drop.PAINTER_BUSY)
            self._notify()

    def _delivered(self, result: TeacherResult) -> None:
        self._accounting.painted(result.result.frame, self._clock.now())

    def _drop(self, job: _Job, cause: Drop) -> None:
        frame = job.result.frame
        self._accounting.dropped(frame.seq, cause)
        if job.held:
            self._router.drop(frame, cause)

    def _report(self, error: UvanetError, cause: Exception | None = None) -> None:
        """Reports the first failure only, since a network may fail on every frame."""
        if self._failure_reported:
            return
        self._failure_reported = True
        logger.error("%s", error, exc_info=cause)
        self._emit(TeacherFailed(self.number, self.name, error))
