"""Base class of sources: one thread reads, any thread may close."""

from __future__ import annotations

import abc
import contextlib
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Self

from uvanet.errors import SourceError
from uvanet.i18n import tr
from uvanet.redaction import printable
from uvanet.sources.base import Frame, Source, SourceCondition, SourceInfo, SourceStatus


class ThreadSafeSource(Source):
    """A source whose backend is never released during a call.

    OpenCV crashes if one thread releases a capture while another reads from it. So `close` does
    not touch a backend in use: it marks the source as closed and returns at once, and the thread
    that uses the backend releases it when its call ends.

    A closed source stays closed. This holds for a source that was never opened as well, since
    another thread may be about to open it.

    Subclasses implement `_open`, `_read` and `_release`, and `_seek` if they can seek. `_release`
    is called once, also if `_open` failed.

    Args:
        title: The name for people, used until `_open` returns a better one.
    """

    _again: Callable[[], Source]

    def __new__(cls, *args: Any, **options: Any) -> Self:
        """Stores the arguments for `renew`."""
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
        """The current status of a live source."""
        return self._status

    @property
    def info(self) -> SourceInfo:
        """The properties of the source; valid after `open`, and after `close` too.

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
            SourceError: The source cannot be opened, or was opened or closed before.
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
                    # A source that is closed during a call may give garbage or another error.
                    # Raise the true cause instead.
                    if self._closing.is_set() and self._info is not None:
                        self._refuse_closed()
        finally:
            # Checked after the lock is free: either this thread sees the event that `close` set,
            # or `close` gets the lock. One of the two releases the backend.
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
