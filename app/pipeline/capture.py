"""Capture threads, one per source: open it, play it, report failures, close it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

from app.pipeline.clock import Clock
from app.pipeline.command_queue import CommandQueue
from app.pipeline.events import (
    PipelineState,
    SourceChanged,
    SourceEvent,
    SourceFailed,
    SourceOpened,
    SourceStatusChanged,
    StateChanged,
)
from app.pipeline.frame_router import FrameRouter, SourceFeed
from app.pipeline.playback import Playback
from app.pipeline.stats import Drop
from app.pipeline.watchdog import StallDetector, Watchdog
from uvanet.errors import SourceError, UvanetError
from uvanet.i18n import tr
from uvanet.sources.base import Source, SourceCondition, SourceInfo, SourceKind, SourceStatus

logger = logging.getLogger(__name__)

# Seconds that a source may take to end by itself, and then after it was closed from outside.
GRACE_S = 0.2
ABANDON_S = 0.8


class CaptureSession:
    """Captures from one source, from opening to closing, on a daemon thread of its own.

    Args:
        source: Closed, used by nobody else; the session closes it.
        feed: Receives the frames; events and thread names carry its number.
        emit: Receives the events.
        commands: Where commands come from.
        clock: Source of time stamps.
        before: Sessions that may still hold the device; waited for, within bounds.
    """

    def __init__(
        self,
        source: Source,
        feed: SourceFeed,
        emit: Callable[[SourceEvent], None],
        commands: CommandQueue,
        clock: Clock,
        *,
        before: Sequence[CaptureSession] = (),
    ) -> None:
        self.commands = commands
        self._source = source
        self._feed = feed
        self._emit = emit
        self._clock = clock
        self._before = before
        self._opened = False
        self._failed = False
        self._playback: Playback | None = None
        self._detector = StallDetector(feed.source)
        self._watchdog: Watchdog | None = None
        self._closer: threading.Thread | None = None
        self._info: SourceInfo | None = None  # of the last SourceOpened or SourceChanged
        self._retrying: SourceStatus | None = None  # the last status of a lost connection
        self._given_up = False
        self._thread = threading.Thread(
            target=self._run, name=f"uvanet-capture-{feed.source}", daemon=True
        )

    @property
    def damaged(self) -> int:
        """Number of damaged frames that the source has skipped."""
        return self._source.status.damaged

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Asks the thread to end; returns at once."""
        self.commands.stop()

    def unblock(self) -> None:
        """Closes the source from outside, so that a blocked read returns; returns at once."""
        # On a thread of its own: the driver may block this call as well.
        if self._opened and self._closer is None and self._thread.is_alive():
            self._closer = threading.Thread(
                target=self._close, name=f"uvanet-close-{self._feed.source}", daemon=True
            )
            self._closer.start()

    def give_up(self) -> None:
        """Ends the attempts to connect a lost source again; the source fails with its problem."""
        if self._retrying is not None:
            self._given_up = True
            self.unblock()

    def join(self, timeout: float) -> bool:
        """Waits for the threads, `timeout` seconds in all; returns False where one still runs."""
        end = time.monotonic() + timeout
        if not _joined(self._thread, end):
            return False
        closed = self._closer is None or _joined(self._closer, end)
        watched = self._watchdog is None or self._watchdog.join(max(0.0, end - time.monotonic()))
        return closed and watched

    def _run(self) -> None:
        self._wait_for_others()
        try:
            while not self.commands.stopped.is_set():
                try:
                    self._work()
                except UvanetError as error:
                    self._fail(error)
                except Exception as error:
                    if not self.commands.stopped.is_set():
                        logger.exception("a source raised")
                    self._fail(self._wrap(error))
        finally:
            if self._opened:
                self._close()

    def _work(self) -> None:
        """One round: opens the source where that is due, else executes commands and advances."""
        if self._playback is None and not self._failed:
            self._open()
            return
        idle = self._playback is None or self._playback.idle
        command = self.commands.next(block=idle)
        if command is None:
            return
        if self._playback is None or self._playback.finished:
            if command.play:
                self._reopen()
            return
        self._playback.execute(command)
        self._playback.advance()

    def _open(self) -> None:
        self._emit(StateChanged(self._feed.source, PipelineState.OPENING))
        self._opened = True
        self._source.on_status = self._on_status
        self._source.open()
        if self.commands.stopped.is_set():
            return
        playback = Playback(
            self._source, self._feed, self._emit, self.commands, self._clock, self._detector
        )
        if self._watchdog is None:
            self._watchdog = Watchdog(
                self._check_stall,
                self.commands.stopped,
                f"uvanet-watchdog-{self._feed.source}",
            )
        self._info = self._source.info
        if self._info.kind is SourceKind.CAMERA:
            self._detector.expect_camera()
        self._emit(SourceOpened(self._feed.source, self._info))
        command = self.commands.next(block=False)
        if command is not None:
            self._playback = playback
            playback.begin(command)

    def _reopen(self) -> None:
        self._close()
        self._source = self._source.renew()
        self._feed.begin_epoch(Drop.SOURCE_CHANGED)
        self._playback, self._info, self._failed = None, None, False
        self._retrying, self._given_up, self._closer = None, False, None

    def _on_status(self, status: SourceStatus) -> None:
        """Passes the status on; a source that is being reconnected does not stall."""
        if status.condition is SourceCondition.RECONNECTING:
            self._retrying = status
            self._detector.rest()
        else:
            self._retrying = None
        self._emit(SourceStatusChanged(self._feed.source, status))
        if self._info is not None and self._source.info != self._info:
            self._info = self._source.info
            self._emit(SourceChanged(self._feed.source, self._info))

    def _fail(self, error: UvanetError) -> None:
        if self.commands.stopped.is_set():
            return  # closed from outside while it was read
        if self._given_up and self._retrying is not None:
            error = SourceError(self._retrying.problem, self._retrying.hint)
        self._detector.rest()
        self._close()
        self._playback, self._failed = None, True
        self._emit(SourceFailed(self._feed.source, error))
        self._emit(StateChanged(self._feed.source, PipelineState.FAILED))

    def _check_stall(self) -> None:
        event = self._detector.check(self._clock.now())
        if event is not None:
            self._emit(event)

    def _wrap(self, error: Exception) -> SourceError:
        try:
            name = self._source.info.title
        except Exception:  # noqa: BLE001 - some sources have no info before they are open
            name = tr("The source")
        detail = f"{type(error).__name__}: {error}".rstrip(": ")
        return SourceError(
            tr("{name} failed unexpectedly ({detail}).").format(name=name, detail=detail),
            tr("Try it again or choose another source; the log has the details."),
        )

    def _close(self) -> None:
        try:
            self._source.close()
        except Exception:
            logger.exception("a source raised while it was closed")

    def _wait_for_others(self) -> None:
        """Waits for earlier sessions to end: a camera that is opened too early is busy."""
        late = _not_joined(self._before, GRACE_S)
        for session in late:
            session.unblock()
        for _ in _not_joined(late, ABANDON_S):
            logger.warning("a source does not return; its thread is left behind")
        self._before = ()


