"""Screen capture: a screen, or a region of the desktop."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import time
from dataclasses import dataclass
from typing import Any

import cv2
import mss
import numpy as np
from mss.exception import ScreenShotError
from numpy.typing import NDArray

from uvanet.errors import SourceError
from uvanet.i18n import tr, tr_noop
from uvanet.sources._thread_safe import ThreadSafeSource
from uvanet.sources.base import Frame, SourceInfo, SourceKind

_BOX_KEYS = ("left", "top", "width", "height")
_COVER = 32  # gray value of hidden areas
_ADVICE = tr_noop("Write screen: for the main screen, screen:2 for the second, or screen:x,y,w,h.")


@dataclass(frozen=True, slots=True)
class ScreenDevice:
    """A screen that can be captured.

    Attributes:
        name: A name for people.
        spec: The string that opens the screen.
        width: Width in units of the desktop; 0 if unknown.
        height: Height in units of the desktop; 0 if unknown.
    """

    name: str
    spec: str
    width: int
    height: int


def is_wayland() -> bool:
    """Whether the desktop is one of Wayland, where programs must ask the user for a screen."""
    return sys.platform.startswith("linux") and bool(os.environ.get("WAYLAND_DISPLAY"))


def is_x11() -> bool:
    """Whether the desktop is one of X11, where programs can read all windows."""
    return sys.platform.startswith("linux") and not is_wayland() and bool(os.environ.get("DISPLAY"))


def screen_source(where: str) -> ThreadSafeSource:
    """Returns the source of a screen; under Wayland the user chooses it in the desktop's dialog.

    Args:
        where: See `ScreenSource`; empty under Wayland.

    Raises:
        SourceError: `where` is invalid, or names a screen or region under Wayland.
    """
    number, region = _parse(where)
    if not is_wayland():
        return ScreenSource(where)
    if region is not None or number is not None:
        raise SourceError(
            tr("Wayland has no screen or region {where!r}.").format(where=where),
            tr("Write screen: and choose a screen or a window in the desktop's dialog."),
        )
    from uvanet.sources.portal_screen import PortalScreenSource  # jeepney is for Linux only

    return PortalScreenSource()


def list_screens() -> list[ScreenDevice]:
    """Lists the screens; empty if there is no display.

    Under Wayland there is one entry without a size: the user chooses when it is opened.
    """
    if is_wayland():
        return [ScreenDevice(tr("Screen or window…"), "screen:", 0, 0)]
    try:
        with _grabber() as grabber:
            monitors = list(grabber.monitors[1:])
    except SourceError:
        return []
    return [
        ScreenDevice(
            name=tr("Screen {number} ({width} x {height})").format(
                number=number, width=monitor["width"], height=monitor["height"]
            ),
            spec=f"screen:{number}",
            width=monitor["width"],
            height=monitor["height"],
        )
        for number, monitor in enumerate(monitors, start=1)
    ]


class HiddenAreas:
    """Parts of the desktop that a screen source covers. Any thread may set and read them.

    Attributes:
        boxes: Left, top, width and height of each part in pixels of the whole desktop.
    """

    def __init__(self) -> None:
        self.boxes: tuple[tuple[int, int, int, int], ...] = ()

    def cover(self, image: NDArray[np.uint8], box: dict[str, int]) -> None:
        """Covers the hidden parts in a picture of the desktop, in place.

        Args:
            image: BGR, uint8, shape (h, w, 3); on a screen of high density it has more pixels than
                the desktop counts.
            box: The part of the desktop in the picture: "left", "top", "width" and "height".
        """
        down, across = image.shape[0] / box["height"], image.shape[1] / box["width"]
        for left, top, width, height in self.boxes:
            x, y = left - box["left"], top - box["top"]
            rows = slice(max(0, round(y * down)), max(0, round((y + height) * down)))
            columns = slice(max(0, round(x * across)), max(0, round((x + width) * across)))
            image[rows, columns] = _COVER


class ScreenSource(ThreadSafeSource):
    """Frames of the screen, at most `fps` per second.

    Args:
        where: The text after `screen:`: empty for the main screen, the number of a screen from 1,
            or "x,y,w,h" in pixels of the whole desktop.
        fps: Maximum frames per second; `read` waits accordingly.

    Attributes:
        hidden_areas: Parts that are covered, such as the windows of this program; None for none.

    Raises:
        SourceError: `where` is invalid.
    """

    hidden_areas: HiddenAreas | None = None

    def __init__(self, where: str = "", fps: float = 30.0) -> None:
        number, region = _parse(where)
        super().__init__(
            tr("Screen region") if region else tr("Screen {number}").format(number=number or 1)
        )
        self._where = where
        self._number = number
        self._region = region
        self._fps = fps
        self._grabber: Any = None
        self._box: dict[str, int] = {}
        self._begin = 0.0
        self._due = 0.0
        self._next_index = 0

    def renew(self) -> ScreenSource:
        """Returns a closed source of the same screen with the same hidden areas."""
        fresh = super().renew()
        assert isinstance(fresh, ScreenSource)
        fresh.hidden_areas = self.hidden_areas
        return fresh

    def _open(self) -> SourceInfo:
        self._grabber = _grabber()
        self._box = self._find_box(self._grabber.monitors)
        first = self._grab()
        self._begin = self._due = time.monotonic()
        return SourceInfo(
            spec=f"screen:{self._where}",
            title=self._title,
            kind=SourceKind.SCREEN,
            # A screen of high density has more pixels than the desktop counts.
            width=first.shape[1],
            height=first.shape[0],
            fps=self._fps,
            live=True,
        )

    def _read(self) -> Frame | None:
        wait = self._due - time.monotonic()
        if wait > 0:
            self._closing.wait(wait)  # ends early if the source is closed
        now = time.monotonic()
        # Frames keep to a regular grid; a late one starts a new grid.
        self._due = max(self._due + 1.0 / self._fps, now)
        frame = Frame(self._grab(), now - self._begin, self._next_index)
        self._next_index += 1
        return frame

    def _release(self) -> None:
        if self._grabber is not None:
            grabber, self._grabber = self._grabber, None
            # mss raises if the X server has ended; then nothing is left to release.
            with contextlib.suppress(ScreenShotError):
                grabber.close()

    def _grab(self) -> NDArray[np.uint8]:
        try:
            shot = self._grabber.grab(self._box)
        except (ScreenShotError, AssertionError) as error:
            # mss asserts that the X server is running.
            raise SourceError(
                tr("{title} cannot be watched: {error}.").format(
                    title=self._title, error=str(error) or tr("the display is gone")
                ),
                tr("On macOS and Wayland allow the program to record the screen."),
            ) from None
        pixels = np.frombuffer(shot.bgra, dtype=np.uint8).reshape(shot.height, shot.width, 4)
        image = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGRA2BGR), np.uint8)
        if self.hidden_areas is not None:
            self.hidden_areas.cover(image, self._box)
        return image

    def _find_box(self, monitors: list[dict[str, int]]) -> dict[str, int]:
        screens = monitors[1:]
        if self._region is None:
            number = self._number or 1
            if number > len(screens):
                raise SourceError(
                    tr("There is no screen {number}; found {count}.").format(
                        number=number, count=len(screens)
                    ),
                    tr(_ADVICE),
                )
            return {side: int(screens[number - 1][side]) for side in _BOX_KEYS}
        left, top, width, height = self._region
        whole = monitors[0]
        inside = (
            whole["left"] <= left
            and whole["top"] <= top
            and left + width <= whole["left"] + whole["width"]
            and top + height <= whole["top"] + whole["height"]
        )
        if not inside:
            raise SourceError(
                tr(
                    "The region {where} reaches outside of the desktop, which is {width} x "
                    "{height} pixels from {left},{top}."
                ).format(where=self._where, **whole),
                tr(_ADVICE),
            )
        return {"left": left, "top": top, "width": width, "height": height}


def _parse(where: str) -> tuple[int | None, tuple[int, int, int, int] | None]:
    """Parses "", "2" or "x,y,w,h" to the number of the screen and the region, either None."""
    text = where.strip()
    if not text:
        return None, None
    if re.fullmatch(r"[1-9]\d{0,3}", text):
        return int(text), None
    if re.fullmatch(r"-?\d+(\s*,\s*-?\d+){3}", text):
        left, top, width, height = (int(part) for part in text.split(","))
        if width < 1 or height < 1:
            raise SourceError(tr("The region {text} has no area.").format(text=text), tr(_ADVICE))
        return None, (left, top, width, height)
    raise SourceError(tr("There is no screen {text!r}.").format(text=text), tr(_ADVICE))


def _grabber() -> Any:
    """Connects to the display.

    Raises:
        SourceError: There is no display, or it cannot be captured.
    """
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        raise SourceError(
            tr("The screen cannot be watched: there is no display."),
            tr("Log in to a desktop, or choose another source."),
        )
    make = mss.MSS if hasattr(mss, "MSS") else mss.mss
    try:
        return make()
    except (ScreenShotError, OSError) as error:
        raise SourceError(
            tr("The screen cannot be watched: {error}.").format(error=error),
            tr("Check the variable DISPLAY, or choose another source."),
        ) from None
