"""A window of another program as a source, on X11; other windows may cover it."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import av
import av.error
import numpy as np
from av.container import InputContainer
from Xlib import X
from Xlib.display import Display
from Xlib.error import ConnectionClosedError, DisplayError, XError
from Xlib.ext import composite

from uvanet.errors import SourceError
from uvanet.i18n import tr, tr_noop
from uvanet.redaction import excerpt, printable
from uvanet.sources._thread_safe import ThreadSafeSource
from uvanet.sources.base import Frame, SourceCondition, SourceInfo, SourceKind
from uvanet.sources.media_input import reason

_ADVICE = tr_noop("Write window: and a part of its title, or its number such as 0x400007.")
_RETRY_S = 0.3  # interval of attempts to read a window that is not shown
_MAX_TITLE = 200  # letters
_MAX_PROPERTY = 4096  # units of four bytes that are read of a property


@dataclass(frozen=True, slots=True)
class WindowDevice:
    """A window of another program.

    Attributes:
        number: Number of the window in X11.
        title: The title, as its program wrote it, shortened.
        width: Width, pixels.
        height: Height, pixels.
    """

    number: int
    title: str
    width: int
    height: int

    @property
    def spec(self) -> str:
        """The string that opens the window."""
        return f"window:{self.number:#x}"


def list_windows() -> list[WindowDevice]:
    """Lists the visible windows of other programs, the newest first.

    Raises:
        SourceError: No X server answers.
    """
    with _connected() as server:
        return server.windows()


class WindowSource(ThreadSafeSource):
    """Frames of a window, without its border and title bar; its size may change.

    Args:
        where: The text after `window:`: the window's number, or a part of its title.
        fps: Frames per second; `read` waits accordingly.
    """

    def __init__(self, where: str, fps: float = 30.0) -> None:
        super().__init__(tr("Window {name}").format(name=where).strip())
        self._where, self._fps = where.strip(), fps
        self._connection: contextlib.ExitStack = contextlib.ExitStack()
        self._server: _Server
        self._window: WindowDevice
        self._input: InputContainer | None = None
        self._frames: Iterator[av.VideoFrame] = iter(())
        self._begin = 0.0
        self._next_index = 0

    def _open(self) -> SourceInfo:
        self._server = self._connection.enter_context(_connected())
        self._window = self._server.find(self._where)
        self._server.keep_content(self._window.number)
        try:
            self._grab()
        except (av.error.FFmpegError, OSError) as error:
            raise SourceError(
                tr("{title} cannot be watched: {error}.").format(
                    title=self._title, error=reason(error)
                ),
                tr("Choose another window."),
            ) from None
        self._begin = time.monotonic()
        return SourceInfo(
            spec=self._window.spec,
            title=printable(self._window.title),
            kind=SourceKind.SCREEN,
            width=self._window.width,
            height=self._window.height,
            fps=self._fps,
            live=True,
        )

    def _read(self) -> Frame | None:
        while True:
            size = self._server.size_of(self._window.number)
            if size is None:
                raise SourceError(
                    tr("The window {title} was closed.").format(title=self._title),
                    tr("Choose another window."),
                )
            if size != (self._window.width, self._window.height):
                self._window = replace(self._window, width=size[0], height=size[1])
                self._info = replace(self.info, width=size[0], height=size[1])
                self._close_input()
            try:
                if self._input is None:
                    self._grab()
                image = np.array(next(self._frames).to_ndarray(format="bgr24"), np.uint8, order="C")
            except (av.error.FFmpegError, OSError, StopIteration):
                self._wait()
                continue
            if self._status.condition is not SourceCondition.OK:
                self._report(SourceCondition.OK)
            frame = Frame(image, time.monotonic() - self._begin, self._next_index)
            self._next_index += 1
            return frame

    def _wait(self) -> None:
        """Waits for a window that cannot be read: it is minimized, or on another desktop."""
        self._close_input()
        if self._status.condition is not SourceCondition.STALLED:
            self._report(
                SourceCondition.STALLED,
                tr("The window {title} is not shown.").format(title=self._title),
                tr("Show it again; the picture goes on then."),
            )
        self._closing.wait(_RETRY_S)
        self._refuse_closed()

    def _grab(self) -> None:
        options = {
            "window_id": str(self._window.number),
            "framerate": f"{self._fps:g}",
            "draw_mouse": "0",
        }
        self._input = av.open(os.environ["DISPLAY"], format="x11grab", options=options)
        self._frames = self._input.decode(video=0)

    def _close_input(self) -> None:
        self._frames = iter(())
        if self._input is not None:
            self._input.close()
            self._input = None

    def _release(self) -> None:
        self._close_input()
        self._connection.close()


class _Server:
    """Requests to the X server about windows.

    Args:
        display: The connection.
    """

    def __init__(self, display: Display) -> None:
        self._display = display

    def windows(self) -> list[WindowDevice]:
        """The visible windows of other programs, the newest first."""
        numbers = self._property(self._display.screen().root, "_NET_CLIENT_LIST")
        windows = (self._window(int(number)) for number in reversed(numbers))
        return [window for window in windows if window is not None]

    def find(self, where: str) -> WindowDevice:
        """Finds a window by its number or a part of its title.

        Raises:
            SourceError: No window matches, or more than one does.
        """
        windows = self.windows()
        if re.fullmatch(r"0x[0-9a-fA-F]{1,8}", where):
            matches = [window for window in windows if window.number == int(where, 16)]
        else:
            folded = where.casefold()
            matches = [window for window in windows if folded and folded in window.title.casefold()]
            exact = [window for window in matches if window.title.casefold() == folded]
            matches = exact or matches
        if len(matches) == 1:
            return matches[0]
        if matches:
            listed = ", ".join(f"{match.spec} ({printable(match.title)})" for match in matches)
            raise SourceError(
                tr("{count} windows match {wanted!r}.").format(count=len(matches), wanted=where),
                tr("Name one by its number: {matches}.").format(matches=listed),
            )
        raise SourceError(tr("There is no window {wanted!r}.").format(wanted=where), tr(_ADVICE))

    def size_of(self, number: int) -> tuple[int, int] | None:
        """Width and height in pixels; None if the window is closed."""
        try:
            shape = self._object(number).get_geometry()
        except (XError, ConnectionClosedError):
            return None
        return int(shape.width), int(shape.height)

    def keep_content(self, number: int) -> None:
        """Lets the server keep the parts of a window that others cover, if it supports that."""
        if self._display.has_extension("Composite"):
            composite.redirect_window(self._object(number), composite.RedirectAutomatic)
            self._display.sync()

    def _object(self, number: int) -> Any:
        return self._display.create_resource_object("window", number)

    def _window(self, number: int) -> WindowDevice | None:
        window = self._object(number)
        try:
            own = os.getpid() in list(self._property(window, "_NET_WM_PID"))
            shown = window.get_attributes().map_state == X.IsViewable
            names = [self._property(window, name) for name in ("_NET_WM_NAME", "WM_NAME")]
        except XError:  # closed meanwhile
            return None
        size = self.size_of(number)
        if own or not shown or size is None:
            return None
        # A program may give its properties any type and length.
        titles = [name.decode("utf-8", "replace") for name in names if isinstance(name, bytes)]
        title = next(filter(None, titles), f"{number:#x}")
        return WindowDevice(number, excerpt(title, _MAX_TITLE), *size)

    def _property(self, window: Any, name: str) -> bytes | Sequence[int]:
        """The beginning of the value of a property of a window; empty if it is not set."""
        atom = self._display.intern_atom(name)
        reply = window.get_property(atom, X.AnyPropertyType, 0, _MAX_PROPERTY)
        return () if reply is None else reply.value


@contextlib.contextmanager
def _connected() -> Iterator[_Server]:
    """Connects to the X server.

    Raises:
        SourceError: No X server answers.
    """
    try:
        display = Display()
    except (DisplayError, OSError) as error:
        raise SourceError(
            tr("The screen cannot be watched: {error}.").format(error=error),
            tr("Check the variable DISPLAY, or choose another source."),
        ) from None
    # By default python-xlib prints errors of requests without a reply.
    display.set_error_handler(lambda *_: None)
    try:
        yield _Server(display)
    finally:
        with contextlib.suppress(ConnectionClosedError, OSError):
            display.close()
