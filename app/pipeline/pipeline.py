"""The live pipeline: a source, a network and a painter, each at its own pace."""

from __future__ import annotations

import functools
import logging
import threading
import time
from typing import TYPE_CHECKING

from app.pipeline.capture import GRACE_S, CaptureSession
from app.pipeline.clock import Clock, SystemClock
from app.pipeline.command_queue import CommandQueue
from app.pipeline.events import Event, PipelineState, SourceOpened, StateChanged
from app.pipeline.frame_router import FrameRouter, SourceFeed
from app.pipeline.inference import Inference
from app.pipeline.teacher_branch import TeacherBranch

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.pipeline.packets import FramePacket, SaliencyPacket
    from app.pipeline.predictor import Predictor, PredictorFactory
    from app.pipeline.stats import PipelineStats
    from uvanet.sources.base import Source, SourceInfo

logger = logging.getLogger(__name__)

MIN_SPEED = 0.25
MAX_SPEED = 4.0


class LivePipeline:
    """Takes frames from a source, runs the network on the newest, keeps the newest result.

    All methods return at once (`close` within its bound) and may be called from any thread;
    `take_result` and `painted` belong to the one thread that paints. Callbacks come from the
    pipeline's own threads and must be quick; none comes after `close` has returned True.

    Args:
        predictor: The network, or a factory that is run on the inference thread so that the
            window need not wait for the model. A factory that raises leads to an
            InferenceFailed event; pictures flow without maps.
        on_result: Called after each new result; fetch it by `take_result`.
        on_event: Called with each event, in order.
        clock: The time to live by.

    Attributes:
        teacher: The teacher beside the network, if one is asked for.
    """

    def __init__(
        self,
        predictor: Predictor | PredictorFactory,
        *,
        on_result: Callable[[], None],
        on_event: Callable[[Event], None],
        clock: Clock | None = None,
    ) -> None:
        self._on_result = on_result
        self._on_event = on_event
        self._clock = clock if clock is not None else SystemClock()
        self._traffic = FrameRouter()
        self._lock = threading.RLock()
        # Taken around each event, so that events are told one by one and in order.
        self._telling = threading.RLock()
        self._state = PipelineState.IDLE
        self._info: SourceInfo | None = None
        self._speed = 1.0
        self._loop = False
        self._closed = False
        self._count = 0
        self._lane: SourceFeed | None = None
        self._session: CaptureSession | None = None
        self._retired: list[CaptureSession] = []
        self.teacher = TeacherBranch(
            self._traffic,
            self._deliver,
            self._notify,
            functools.partial(self._tell, None),
            self._clock,
        )
        self._inference = Inference(
            predictor,
            frames=self._traffic.frames,
            stale=self._traffic.stale,
            publish=self._publish,
            inferred=self._traffic.ledger.inferred,
            failed=self._traffic.failed,
            emit=functools.partial(self._tell, None),
            clock=self._clock,
        )

    @property
    def state(self) -> PipelineState:
        """Where the current source stands."""
        return self._state

    @property
    def info(self) -> SourceInfo | None:
        """The facts of the current source; None until it is open."""
        return self._info

    @property
    def speed(self) -> float:
        """The speed of playing; kept over changes of source."""
        return self._speed

    @property
    def loop(self) -> bool:
        """Whether the source starts over at its end; kept over changes of source."""
        return self._loop

    def open(self, source: Source) -> None:
        """Lets go of the current source and plays another one.

        Returns at once: the new source is opened on its own thread, after the old one has let
        go or after a bounded wait. An old source that hangs in `read` is abandoned; what it
        still gives is thrown away. SourceOpened or SourceFailed follows.

        Args:
            source: A closed source, used by nobody else; the pipeline closes it.
        """
        with self._lock:
            if self._closed:
                raise RuntimeError("the pipeline is closed")
            if self._session is not None:
                self._session.stop()
                self._retired.append(self._session)
            self._retired = [s for s in self._retired if not s.join(0)]
            self._lane = lane = self._traffic.open_lane()
            self._state, self._info = PipelineState.OPENING, None
            self._count += 1
            self._session = CaptureSession(
                source,
                lane,
                functools.partial(self._tell, lane),
                CommandQueue(self._clock, self._speed, self._loop),
                self._clock,
                number=self._count,
                before=tuple(self._retired),
            )
            self._session.start()

    def play(self) -> None:
        """Goes on; starts over after the end; opens again after a failure."""
        if (controls := self._controls) is not None:
            controls.play(True)

    def pause(self) -> None:
        """Holds the picture. A live source is still read, so that it does not fall behind."""
        if (controls := self._controls) is not None:
            controls.play(False)

    def seek(self, seconds: float) -> None:
        """Jumps to a time and shows its frame, also in pause; nothing where it cannot seek.

        Of a burst of calls (a slider being dragged) only the newest counts. After the end, the
        source is paused at the frame.

        Args:
            seconds: Time since the source's start; clamped to it.
        """
        if (controls := self._controls) is not None:
            controls.seek(seconds)

    def step(self, frames: int = 1) -> None:
        """Pauses and moves by single frames; steps that wait add up.

        Args:
            frames: How many, forwards or (where the source can seek) backwards.
        """
        if (controls := self._controls) is not None:
            controls.step(frames)

    def set_speed(self, speed: float) -> None:
        """Sets the speed of playing for sources that are not live.

        Args:
            speed: 1 is real time; clamped to MIN_SPEED..MAX_SPEED.
        """
        with self._lock:
            self._speed = min(max(speed, MIN_SPEED), MAX_SPEED)
            if self._session is not None:
                self._session.controls.set_speed(self._speed)

    def set_loop(self, loop: bool) -> None:
        """Sets whether the source starts over at its end. A still picture never does."""
        with self._lock:
            self._loop = loop
            if self._session is not None:
                self._session.controls.loop = loop

    def use(self, predictor: Predictor, name: str) -> None:
        """Puts another network in the place of the one that runs; no frame is lost by it.

        ModelChanged follows with its first map, or ModelRefused where it raises on its first
        frame; then the network of before takes that frame and goes on.

        Args:
            predictor: Ready to run; the pipeline's own from here on.
            name: For the events.
        """
        self._inference.use(predictor, name)

    def set_tap(self, tap: Callable[[FramePacket], None] | None) -> None:
        """Lets `tap` see every captured frame, on the capture thread; it must be quick."""
        self._traffic.tap = tap

    def take_result(self) -> SaliencyPacket | None:
        """Gives the newest result not yet taken, or None. Never one older than the last."""
        return self._traffic.take()

    def painted(self, packet: SaliencyPacket, t_paint: float | None = None) -> None:
        """Tells that a result is on the screen; a repaint of the same one is not counted.

        Args:
            packet: What `take_result` gave last.
            t_paint: When, on the pipeline's clock (`time.perf_counter`); None means now.
        """
        self._traffic.painted(packet, self._clock.now() if t_paint is None else t_paint)

    def stats(self) -> PipelineStats:
        """A consistent snapshot; cheap enough for a few calls a second."""
        return self._traffic.ledger.snapshot(self._clock.now())

    def close(self, timeout: float = 2.0) -> bool:
        """Stops all threads and lets go of the source. Not to be called from a callback.

        Args:
            timeout: Seconds to wait for the threads in all.

        Returns:
            False where a thread had to be abandoned (it hangs in a driver, and ends with the
            process).
        """
        end = time.monotonic() + timeout
        with self._lock:
            self._closed = True
            sessions = list(self._retired)
            if self._session is not None:
                self._session.stop()
                sessions.append(self._session)
            self._session = self._lane = self._info = None
            self._state = PipelineState.IDLE
            self.teacher.close()
            self._traffic.close()
        grace = min(end, time.monotonic() + GRACE_S)
        for session in sessions:
            if not session.join(max(0.0, grace - time.monotonic())):
                session.unblock()
        inferred = self._inference.join(max(0.0, end - time.monotonic()))
        inferred = self.teacher.join(max(0.0, end - time.monotonic())) and inferred
        left = [s for s in sessions if not s.join(max(0.0, end - time.monotonic()))]
        with self._lock:
            self._retired = left
        return inferred and not left

    @property
    def _controls(self) -> CommandQueue | None:
        session = self._session
        return None if session is None else session.controls

    def _publish(self, result: SaliencyPacket) -> None:
        if not self.teacher.offer(result):
            self._deliver(result)

    def _deliver(self, result: SaliencyPacket) -> None:
        if self._traffic.publish(result):
            self._notify()

    def _notify(self) -> None:
        try:
            self._on_result()
        except Exception:
            logger.exception("the receiver of results raised")

    def _tell(self, lane: SourceFeed | None, event: Event) -> None:
        """Tells an event, unless it comes from a source that is not the current one."""
        with self._telling:
            with self._lock:
                if self._closed or (lane is not None and lane is not self._lane):
                    return
                if isinstance(event, StateChanged):
                    self._state = event.state
                elif isinstance(event, SourceOpened):
                    self._info = event.info
            try:
                self._on_event(event)
            except Exception:
                logger.exception("the receiver of events raised")
