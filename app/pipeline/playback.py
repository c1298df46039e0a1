"""How an open source is played: obeying commands, pacing files, stepping, looping, ending."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from app.pipeline.events import Event, PipelineState, SourceEnded, StateChanged
from app.pipeline.pacing import Pacer
from app.pipeline.stats import Drop
from uvanet.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.pipeline.clock import Clock
    from app.pipeline.command_queue import CommandQueue, PlaybackCommand
    from app.pipeline.frame_router import SourceFeed
    from app.pipeline.watchdog import StallDetector
    from uvanet.sources.base import Frame, Source

# Behind by more than this, a file skips ahead by a seek instead of reading what nobody sees.
FAR_BEHIND_S = 1.0
# However slow the reading, a picture is shown this often.
LONGEST_FREEZE_S = 0.1


class Playback:
    """Plays one open source, frame by frame, on the capture thread.

    Any error of the source goes through to the caller.

    Args:
        source: Open.
        lane: Where frames go.
        tell: Takes the events.
        controls: Where the commands come from.
        clock: The time to live by.
        detector: Told of the life signs of a live source.
    """

    def __init__(
        self,
        source: Source,
        lane: SourceFeed,
        tell: Callable[[Event], None],
        controls: CommandQueue,
        clock: Clock,
        detector: StallDetector,
    ) -> None:
        self._source = source
        self._info = source.info
        self._lane = lane
        self._tell = tell
        self._controls = controls
        self._clock = clock
        self._detector = detector
        self._state = PipelineState.OPENING
        self._period = 1.0 / self._info.fps if self._info.fps > 0 else 0.0
        self._pacer = Pacer(self._period)
        self._held: Frame | None = None  # read, but not due yet
        self._shown_pts: float | None = None
        self._shown_t = -math.inf
        self._t_scene = -math.inf
        self._gave = False
        self._moves = False
        if self._info.live:
            detector.feed(clock.now())

    @property
    def idle(self) -> bool:
        """Whether nothing happens until a command comes."""
        if self._state is PipelineState.PAUSED:
            return not self._info.live
        return self._state is PipelineState.ENDED

    @property
    def over(self) -> bool:
        """Whether it ended and can only go on by being opened again."""
        return self._state is PipelineState.ENDED and not self._info.seekable

    def begin(self, order: PlaybackCommand) -> None:
        """Plays, unless told otherwise while it was being opened; shows a frame anyway."""
        self._pacer.set_speed(order.speed, self._clock.now())
        paused = order.play is False
        self._enter(PipelineState.PAUSED if paused else PipelineState.PLAYING)
        if order.seek is not None and self._info.seekable:
            self._seek(order.seek)
        elif paused:
            self._show_next()
        if order.steps:
            self._step(order.steps)

    def obey(self, order: PlaybackCommand) -> None:
        """Does what the order says."""
        if order.speed != self._pacer.speed:
            self._pacer.set_speed(order.speed, self._clock.now())
        seek = order.seek if self._info.seekable else None
        if self._state is PipelineState.ENDED:
            if seek is None and order.play:
                seek = 0.0  # start over
            if seek is None and order.steps >= 0:
                return
            self._enter(PipelineState.PLAYING if order.play else PipelineState.PAUSED)
        elif order.play is True and self._state is PipelineState.PAUSED:
            self._resume()
        elif order.play is False and self._state is PipelineState.PLAYING:
            self._enter(PipelineState.PAUSED)
        if seek is not None:
            self._seek(seek)
        if order.steps:
            self._step(order.steps)

    def advance(self) -> None:
        """Does the next piece of work: a frame at most."""
        if self._controls.waiting:
            return  # reading on while a slider is dragged would be for nothing
        if self._state is PipelineState.PLAYING:
            if self._info.live:
                self._show_next()
            else:
                self._play_on()
        elif self._state is PipelineState.PAUSED and self._info.live and self._read() is None:
            self._end()

    def _enter(self, state: PipelineState) -> None:
        self._state = state
        self._tell(StateChanged(state))

    def _resume(self) -> None:
        if self._held is None:
            self._pacer.restart()
        else:
            self._pacer.start(self._held.pts, self._clock.now())
        self._enter(PipelineState.PLAYING)

    def _seek(self, seconds: float) -> None:
        self._held = None
        self._renew_epoch(Drop.SEEK)
        self._source.seek(max(0.0, seconds))
        # Shown at once, even with the next seek waiting: a slider being dragged shows its way.
        self._show_next()

    def _step(self, frames: int) -> None:
        if self._info.live:
            self._show_next()
        elif frames > 0:
            self._show_next(frames)
        elif self._info.seekable and self._shown_pts is not None:
            # The middle of the frame sought: its edge may round to the one before.
            self._seek(self._shown_pts + (frames + 0.5) * self._period)

    def _play_on(self) -> None:
        """Shows the next frame of a file when it is due, or drops it when that is long past."""
        if self._held is None:
            self._held = self._fresh()
        frame = self._held
        if frame is None:
            return
        due, before = self._pacer.when(frame.pts), self._clock.now()
        if not self._controls.wait_until(due):
            return
        now = self._clock.now()
        if before < due < now - FAR_BEHIND_S:
            # The machine slept while we waited: nothing to catch up with.
            self._pacer.start(frame.pts, now)
        self._held = None
        self._deliver(frame, now)

    def _fresh(self) -> Frame | None:
        """The next frame unless it is too late for it, or the end."""
        frame = self._next()
        if frame is None:
            self._end()
            return None
        now = self._clock.now()
        return None if self._too_late(frame, self._pacer.due(frame.pts, now), now) else frame

    def _too_late(self, frame: Frame, due: float, now: float) -> bool:
        """Whether the frame was dropped to stay in real time."""
        behind = now - due
        if behind > FAR_BEHIND_S:
            if not self._info.seekable:
                self._pacer.start(frame.pts, now)
                return False
            self._lane.skipped(Drop.LATE, now)
            self._renew_epoch(None)
            self._source.seek(self._pacer.position(now))
            self._pacer.restart()
            return True
        if 0 < self._pacer.interval < behind and now - self._shown_t < LONGEST_FREEZE_S:
            self._lane.skipped(Drop.LATE, now)
            return True
        return False

    def _show_next(self, frames: int = 1) -> None:
        """Shows the frame so many ahead at once; the ones between count as stepped over."""
        frame: Frame | None = None
        latest: tuple[Frame, float] | None = None
        for _ in range(frames):
            frame = self._next()
            now = self._clock.now()
            if frame is None or self._controls.stopped.is_set():
                break
            if latest is not None:
                self._lane.skipped(Drop.STEP, now)
            latest = frame, now
        if latest is not None:
            self._pacer.start(latest[0].pts, latest[1])
            self._deliver(*latest)
        if frame is None:
            self._end()

    def _next(self) -> Frame | None:
        """The next frame, from the start again where that is wanted; None at the end."""
        if self._held is not None:
            held, self._held = self._held, None
            return held
        frame = self._read()
        # A still picture has nothing to loop through.
        if frame is None and self._controls.loop and self._moves and self._info.seekable:
            self._source.seek(0.0)
            self._renew_epoch(None)
            frame = self._read()
        return frame

    def _read(self) -> Frame | None:
        frame = self._source.read()
        if frame is not None:
            self._gave = True
            self._moves = self._moves or frame.index > 0
            if self._info.live:
                self._detector.feed(self._clock.now())
        return frame

    def _deliver(self, frame: Frame, now: float) -> None:
        # Broken time stamps must not run backwards under the network.
        self._t_scene = max(now if self._info.live else frame.pts, self._t_scene + 1e-3)
        self._shown_pts, self._shown_t = frame.pts, now
        self._lane.deliver(frame, now, self._t_scene)

    def _renew_epoch(self, flush: Drop | None) -> None:
        self._lane.renew_epoch(flush)
        self._t_scene = -math.inf

    def _end(self) -> None:
        if self._controls.stopped.is_set():
            return
        if not self._gave:
            raise SourceError(
                f"{self._info.title} holds no picture that can be read.", "Choose another source."
            )
        self._detector.rest()
        self._tell(SourceEnded())
        self._enter(PipelineState.ENDED)
