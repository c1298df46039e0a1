"""Base class of sources: one thread reads, any thread may close."""

from __future__ import annotations

import abc
import contextlib
import threading
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from uvanet.errors import SourceError
from uvanet.i18n import tr
from uvanet.redaction import printable
from uvanet.sources.base import Frame, Source, SourceCondition, SourceInfo, SourceStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class ThreadSafeSource(Source):
    """A source whose backend is never released during a call.

    OpenCV's captures crash if one thread releases what another reads. So `close` never touches a
    backend in use: it marks the source as closed, and the thread that uses the backend releases
    it when its call ends. `close` always returns at once.

    A closed source stays closed, also if it was closed before it was opened, since another thread
    may be about to open it.

    Subclasses implement `_open`, `_read` and `_release`, and `_seek` if they can seek. `_release`
    is called once, also after an `_open` that failed.

    Args:
        title: The name for people, used until `_open` has found a better one.
    """

    _again: Callable[[], Source]

    def __new__(cls, *args: Any, **options: Any) -> Self:
        """Remembers the arguments, for `renew`."""
        self = super().__new__(cls)
        self._again = partial(cls, *args, **options)
        return self

    def __init__(self, title: str) -> None:
        self._title = printable(title)
        self._info: SourceInfo | None = None
        self._work = threading.Lock()
        self._closing = threading.Event()
        self._released = False
        self._status = SourceStatus()

    @property
    def status(self) -> SourceStatus:
        """What a live source does now."""
        return self._status

    @property
    def info(self) -> SourceInfo:
        """The facts; valid after `open`, and after `close` as well.

        Raises:
            SourceError: The source was never opened.
        """
        if self._info is None:
            raise SourceError(
                tr("{title} is not open.").format(title=self._title), tr("Open it first.")
            )
        return self._info

    def open(self) -> None:
        """Opens the source; may block for seconds.

        Raises:
            SourceError: It cannot be opened, or it has been opened or closed before.
        """
        with self._at_work():
            if self._info is not None:
                raise SourceError(tr("{title} is open already.").format(title=self._title))
            try:
                self._info = self._open()
            except BaseException:
                self._closing.set()
                raise
            self._title = self._info.title

    def read(self) -> Frame | None:
        """Returns the next frame, or None at the end.

        Raises:
            SourceError: The source failed, is not open, or was closed during the call.
        """
        with self._at_work():
            _ = self.info
            return self._read()

    def seek(self, seconds: float) -> None:
        """Makes the next `read` return the frame shown at `seconds` (clamped to the source).

        Raises:
            SourceError: The source cannot seek, is not open, or failed.
        """
        with self._at_work():
            if not self.info.seekable:
                super().seek(seconds)
            self._seek(seconds)

    def close(self) -> None:
        """Releases the device or file; returns at once, from any thread, any number of times."""
        self._closing.set()
        self._release_when_idle()

    def renew(self) -> Source:
        """Returns a closed source with the same arguments."""
        return self._again()

    def _report(
        self, condition: SourceCondition, problem: str = "", hint: str = "", retry_in: float = 0.0
    ) -> None:
        self._status = SourceStatus(condition, problem, hint, retry_in, self._status.damaged)
        if self.on_status is not None:
            self.on_status(self._status)

    @abc.abstractmethod
    def _open(self) -> SourceInfo: ...

    @abc.abstractmethod
    def _read(self) -> Frame | None: ...

    @abc.abstractmethod
    def _release(self) -> None: ...

    def _seek(self, seconds: float) -> None:
        raise NotImplementedError

    @contextlib.contextmanager
    def _at_work(self) -> Iterator[None]:
        try:
            with self._work:
                self._refuse_closed()
                try:
                    yield
                finally:
                    # A source closed during a call may give garbage or another error; the
                    # caller needs to know that it was closed.
                    if self._closing.is_set() and self._info is not None:
                        self._refuse_closed()
        finally:
            # Checked after the lock is free: either this sees the event that `close` set, or
            # `close` gets the lock. One of the two releases.
            if self._closing.is_set():
                self._release_when_idle()

    def _release_when_idle(self) -> None:
        if not self._work.acquire(blocking=False):
            return
        try:
            if not self._released:
                self._released = True
                self._release()
        finally:
            self._work.release()

    def _refuse_closed(self) -> None:
        if self._closing.is_set():
            raise SourceError(
                tr("{title} is closed.").format(title=self._title), tr("Open the source again.")
            )
