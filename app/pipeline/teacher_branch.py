"""Runs an optional teacher next to the student and pairs their results."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial

from app.pipeline.clock import Clock
from app.pipeline.events import TeacherEvent
from app.pipeline.frame_router import FrameRouter
from app.pipeline.packets import SaliencyPacket, TeacherResult
from app.pipeline.predictor import Predictor, PredictorFactory
from app.pipeline.result_sink import Direct, Paired, ResultSink
from app.pipeline.stats import PipelineStats
from app.pipeline.teacher import Teacher


class TeacherBranch:
    """The `ResultSink` of the student: `Direct` without a teacher, `Paired` with one.

    All methods return at once (`join` within its bound) and may be called from any thread.

    Args:
        router: Route of the student's frames.
        notify: Called after each new result, of the student or of the teacher.
        emit: Receives the events.
        clock: Source of time stamps.
        step_limit_s: Longest step of a teacher in seconds.
    """

    def __init__(
        self,
        router: FrameRouter,
        notify: Callable[[], None],
        emit: Callable[[TeacherEvent], None],
        clock: Clock,
        step_limit_s: float,
    ) -> None:
        self._lock = threading.RLock()
        self._direct = Direct(router, notify)
        self._start = partial(
            Teacher,
            router=router,
            sink=self._direct,
            notify=notify,
            emit=emit,
            clock=clock,
            step_limit_s=step_limit_s,
        )
        self._sink: ResultSink = self._direct
        self._teacher: Teacher | None = None
        self._count = 0
        self._retired: list[Teacher] = []
        self._closed = False

    def use(
        self,
        predictor: Predictor | PredictorFactory | None,
        *,
        name: str = "",
        synchronized: bool = True,
    ) -> int:
        """Starts a teacher in place of the current one.

        TeacherReady follows once it is loaded, or TeacherFailed; until then the student's
        results are passed on directly.

        Args:
            predictor: The network, or a factory for the teacher's thread; None for no teacher.
            name: For the events.
            synchronized: Show only frames that both networks have processed, each with the
                teacher's result. Otherwise the student is not delayed, and `take` returns the
                teacher's results.

        Returns:
            The number that the teacher's events and results carry.
        """
        with self._lock:
            if self._teacher is not None:
                self._teacher.stop()
                self._retired.append(self._teacher)
                self._teacher = None
            self._retired = [teacher for teacher in self._retired if not teacher.join(0)]
            self._sink = self._direct
            self._count += 1
            if predictor is not None and not self._closed:
                self._teacher = self._start(
                    predictor, number=self._count, name=name, synchronized=synchronized
                )
                self._sink = Paired(self._teacher.offer, self._direct)
            return self._count

    def set_synchronized(self, synchronized: bool) -> None:
        """Changes between the two modes; see `use`."""
        with self._lock:
            if self._teacher is not None:
                self._teacher.synchronized = synchronized

    def accept(self, result: SaliencyPacket) -> None:
        """See `ResultSink.accept`."""
        self._sink.accept(result)

    def take(self) -> TeacherResult | None:
        """Takes the teacher's newest result on a frame that was not held back, or None."""
        teacher = self._teacher
        return None if teacher is None else teacher.take()

    def stats(self) -> PipelineStats | None:
        """Counters of the teacher; None without one."""
        teacher = self._teacher
        return None if teacher is None else teacher.stats()

    def check(self) -> None:
        """Gives up a teacher's step that lasts too long; called by the watchdog."""
        for teacher in (self._teacher, *self._retired):
            if teacher is not None:
                teacher.check()

    def close(self) -> None:
        """Asks the teacher's thread to end; no other teacher can be started."""
        with self._lock:
            self._closed = True
            self.use(None)

    def join(self, timeout: float) -> bool:
        """Waits for the threads, `timeout` seconds in all; returns False where one still runs."""
        end = time.monotonic() + timeout
        with self._lock:
            retired = list(self._retired)
        return all(teacher.join(max(0.0, end - time.monotonic())) for teacher in retired)
