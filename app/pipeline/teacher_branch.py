"""Whether a teacher looks too, which one, and where its opinions wait."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from app.pipeline.latest_slot import LatestSlot
from app.pipeline.teacher import Teacher

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.pipeline.clock import Clock
    from app.pipeline.events import TeacherFailed, TeacherReady
    from app.pipeline.frame_router import FrameRouter
    from app.pipeline.packets import SaliencyPacket, TeacherResult
    from app.pipeline.predictor import Predictor, PredictorFactory
    from app.pipeline.stats import PipelineStats


class TeacherBranch:
    """Leads results by way of the teacher, if there is one.

    All methods return at once (`join` within its bound) and may be called from any thread.

    Args:
        traffic: The student's way.
        publish: Leaves a result for the painter.
        on_opinion: Called after each opinion that waits for `take`.
        emit: Takes TeacherReady and TeacherFailed.
        clock: The time to live by.
    """

    def __init__(
        self,
        traffic: FrameRouter,
        publish: Callable[[SaliencyPacket], None],
        on_opinion: Callable[[], None],
        emit: Callable[[TeacherReady | TeacherFailed], None],
        clock: Clock,
    ) -> None:
        self._traffic = traffic
        self._publish = publish
        self._on_opinion = on_opinion
        self._emit = emit
        self._clock = clock
        self._lock = threading.RLock()
        self._opinions: LatestSlot[TeacherResult] = LatestSlot()
        self._teacher: Teacher | None = None
        self._retired: list[Teacher] = []
        self._closed = False

    def use(
        self,
        predictor: Predictor | PredictorFactory | None,
        *,
        name: str = "",
        synchronized: bool = True,
    ) -> None:
        """Puts a teacher beside the student, in the place of the one before.

        TeacherReady follows once it is loaded, or TeacherFailed; until then frames pass by.

        Args:
            predictor: The network, or what makes it on the teacher's thread; None for none.
            name: For the events.
            synchronized: Only frames that both have seen are shown, each with its opinion;
                otherwise the student is not held up, and opinions come by `take`.
        """
        with self._lock:
            if self._closed:
                return
            if self._teacher is not None:
                self._teacher.stop()
                self._retired.append(self._teacher)
                self._teacher = None
            self._retired = [teacher for teacher in self._retired if not teacher.join(0)]
            self._opinions.clear()
            if predictor is None:
                return
            self._teacher = Teacher(
                predictor,
                name=name,
                synchronized=synchronized,
                pointless=self._traffic.pointless,
                release=self._release,
                discard=self._traffic.discard,
                publish=self._opine,
                emit=self._emit,
                clock=self._clock,
            )

    def set_synchronized(self, synchronized: bool) -> None:
        """Changes between the two ways; see `use`."""
        with self._lock:
            if self._teacher is not None:
                self._teacher.synchronized = synchronized

    def offer(self, result: SaliencyPacket) -> bool:
        """Shows the teacher a result of the student; True where it is held back for it."""
        teacher = self._teacher
        return teacher is not None and teacher.offer(result)

    def take(self) -> TeacherResult | None:
        """The newest opinion not yet taken, on a frame that was not held back; or None."""
        opinion = self._opinions.clear()
        teacher = self._teacher
        if opinion is None or teacher is None:
            return None
        if self._traffic.pointless(opinion.result) is not None:
            teacher.lost(opinion)
            return None
        teacher.delivered(opinion)
        return opinion

    def stats(self) -> PipelineStats | None:
        """The teacher's own books; None without a teacher."""
        teacher = self._teacher
        return None if teacher is None else teacher.stats()

    def close(self) -> None:
        """Asks the teacher to leave; for good."""
        with self._lock:
            self.use(None)
            self._closed = True

    def join(self, timeout: float) -> bool:
        """Waits so many seconds for the threads; False where one is still there."""
        end = time.monotonic() + timeout
        with self._lock:
            retired = list(self._retired)
        left = [one for one in retired if not one.join(max(0.0, end - time.monotonic()))]
        return not left

    def _release(self, result: SaliencyPacket, opinion: TeacherResult | None) -> None:
        self._publish(replace(result, teacher_result=opinion))

    def _opine(self, opinion: TeacherResult) -> None:
        teacher = self._teacher
        if teacher is None:
            return
        loser = self._opinions.put(opinion)
        if loser is not None:
            teacher.lost(loser)
        self._on_opinion()
