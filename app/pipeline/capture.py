"""The capture thread of one source: opens it, has it played, reports failures, lets go."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from app.pipeline.events import Event, PipelineState, SourceFailed, SourceOpened, StateChanged
from app.pipeline.playback import Playback
from app.pipeline.stats import Drop
from app.pipeline.watchdog import StallDetector, Watchdog
from uvanet.errors import SourceError, UvanetError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.pipeline.clock import Clock
    from app.pipeline.command_queue import CommandQueue
    from app.pipeline.frame_router import SourceFeed
    from uvanet.sources.base import Source

logger = logging.getLogger(__name__)

# How long a source may take to let go by itself, and then after it was closed from outside.
GRACE_S = 0.2
ABANDON_S = 0.8


class CaptureSession:
    """One source, from opening to letting go, on a daemon thread of its own.

    Args:
        source: Closed, used by nobody else; the session closes it.
        lane: Where frames go.
        tell: Takes the events.
        controls: Where the commands come from.
        clock: The time to live by.
        number: For the threads' names.
        before: Sessions that may still hold the device; waited for, within bounds.
    """

    def __init__(
        self,
        source: Source,
        lane: SourceFeed,
        tell: Callable[[Event], None],
        controls: CommandQueue,
        clock: Clock,
        *,
        number: int,
        before: Sequence[CaptureSession] = (),
    ) -> None:
        self.controls = controls
        self._source = source
        self._lane = lane
        self._tell = tell
        self._clock = clock
        self._number = number
        self._before = before
        self._touched = False
        self._failed = False
        self._playback: Playback | None = None
        self._detector = StallDetector()
        self._watchdog: Watchdog | None = None
        self._closer: threading.Thread | None = None
        self._thread = threading.Thread(
            target=self._run, name=f"uvanet-capture-{number}", daemon=True
        )

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Asks the session to leave; returns at once."""
        self.controls.stop()

    def unblock(self) -> None:
        """Closes the source from outside, so that a read that waits returns; at once."""
        # On a thread of its own, because the driver may block this as well.
        if self._touched and self._closer is None and self._thread.is_alive():
            self._closer = threading.Thread(
                target=self._let_go, name=f"uvanet-close-{self._number}", daemon=True
            )
            self._closer.start()

    def join(self, timeout: float) -> bool:
        """Waits so many seconds for the session's threads; False where one is still there."""
        end = time.monotonic() + timeout
        if not _joined(self._thread, end):
            return False
        closed = self._closer is None or _joined(self._closer, end)
        watched = self._watchdog is None or self._watchdog.join(max(0.0, end - time.monotonic()))
        return closed and watched

    def _run(self) -> None:
        self._wait_for_others()
        try:
            while not self.controls.stopped.is_set():
                try:
                    self._work()
                except UvanetError as error:
                    self._fail(error)
                except Exception as error:
                    if not self.controls.stopped.is_set():
                        logger.exception("a source raised")
                    self._fail(self._wrap(error))
        finally:
            if self._touched:
                self._let_go()

    def _work(self) -> None:
        """One round: opens the source where that is due, else obeys and moves on."""
        if self._playback is None and not self._failed:
            self._open()
            return
        idle = self._playback is None or self._playback.idle
        order = self.controls.next(block=idle)
        if order is None:
            return
        if self._playback is None or self._playback.over:
            if order.play:
                self._reopen()
            return
        self._playback.obey(order)
        self._playback.advance()

    def _open(self) -> None:
        self._tell(StateChanged(PipelineState.OPENING))
        self._touched = True
        self._source.open()
        if self.controls.stopped.is_set():
            return
        playback = Playback(
            self._source, self._lane, self._tell, self.controls, self._clock, self._detector
        )
        if self._source.info.live and self._watchdog is None:
            self._watchdog = Watchdog(
                self._detector,
                self._tell,
                self._clock,
                self.controls.stopped,
                f"uvanet-watchdog-{self._number}",
            )
        self._tell(SourceOpened(self._source.info))
        order = self.controls.next(block=False)
        if order is not None:
            self._playback = playback
            playback.begin(order)

    def _reopen(self) -> None:
        self._let_go()
        self._source = self._source.renew()
        self._lane.renew_epoch(Drop.SOURCE_CHANGED)
        self._playback, self._failed = None, False

    def _fail(self, error: UvanetError) -> None:
        if self.controls.stopped.is_set():
            return  # it was closed under the reader's feet
        self._detector.rest()
        self._let_go()
        self._playback, self._failed = None, True
        self._tell(SourceFailed(error))
        self._tell(StateChanged(PipelineState.FAILED))

    def _wrap(self, error: Exception) -> SourceError:
        try:
            name = self._source.info.title
        except Exception:  # noqa: BLE001 - no facts before it is open
            name = "The source"
        detail = f"{type(error).__name__}: {error}".rstrip(": ")
        return SourceError(
            f"{name} broke in an unexpected way ({detail}).",
            "Try it again or choose another source; the log has the details.",
        )

    def _let_go(self) -> None:
        try:
            self._source.close()
        except Exception:
            logger.exception("a source raised while it was closed")

    def _wait_for_others(self) -> None:
        """Waits until the device may be free: reopening a camera too early finds it busy."""
        late = _not_joined(self._before, GRACE_S)
        for session in late:
            session.unblock()
        for _ in _not_joined(late, ABANDON_S):
            logger.warning("a source hangs and is left behind")
        self._before = ()


def _not_joined(sessions: Sequence[CaptureSession], seconds: float) -> list[CaptureSession]:
    end = time.monotonic() + seconds
    return [s for s in sessions if not s.join(max(0.0, end - time.monotonic()))]


def _joined(thread: threading.Thread, end: float) -> bool:
    if thread is not threading.current_thread():
        thread.join(max(0.0, end - time.monotonic()))
    return not thread.is_alive()
