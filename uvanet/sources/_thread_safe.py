"""The life of a source: one thread reads, any thread may close."""

from __future__ import annotations

import abc
import contextlib
import threading
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from uvanet.errors import SourceError
from uvanet.sources.base import Frame, Source, SourceInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class ThreadSafeSource(Source):
    """A source that keeps its backend from being closed under a running call.

    OpenCV's captures crash when one thread releases what another reads. So `close` never
    touches a backend at work: it marks the source closed, wakes what can be woken, and the
    thread at work lets go of the backend on its way out. `close` returns at once in any case.

    A source lives once: what was closed stays closed, also when it was closed before it was
    opened, since another thread may be about to open it.

    Subclasses write `_open`, `_read` and `_release`, and `_seek` where they can. `_release`
    is called once, also after an `_open` that failed.

    Args:
        title: The name for people, used until `_open` has found a better one.
    """

    _again: Callable[[], Source]

    def __new__(cls, *args: Any, **options: Any) -> Self:
        """Remembers how the source was made, for `renew`."""
        self = super().__new__(cls)
        self._again = partial(cls, *args, **options)
        return self

    def __init__(self, title: str) -> None:
        self._title = title
        self._info: SourceInfo | None = None
        self._work = threading.Lock()
        self._closing = threading.Event()
        self._released = False

    @property
    def info(self) -> SourceInfo:
        """The facts; valid after `open`, and after `close` as well.

        Raises:
            SourceError: The source was never opened.
        """
        if self._info is None:
            raise SourceError(f"{self._title} is not open.", "Open it first.")
        return self._info

    def open(self) -> None:
        """Opens the source; may block for seconds.

        Raises:
            SourceError: It cannot be opened, or it has been opened or closed before.
        """
        with self._at_work():
            if self._info is not None:
                raise SourceError(f"{self._title} is open already.")
            try:
                self._info = self._open()
            except BaseException:
                self._closing.set()
                raise
            self._title = self._info.title

    def read(self) -> Frame | None:
        """Gives the next frame, or None at the end.

        Raises:
            SourceError: The source broke, is not open, or was closed while this waited.
        """
        with self._at_work():
            _ = self.info
            return self._read()

    def seek(self, seconds: float) -> None:
        """Makes the next `read` give the frame shown at `seconds` (clamped to the source).

        Raises:
            SourceError: The source cannot seek, is not open, or broke.
        """
        with self._at_work():
            if not self.info.seekable:
                super().seek(seconds)
            self._seek(seconds)

    def close(self) -> None:
        """Lets go of the device or file; at once, from any thread, any number of times."""
        self._closing.set()
        self._release_when_idle()

    def renew(self) -> Source:
        """Gives a closed source made as this one was."""
        return self._again()

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
                    # A backend closed while it worked gives garbage or an odd error; what
                    # the caller needs to know is that it was closed.
                    if self._closing.is_set() and self._info is not None:
                        self._refuse_closed()
        finally:
            # Looked at after the lock is free: either this sees the mark that `close` has
            # set, or `close` finds the lock free. One of the two releases.
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
            raise SourceError(f"{self._title} is closed.", "Open the source again.")
