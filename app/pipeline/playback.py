"""Playback of an open source: commands, pacing of files, stepping, looping, end."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator

from app.pipeline.clock import Clock
from app.pipeline.command_queue import CommandQueue, PlaybackCommand
from app.pipeline.events import PipelineState, SourceEvent, StateChanged
from app.pipeline.frame_router import SourceFeed
from app.pipeline.pacing import Pacer
from app.pipeline.rewind import Rewind
from app.pipeline.stats import Drop
from app.pipeline.watchdog import StallDetector
from uvanet.errors import SourceError
from uvanet.i18n import tr
from uvanet.sources.base import Frame, Source

# Seconds behind after which a file skips ahead by a seek instead of reading late frames.
FAR_BEHIND_S = 1.0
# Longest time without a shown frame, however slow the reading is.
LONGEST_FREEZE_S = 0.1
# Seconds between two frames that are shown while a slider is dragged.
PREVIEW_S = 0.03


class Playback:
    """Plays one open source, frame by frame, on the capture thread.

    Slides are always paused: each stays until a seek or a step, and is an epoch of its own.

    Any error of the source goes through to the caller.

    Args:
        source: Open.
        feed: Receives the frames.
        emit: Receives the events.
        commands: Where commands come from.
        clock: Source of time stamps.
        detector: Fed with each frame of a live source, and around each read of a file.
    """

    def __init__(
        self,
        source: Source,
        feed: SourceFeed,
        emit: Callable[[SourceEvent], None],
        commands: CommandQueue,
        clock: Clock,
        detector: StallDetector,
    ) -> None:
        self._source = source
        self._info = source.info
        self._feed = feed
        self._emit = emit
        self._commands = commands
        self._clock = clock
        self._detector = detector
        self._state = PipelineState.OPENING
        self._period = 1.0 / self._info.fps if self._info.fps > 0 else 0.0
        self._pacer = Pacer(self._period)
        self._held: Frame | None = None  # read, but not due yet
        self._rewind = Rewind(source, self._read, self._is_given_up)
        self._shown_pts: float | None = None
        self._shown_t = -math.inf
        self._t_scene = -math.inf
        self._sought = False  # the frame shown last is the first after a seek
        self._any_frame = False
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
    def finished(self) -> bool:
        """Whether it ended and has to be opened again to play."""
        return self._state is PipelineState.ENDED and not self._info.seekable

    def begin(self, command: PlaybackCommand) -> None:
        """Starts to play, or to pause at the first frame where pause came while it was opened."""
        self._pacer.set_speed(command.speed, self._clock.now())
        paused = command.play is False or self._info.slides
        self._enter(PipelineState.PAUSED if paused else PipelineState.PLAYING)
        if command.seek is not None and self._info.seekable:
            self._seek(command.seek)
        elif paused:
            self._show_next()
        if command.steps:
            self._step(command.steps)

    def execute(self, command: PlaybackCommand) -> None:
        """Executes the commands that came since the last call."""
        if command.speed != self._pacer.speed:
            self._pacer.set_speed(command.speed, self._clock.now())
        seek = command.seek if self._info.seekable else None
        if self._state is PipelineState.ENDED:
            if seek is None and command.play:
                seek = 0.0  # start over
            if seek is None and command.steps >= 0:
                return
            self._enter(PipelineState.PLAYING if command.play else PipelineState.PAUSED)
        elif command.play is True and self._state is PipelineState.PAUSED:
            if not self._info.slides:
                self._resume()
        elif command.play is False and self._state is PipelineState.PLAYING:
            self._enter(PipelineState.PAUSED)
        if seek is not None and command.backwards:
            self._go_back(seek)
        elif seek is not None:
            self._seek(seek)
        if command.steps:
            self._step(command.steps)

    def advance(self) -> None:
        """Reads and delivers the next frame, where one is due; one frame at most."""
        if self._commands.waiting:
            return  # while a slider is dragged, a frame read now would be obsolete at once
        if self._state is PipelineState.PLAYING:
            if self._info.live:
                self._show_next()
            else:
                self._play_on()
        elif self._state is PipelineState.PAUSED and self._info.live and self._read() is None:
            self._end()

    def _enter(self, state: PipelineState) -> None:
        self._state = state
        self._emit(StateChanged(self._feed.source, state))

    def _resume(self) -> None:
        if self._held is None:
            self._pacer.restart()
        else:
            self._pacer.start(self._held.pts, self._clock.now())
        self._enter(PipelineState.PLAYING)

    def _seek(self, seconds: float) -> None:
        self._held = None
        self._rewind.clear()
        # The frame of the seek before is still painted: while a slider is dragged, each seek would
        # drop it.
        self._begin_epoch(None if self._sought else Drop.SEEK)
        self._source.abandon_seek = self._is_superseded
        with self._watched():
            self._source.seek(max(0.0, seconds))
        self._show_next()
        self._sought = True

    def _go_back(self, seconds: float) -> None:
        self._held = None
        if self._shown_pts is not None and seconds > self._shown_pts:
            self._rewind.clear()  # it was sought before, and that seek was not executed
        self._begin_epoch(Drop.SEEK)
        with self._watched():
            frame = self._rewind.back_to(max(0.0, seconds))
        if frame is not None and not self._commands.stopped.is_set():
            self._deliver(frame, self._clock.now())
            self._sought = True

    def _is_given_up(self) -> bool:
        """Whether the user no longer waits for a frame of reverse playback."""
        return self._commands.stopped.is_set() or self._commands.seek_waiting

    def _is_superseded(self) -> bool:
        """Whether a running seek may end before its position, since another seek waits.

        While a slider is dragged, frames on the way are shown every `PREVIEW_S`; the last position
        is shown exactly.
        """
        late = self._clock.now() - self._shown_t >= PREVIEW_S
        return late and self._commands.seek_waiting

    def _step(self, frames: int) -> None:
        if self._info.live:
            self._show_next()
        elif frames > 0:
            self._show_next(frames)
        elif self._info.seekable and self._shown_pts is not None:
            # The middle of the frame: its start may round to the frame before.
            self._seek(self._shown_pts + (frames + 0.5) * self._period)

    def _play_on(self) -> None:
        """Delivers the next frame of a file when it is due; drops it where it is far too late."""
        if self._held is None:
            self._held = self._next_in_time()
        frame = self._held
        if frame is None:
            return
        due, before = self._pacer.when(frame.pts), self._clock.now()
        if not self._commands.wait_until(due):
            return
        now = self._clock.now()
        if before < due < now - FAR_BEHIND_S:
            # The machine was suspended during the wait: nothing to catch up with.
            self._pacer.start(frame.pts, now)
        self._held = None
        self._deliver(frame, now)

    def _next_in_time(self) -> Frame | None:
        """Reads the next frame; None where it came too late, or at the end."""
        frame = self._next() or self._start_over()
        if frame is None:
            self._end()
            return None
        now = self._clock.now()
        return None if self._too_late(frame, self._pacer.due(frame.pts, now), now) else frame

    def _too_late(self, frame: Frame, due: float, now: float) -> bool:
        """Drops a frame that is too late for real time; returns whether it did."""
        behind = now - due
        if behind > FAR_BEHIND_S:
            if not self._info.seekable:
                self._pacer.start(frame.pts, now)
                return False
            self._feed.skip(Drop.LATE, now)
            self._rewind.clear()
            self._begin_epoch(None)
            with self._watched():
                self._source.seek(self._pacer.position(now))
            self._pacer.restart()
            return True
        if 0 < self._pacer.interval < behind and now - self._shown_t < LONGEST_FREEZE_S:
            self._feed.skip(Drop.LATE, now)
            return True
        return False

    def _show_next(self, frames: int = 1) -> None:
        """Delivers the n-th next frame at once; those before it count as stepped over."""
        frame: Frame | None = None
        latest: tuple[Frame, float] | None = None
        for _ in range(frames):
            frame = self._next()
            now = self._clock.now()
            if frame is None or self._commands.stopped.is_set():
                break
            if latest is not None:
                self._feed.skip(Drop.STEP, now)
            latest = frame, now
        if latest is not None:
            self._pacer.start(latest[0].pts, latest[1])
            self._deliver(*latest)
        if frame is None:
            self._end()

    def _next(self) -> Frame | None:
        """Reads the next frame; None at the end."""
        if self._held is not None:
            held, self._held = self._held, None
            return held
        return self._rewind.next() or self._read()

    def _start_over(self) -> Frame | None:
        """Reads the first frame again in a loop; None where it does not loop."""
        # A still picture has nothing to loop through, and slides do not start over.
        loops = self._commands.loop and self._moves and not self._info.slides
        if not (loops and self._info.seekable):
            return None
        with self._watched():
            self._source.seek(0.0)
        self._begin_epoch(None)
        return self._read()

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        """Lets the watchdog report a file that does not answer, as on a lost network share."""
        if self._info.live:
            yield
            return
        self._detector.feed(self._clock.now())
        try:
            yield
        finally:
            self._detector.pause()

    def _read(self) -> Frame | None:
        with self._watched():
            frame = self._source.read()
        if frame is not None:
            self._any_frame = True
            self._moves = self._moves or frame.index > 0
            if self._info.live:
                self._detector.feed(self._clock.now())
        return frame

    def _deliver(self, frame: Frame, now: float) -> None:
        if self._info.slides:
            self._begin_epoch(None)
        # The network needs growing times; the time stamps of a damaged file may decrease.
        self._t_scene = max(now if self._info.live else frame.pts, self._t_scene + 1e-3)
        self._shown_pts, self._shown_t = frame.pts, now
        self._sought = False
        self._feed.deliver(frame, now, self._t_scene)

    def _begin_epoch(self, flush: Drop | None) -> None:
        self._feed.begin_epoch(flush)
        self._t_scene = -math.inf

    def _end(self) -> None:
        if self._commands.stopped.is_set():
            return
        if not self._any_frame:
            raise SourceError(
                tr("{name} has no readable frame.").format(name=self._info.title),
                tr("Choose another source."),
            )
        self._detector.pause()
        if not self._info.slides:
            self._enter(PipelineState.ENDED)
