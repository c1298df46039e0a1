"""The second lane: another network looks at what the first one has seen, at its own pace."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.pipeline.accounting import FrameAccounting
from app.pipeline.agreement import agreement
from app.pipeline.events import TeacherFailed, TeacherReady
from app.pipeline.inference import checked_map, known_error, make
from app.pipeline.latest_slot import LatestSlot
from app.pipeline.packets import TeacherResult
from app.pipeline.stats import Drop

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.pipeline.clock import Clock
    from app.pipeline.packets import SaliencyPacket
    from app.pipeline.predictor import Predictor, PredictorFactory
    from app.pipeline.stats import PipelineStats

logger = logging.getLogger(__name__)

_NICENESS = 5  # it gives way, but on a busy machine it still comes to its end


@dataclass(frozen=True, slots=True)
class _Job:
    """A frame on its way through the lane.

    Attributes:
        result: What the student made of it.
        held: The painter waits for it, so the pipeline's books must know how it ends.
    """

    result: SaliencyPacket
    held: bool


class Teacher:
    """Runs a second network on its own thread, below the others' priority.

    It gets the student's results, newest first, so that each of its maps has a partner of the
    same frame. Where `synchronized`, a frame it takes is held back until both have seen it, and
    goes on by `release`; otherwise the student's way is not touched and maps go to `publish`.
    Its books are its own: what was offered = delivered + overwritten + in flight + failed.

    Args:
        predictor: The network, or a factory to be run on the thread.
        name: For the events and the thread.
        synchronized: Whether frames wait for it.
        pointless: Why a frame need not be looked at any more; None where it must.
        release: Takes held frames back, with the opinion on them, or None where it failed.
        discard: Told of held frames that will not come back, and why.
        publish: Takes the opinions on frames that are not held.
        emit: Takes TeacherReady and TeacherFailed.
        clock: The time to live by.
    """

    def __init__(
        self,
        predictor: Predictor | PredictorFactory,
        *,
        name: str,
        synchronized: bool,
        pointless: Callable[[SaliencyPacket], Drop | None],
        release: Callable[[SaliencyPacket, TeacherResult | None], None],
        discard: Callable[[SaliencyPacket, Drop], None],
        publish: Callable[[TeacherResult], None],
        emit: Callable[[TeacherReady | TeacherFailed], None],
        clock: Clock,
    ) -> None:
        self.name = name
        self.synchronized = synchronized
        self._given: Predictor | PredictorFactory | None = predictor
        self._pointless = pointless
        self._release = release
        self._discard = discard
        self._publish = publish
        self._emit = emit
        self._clock = clock
        self._jobs: LatestSlot[_Job] = LatestSlot()
        self._ledger = FrameAccounting()
        self._ready = False
        self._stopped = False
        self._epoch: int | None = None
        self._told: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="uvanet-teacher", daemon=True)
        self._thread.start()

    def offer(self, result: SaliencyPacket) -> bool:
        """Shows it what the student made of a frame; returns at once.

        Returns:
            Whether the frame is held: it comes back by `release` or `discard`.
        """
        if not self._ready or self._stopped:
            return False
        job = _Job(result, self.synchronized)
        self._ledger.captured(result.frame.seq, self._clock.now())
        loser = self._jobs.put(job)
        if loser is job:  # it was stopped this very moment
            self._ledger.dropped(result.frame.seq, Drop.CLOSED)
            return False
        if loser is not None:
            self._drop(loser, Drop.TEACHER_BUSY)
        return job.held

    def delivered(self, opinion: TeacherResult) -> None:
        """Tells that an opinion reached the one who asked for it."""
        now = self._clock.now()
        self._ledger.painted(opinion.seq, now, now - opinion.result.frame.t_capture)

    def lost(self, opinion: TeacherResult) -> None:
        """Tells that an opinion was replaced by a newer one before anybody saw it."""
        self._ledger.dropped(opinion.seq, Drop.PAINTER_BUSY)

    def stats(self) -> PipelineStats:
        """Its own books; `painted` are the opinions that were delivered."""
        return self._ledger.snapshot(self._clock.now())

    def stop(self) -> None:
        """Asks it to leave, and lets go of what waits; returns at once."""
        self._stopped = True
        job = self._jobs.close()
        if job is not None:
            self._drop(job, Drop.TEACHER_BUSY)

    def join(self, timeout: float) -> bool:
        """Waits for the thread; False where it is still there."""
        if self._thread is not threading.current_thread():
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        lower_priority()
        given, self._given = self._given, None
        assert given is not None
        try:
            predictor = make(given)
        except Exception as error:
            logger.exception("the teacher %s cannot be loaded", self.name)
            self._emit(TeacherFailed(self.name, known_error(error, f"{self.name} does not load")))
            return
        self._ready = True
        self._emit(TeacherReady(self.name))
        while (job := self._jobs.take()) is not None:
            cause = self._pointless(job.result)
            if cause is not None:
                self._drop(job, cause)
            else:
                self._look(predictor, job)
        self._ledger.close()

    def _look(self, predictor: Predictor, job: _Job) -> None:
        frame = job.result.frame
        start = self._clock.now()
        opinion: TeacherResult | None = None
        try:
            if frame.epoch != self._epoch:
                predictor.reset()
                self._epoch = frame.epoch
            saliency = checked_map(predictor.step(frame.image, frame.t_scene, bgr=True))
            ready = self._clock.now()
            height, width = frame.image.shape[:2]
            agrees = (
                None
                if job.result.failed
                else agreement(job.result.saliency, saliency, (width, height))
            )
            opinion = TeacherResult(job.result, saliency, ready, ready - start, agrees)
            self._ledger.inferred(ready, ready - start)
        except Exception as error:  # noqa: BLE001 - told and logged below
            self._ledger.failed(frame.seq)
            self._tell(error)
        if job.held:
            if opinion is not None:
                self.delivered(opinion)
            self._release(job.result, opinion)
        elif opinion is not None:
            self._publish(opinion)

    def _drop(self, job: _Job, cause: Drop) -> None:
        self._ledger.dropped(job.result.frame.seq, cause)
        if job.held:
            self._discard(job.result, cause)

    def _tell(self, error: Exception) -> None:
        known = known_error(error, f"{self.name} failed on a frame")
        if self._told:
            return  # once is enough: it fails on every frame, or the log has the rest
        self._told.add(known.message)
        logger.error("%s", known, exc_info=error)
        self._emit(TeacherFailed(self.name, known))


def lower_priority() -> None:
    """Lets the calling thread, and those it starts, give way where the system knows how."""
    if sys.platform == "linux":
        # There a thread has a niceness of its own.
        own = threading.get_native_id()
        with contextlib.suppress(OSError):
            niceness = os.getpriority(os.PRIO_PROCESS, own) + _NICENESS
            os.setpriority(os.PRIO_PROCESS, own, niceness)
    elif sys.platform == "win32":
        import ctypes

        below_normal = -1
        kernel = ctypes.WinDLL("kernel32")
        kernel.GetCurrentThread.restype = ctypes.c_void_p
        kernel.SetThreadPriority(ctypes.c_void_p(kernel.GetCurrentThread()), below_normal)
    elif sys.platform == "darwin":
        import ctypes

        utility = 0x11
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).pthread_set_qos_class_self_np(utility, 0)
