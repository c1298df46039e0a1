"""Live pipeline: a source, a network and a painter, each at its own rate."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from app.pipeline.capture import CaptureSessions
from app.pipeline.clock import Clock, SystemClock
from app.pipeline.events import (
    Event,
    PipelineState,
    SourceChanged,
    SourceEvent,
    SourceOpened,
    SourceResumed,
    SourceStalled,
    SourceStatusChanged,
    StateChanged,
)
from app.pipeline.frame_router import FrameRouter
from app.pipeline.inference import Inference
from app.pipeline.packets import FramePacket, SaliencyPacket
from app.pipeline.predictor import Predictor, PredictorFactory
from app.pipeline.stats import PipelineStats
from app.pipeline.teacher_branch import TeacherBranch
from app.pipeline.watchdog import STEP_LIMIT_S, Watchdog
from uvanet.sources.base import Source, SourceInfo

logger = logging.getLogger(__name__)

MIN_SPEED = 0.25
MAX_SPEED = 4.0


class LivePipeline:
    """Takes frames from a source, runs the network on the newest, keeps the newest result.

    All methods return at once (`close` within its bound) and may be called from any thread;
    `take_result` and `painted` belong to the one thread that paints. Callbacks come from the
    pipeline's threads and must be quick; none comes after `close` has returned True. Events
    carry the number of the source, model or teacher that they are about.

    Args:
        predictor: The network, or a factory that is run on the inference thread. A factory
            that raises leads to an InferenceFailed event; frames are shown without maps.
        on_result: Called after each new result; fetch it with `take_result`.
        on_event: Called with each event, in order.
        clock: Source of time stamps; the system's where None.
        name: Name of the network in messages.
        step_limit_s: Seconds after which a network that does not return is given up.

    Attributes:
        teacher: The optional teacher next to the network.
    """

    def __init__(
        self,
        predictor: Predictor | PredictorFactory,
        *,
        on_result: Callable[[], None],
        on_event: Callable[[Event], None],
        clock: Clock | None = None,
        name: str = "The model",
        step_limit_s: float = STEP_LIMIT_S,
    ) -> None:
        self._on_result = on_result
        self._on_event = on_event
        self._clock = clock if clock is not None else SystemClock()
        self._router = FrameRouter()
        self._lock = threading.RLock()
        # Held during each callback, so that events come one by one and in order.
        self._emitting = threading.RLock()
        self._state = PipelineState.IDLE
        self._stalled = False
        self._repeat_seq: int | None = None  # newest frame when `repeat_frame` was called
        self._info: SourceInfo | None = None
        self._stopped = threading.Event()  # set by `close`
        self._capture = CaptureSessions(self._router, self._emit, self._clock)
        self.teacher = TeacherBranch(
            self._router, self._notify, self._emit, self._clock, step_limit_s
        )
        self._inference = Inference(
            predictor,
            name,
            router=self._router,
            sink=self.teacher,
            emit=self._emit,
            clock=self._clock,
            step_limit_s=step_limit_s,
        )
        self._watchdog = Watchdog(self._check_steps, self._stopped, "uvanet-watchdog")

    @property
    def state(self) -> PipelineState:
        """State of the current source."""
        return self._state

    @property
    def info(self) -> SourceInfo | None:
        """Facts of the current source; None until it is open."""
        return self._info

    @property
    def speed(self) -> float:
        """Playback speed; kept over changes of source."""
        return self._capture.speed

    @property
    def loop(self) -> bool:
        """Whether the source starts over at its end; kept over changes of source."""
        return self._capture.loop

    def open(self, source: Source) -> int:
        """Closes the current source and plays another one.

        Returns at once: the new source is opened on its own thread, after the old one has ended
        or after a bounded wait. An old source that does not return from `read` is left behind;
        its frames and events are ignored. SourceOpened or SourceFailed follows.

        Args:
            source: A closed source, used by nobody else; the pipeline closes it.

        Returns:
            The number that the source's events and frames carry.
        """
        with self._lock:
            if self._stopped.is_set():
                raise RuntimeError("the pipeline is closed")
            self._state, self._info, self._stalled = PipelineState.OPENING, None, False
            return self._capture.open(source)

    def give_up_reconnecting(self) -> None:
        """Ends the attempts to connect the source again; SourceFailed follows.

        Does nothing where the source is not being reconnected.
        """
        with self._lock:
            self._capture.give_up()

    def play(self) -> None:
        """Plays; starts over after the end; opens the source again after a failure."""
        if (commands := self._capture.commands) is not None:
            commands.play(True)

    def pause(self) -> None:
        """Pauses. A live source is still read, so that its frames do not queue up."""
        if (commands := self._capture.commands) is not None:
            commands.play(False)

    def seek(self, seconds: float) -> None:
        """Jumps to a time and shows its frame, also in pause; ignored where it cannot seek.

        Of a burst of calls (a slider being dragged) only the newest counts. After the end, the
        source is paused at the frame.

        Args:
            seconds: Time since the source's start; clamped to it.
        """
        if (commands := self._capture.commands) is not None:
            commands.seek(seconds)

    def rewind(self, seconds: float) -> None:
        """Goes back to a time and shows its frame, never one on the way; paused.

        Args:
            seconds: Not later than the frame shown last.
        """
        if (commands := self._capture.commands) is not None:
            commands.seek(seconds, backwards=True)

    def step(self, frames: int = 1) -> None:
        """Pauses and moves by single frames; steps that wait add up.

        Args:
            frames: Number of frames; negative for backwards, where the source can seek.
        """
        if (commands := self._capture.commands) is not None:
            commands.step(frames)

    def set_speed(self, speed: float) -> None:
        """Sets the playback speed of sources that are not live.

        Args:
            speed: 1 is real time; clamped to MIN_SPEED..MAX_SPEED.
        """
        with self._lock:
            self._capture.speed = min(max(speed, MIN_SPEED), MAX_SPEED)
            if (commands := self._capture.commands) is not None:
                commands.set_speed(self._capture.speed)

    def set_loop(self, loop: bool) -> None:
        """Sets whether the source starts over at its end. A still picture never does."""
        with self._lock:
            self._capture.loop = loop
            if (commands := self._capture.commands) is not None:
                commands.loop = loop

    def use_model(self, predictor: Predictor, name: str) -> int:
        """Replaces the network; no frame is lost.

        ModelChanged follows with its first map, or ModelRefused where it fails on its first
        frame; then the network before takes that frame and stays. Where no frames flow, the
        frame that is shown is the first one.

        Args:
            predictor: Ready to run; used by the pipeline alone from now on.
            name: For the events.

        Returns:
            The number that the events carry.
        """
        number = self._inference.use(predictor, name)
        self.repeat_frame()
        return number

    @property
    def has_frame(self) -> bool:
        """Whether the current source has given a frame yet."""
        return self._router.last_seq is not None

    def repeat_frame(self) -> None:
        """Sends the newest frame to the networks once more, unless another one follows."""
        with self._lock:
            self._repeat_seq = self._router.last_seq
            self._repeat_if_still()

    def _repeat_if_still(self) -> None:
        if self._state is PipelineState.PLAYING and not self._stalled:
            return  # the next frame makes it needless; a pause, an end or a stall calls this again
        if self._repeat_seq is not None and self._repeat_seq == self._router.last_seq:
            self._router.repeat_frame(self._clock.now())
        self._repeat_seq = None

    def set_tap(self, tap: Callable[[FramePacket], None] | None) -> None:
        """Calls `tap` with every captured frame, on the capture thread; it must be quick."""
        self._router.tap = tap

    def set_paint_room(self, room: tuple[int, int]) -> None:
        """Sets `room` of `paintable` for the next frames."""
        self._inference.paint_room = room

    def take_result(self) -> SaliencyPacket | None:
        """Takes the newest result, or None; never a result older than the last one taken."""
        return self._router.take_result()

    def painted(self, packet: SaliencyPacket, t_paint: float | None = None) -> None:
        """Counts a result as painted; a repaint of the same one is not counted.

        Args:
            packet: The result taken last.
            t_paint: Time on the pipeline's clock (`time.perf_counter`); None for now.
        """
        self._router.painted(packet.frame, self._clock.now() if t_paint is None else t_paint)

    def stats(self) -> PipelineStats:
        """A consistent snapshot; cheap enough for a few calls per second."""
        snapshot = self._router.accounting.snapshot(self._clock.now())
        return replace(snapshot, damaged=self._capture.damaged)

    def close(self, timeout: float = 2.0) -> bool:
        """Stops all threads and closes the source. Not to be called from a callback.

        Args:
            timeout: Seconds to wait for all threads together.

        Returns:
            False where a thread is left behind (it does not return from a driver or an engine,
            and ends with the process).
        """
        end = time.monotonic() + timeout
        with self._lock:
            self._stopped.set()
            self._capture.stop()
            self._state, self._info = PipelineState.IDLE, None
            self.teacher.close()
            self._router.close()
        workers = (self._capture, self._watchdog, self._inference, self.teacher)
        ended = [worker.join(max(0.0, end - time.monotonic())) for worker in workers]
        return all(ended)

    def _check_steps(self) -> None:
        self._inference.check()
        self.teacher.check()

    def _notify(self) -> None:
        try:
            self._on_result()
        except Exception:
            logger.exception("the receiver of results raised")

    def _emit(self, event: Event) -> None:
        """Passes an event on, unless its source is not the current one."""
        with self._emitting:
            with self._lock:
                if self._stopped.is_set():
                    return
                if isinstance(event, SourceEvent) and event.source != self._capture.source:
                    return
                match event:
                    case StateChanged(_, state):
                        self._state = state
                    case SourceOpened(_, info) | SourceChanged(_, info):
                        self._info = info
                    case SourceStalled():
                        self._stalled = True
                    case SourceResumed():
                        self._stalled = False
                    case SourceStatusChanged(_, status):
                        self._stalled = status.condition.is_silent
                self._repeat_if_still()
            try:
                self._on_event(event)
            except Exception:
                logger.exception("the receiver of events raised")