class CaptureSessions:
    """The session of the current source, and those before it that have not ended yet.

    All methods return at once (`join` within its bound). The caller holds a lock around `open`
    and `stop`.

    Args:
        router: Gives each source its feed.
        emit: Receives the events of all sources.
        clock: Source of time stamps.

    Attributes:
        source: Number of the current source; 0 before the first.
        speed: Playback speed, kept over changes of source.
        loop: Whether sources start over at their end, kept over changes of source.
    """

    def __init__(
        self, router: FrameRouter, emit: Callable[[SourceEvent], None], clock: Clock
    ) -> None:
        self.source = 0
        self.speed = 1.0
        self.loop = False
        self._router = router
        self._emit = emit
        self._clock = clock
        self._current: CaptureSession | None = None
        self._retired: list[CaptureSession] = []

    @property
    def damaged(self) -> int:
        """Number of damaged frames that the current source has skipped."""
        session = self._current
        return 0 if session is None else session.damaged

    @property
    def commands(self) -> CommandQueue | None:
        """Command queue of the current source."""
        session = self._current
        return None if session is None else session.commands

    def open(self, source: Source) -> int:
        """Stops the current session and starts one for a source; returns its number."""
        self.stop()
        self._retired = [session for session in self._retired if not session.join(0)]
        self.source += 1
        self._current = CaptureSession(
            source,
            self._router.open_feed(self.source),
            self._emit,
            CommandQueue(self._clock, self.speed, self.loop),
            self._clock,
            before=tuple(self._retired),
        )
        self._current.start()
        return self.source

    def give_up(self) -> None:
        """See `CaptureSession.give_up`; for the current session."""
        if self._current is not None:
            self._current.give_up()

    def stop(self) -> None:
        """Asks the current session to end."""
        if self._current is not None:
            self._current.stop()
            self._retired.append(self._current)
            self._current = None

    def join(self, timeout: float) -> bool:
        """Waits for all threads, `timeout` seconds in all; returns False where one still runs."""
        end = time.monotonic() + timeout
        for session in _not_joined(self._retired, min(timeout, GRACE_S)):
            session.unblock()
        self._retired = _not_joined(self._retired, max(0.0, end - time.monotonic()))
        return not self._retired


def _not_joined(sessions: Sequence[CaptureSession], seconds: float) -> list[CaptureSession]:
    end = time.monotonic() + seconds
    return [s for s in sessions if not s.join(max(0.0, end - time.monotonic()))]


def _joined(thread: threading.Thread, end: float) -> bool:
    if thread is not threading.current_thread():
        thread.join(max(0.0, end - time.monotonic()))
    return not thread.is_alive()
