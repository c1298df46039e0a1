"""Base class of live sources that reconnect after a failure."""

from __future__ import annotations

import abc
import logging
import math
import time
from collections.abc import Callable
from typing import TypeVar

from uvanet.errors import SourceAbsentError, SourceError, SourceUnavailableError
from uvanet.sources._thread_safe import ThreadSafeSource
from uvanet.sources.base import SourceCondition, SourceInfo

_LOG = logging.getLogger(__name__)
_T = TypeVar("_T")

FIRST_PAUSE_S, MAX_PAUSE_S = 0.5, 5.0
# The pauses start anew only after a connection has lasted this long. A source that fails right
# after each connection is therefore tried less and less often.
_STEADY_S = 1.0


class ReconnectingSource(ThreadSafeSource):
    """A live source that reconnects with growing pauses until frames come.

    The attempts end after `reconnect` seconds or when the source is closed. Each attempt is
    reported as `SourceCondition.RECONNECTING`.

    `open` repeats its attempt only after a SourceUnavailableError. It waits for a device that is
    not connected only if `reconnect` is infinite: otherwise the name is more likely mistyped.

    Subclasses implement `_connect`. Their `_read` calls `_retry` after a failure and `_frame_came`
    at each frame.

    Args:
        title: The name for people, used until `_open` returns a better one.
        reconnect: Seconds for which to reconnect; 0 for never, infinity for no limit.
    """

    def __init__(self, title: str, reconnect: float) -> None:
        super().__init__(title)
        self._reconnect = reconnect
        self._pause = FIRST_PAUSE_S
        self._connected: float | None = None  # time of a new connection that has yet to hold

    @abc.abstractmethod
    def _connect(self) -> SourceInfo:
        """Releases an earlier connection and connects."""

    def _open(self) -> SourceInfo:
        try:
            return self._connect()
        except SourceUnavailableError as error:
            if isinstance(error, SourceAbsentError) and math.isfinite(self._reconnect):
                raise
            return self._retry(error, self._connect)

    def _retry(self, problem: SourceError, attempt: Callable[[], _T]) -> _T:
        """Repeats an attempt until it succeeds.

        Raises:
            SourceError: `problem`, once the time is over or the source was closed.
        """
        deadline = time.monotonic() + self._reconnect
        latest = problem
        while time.monotonic() + self._pause < deadline:
            pause = self._pause
            self._report(SourceCondition.RECONNECTING, latest.message, latest.hint, retry_in=pause)
            _LOG.info("%s Trying again in %.1f s.", latest.message, pause)
            self._pause = min(2 * pause, MAX_PAUSE_S)
            if self._closing.wait(pause):
                break
            self._report(SourceCondition.RECONNECTING, latest.message, latest.hint)
            try:
                result = attempt()
            except SourceError as error:
                if self._closing.is_set():
                    break
                latest = error
                continue
            self._connected = time.monotonic()
            return result
        raise problem

    def _frame_came(self) -> None:
        """Reports that the source works again, once a new connection is steady."""
        if self._connected is not None:
            if time.monotonic() - self._connected < _STEADY_S:
                return
            self._connected = None
            self._pause = FIRST_PAUSE_S
        if self._status.condition is not SourceCondition.OK:
            self._report(SourceCondition.OK)
