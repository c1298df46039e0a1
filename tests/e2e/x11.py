"""A user before a screen: sees it by mss, presses keys and the mouse by X's own libraries."""

from __future__ import annotations

import ctypes
import ctypes.util
from typing import TYPE_CHECKING

import mss
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHIFT, CONTROL = 1, 4
_PRESS, _RELEASE = 2, 3
_VIEWABLE = 2


class _KeyEvent(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("root", ctypes.c_ulong),
        ("subwindow", ctypes.c_ulong),
        ("time", ctypes.c_ulong),
        ("x", ctypes.c_int),
        ("y", ctypes.c_int),
        ("x_root", ctypes.c_int),
        ("y_root", ctypes.c_int),
        ("state", ctypes.c_uint),
        ("keycode", ctypes.c_uint),
        ("same_screen", ctypes.c_int),
        # The library copies a whole XEvent, which is larger.
        ("rest", ctypes.c_long * 24),
    ]


class _Attributes(ctypes.Structure):
    _fields_ = [
        ("x", ctypes.c_int),
        ("y", ctypes.c_int),
        ("width", ctypes.c_int),
        ("height", ctypes.c_int),
        ("border_width", ctypes.c_int),
        ("depth", ctypes.c_int),
        ("visual", ctypes.c_void_p),
        ("root", ctypes.c_ulong),
        ("kind", ctypes.c_int),
        ("bit_gravity", ctypes.c_int),
        ("win_gravity", ctypes.c_int),
        ("backing_store", ctypes.c_int),
        ("backing_planes", ctypes.c_ulong),
        ("backing_pixel", ctypes.c_ulong),
        ("save_under", ctypes.c_int),
        ("colormap", ctypes.c_ulong),
        ("map_installed", ctypes.c_int),
        ("map_state", ctypes.c_int),
        ("rest", ctypes.c_long * 12),
    ]


class User:
    """Looks at an X server and types into the window that is on top of it.

    Args:
        name: The display, such as ":5".
    """

    def __init__(self, name: str) -> None:
        self._name = name
        library = ctypes.CDLL(ctypes.util.find_library("X11") or "libX11.so.6")
        library.XOpenDisplay.restype = ctypes.c_void_p
        library.XDefaultRootWindow.restype = ctypes.c_ulong
        library.XDefaultRootWindow.argtypes = [ctypes.c_void_p]
        library.XStringToKeysym.restype = ctypes.c_ulong
        library.XKeysymToKeycode.restype = ctypes.c_ubyte
        library.XKeysymToKeycode.argtypes = [ctypes.c_void_p, ctypes.c_ulong]
        library.XSetInputFocus.argtypes = [
            ctypes.c_void_p,
            ctypes.c_ulong,
            ctypes.c_int,
            ctypes.c_ulong,
        ]
        library.XSendEvent.argtypes = [
            ctypes.c_void_p,
            ctypes.c_ulong,
            ctypes.c_int,
            ctypes.c_long,
            ctypes.c_void_p,
        ]
        library.XSync.argtypes = [ctypes.c_void_p, ctypes.c_int]
        library.XCloseDisplay.argtypes = [ctypes.c_void_p]
        library.XFree.argtypes = [ctypes.c_void_p]
        library.XFetchName.argtypes = [ctypes.c_void_p, ctypes.c_ulong, ctypes.c_void_p]
        library.XGetWindowAttributes.argtypes = [ctypes.c_void_p, ctypes.c_ulong, ctypes.c_void_p]
        library.XQueryTree.argtypes = [ctypes.c_void_p, ctypes.c_ulong] + [ctypes.c_void_p] * 4
        self._x = library
        # Xlib's own answer to an error, such as a window that has just gone, is to exit.
        self._on_error = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(
            lambda _display, _error: 0
        )
        library.XSetErrorHandler(self._on_error)
        self._test = ctypes.CDLL(ctypes.util.find_library("Xtst") or "libXtst.so.6")
        self._test.XTestFakeMotionEvent.argtypes = [ctypes.c_void_p] + [ctypes.c_int] * 4
        self._test.XTestFakeButtonEvent.argtypes = [ctypes.c_void_p] + [ctypes.c_int] * 3
        self._display = library.XOpenDisplay(name.encode())
        assert self._display, f"the X server {name} does not answer"
        self._root = library.XDefaultRootWindow(self._display)

    def close(self) -> None:
        """Goes away."""
        self._x.XCloseDisplay(self._display)

    def look(self) -> NDArray[np.uint8]:
        """The screen: BGR, uint8, shape (h, w, 3)."""
        make = getattr(mss, "MSS", None) or mss.mss  # the second is the older name
        with make(display=self._name) as eye:
            return np.asarray(eye.grab(eye.monitors[0]))[..., :3].copy()

    def titles(self) -> dict[str, int]:
        """The windows with a title, and their numbers."""
        root, parent = ctypes.c_ulong(), ctypes.c_ulong()
        children, count = ctypes.POINTER(ctypes.c_ulong)(), ctypes.c_uint()
        self._x.XQueryTree(
            self._display,
            self._root,
            ctypes.byref(root),
            ctypes.byref(parent),
            ctypes.byref(children),
            ctypes.byref(count),
        )
        found = {}
        for place in range(count.value):
            title = ctypes.c_char_p()
            named = self._x.XFetchName(self._display, children[place], ctypes.byref(title))
            # Qt has hidden helpers of the same name.
            if named and self._can_be_seen(children[place]):
                found[(title.value or b"").decode(errors="replace")] = children[place]
        if count.value:
            self._x.XFree(children)
        return found

    def _can_be_seen(self, window: int) -> bool:
        facts = _Attributes()
        self._x.XGetWindowAttributes(self._display, window, ctypes.byref(facts))
        return facts.map_state == _VIEWABLE

    def press(self, title: str, key: str, modifiers: int = 0) -> None:
        """Presses and releases a key in the window whose title has `title` in it.

        Args:
            title: Part of the title.
            key: X's name of the key, such as "space" or "d".
            modifiers: SHIFT and CONTROL, added.
        """
        window = next(number for name, number in self.titles().items() if title in name)
        self._x.XSetInputFocus(self._display, window, 2, 0)
        self._x.XSync(self._display, 0)
        symbol = self._x.XStringToKeysym(key.encode())
        code = self._x.XKeysymToKeycode(self._display, symbol)
        for kind, mask in ((_PRESS, 1), (_RELEASE, 2)):
            event = _KeyEvent(
                type=kind,
                display=self._display,
                window=window,
                root=self._root,
                x=10,
                y=10,
                x_root=10,
                y_root=10,
                state=modifiers,
                keycode=code,
                same_screen=1,
            )
            self._x.XSendEvent(self._display, window, 1, mask, ctypes.byref(event))
        self._x.XSync(self._display, 0)

    def drag(self, title: str, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Drags with the left button in the window whose title has `title` in it.

        Args:
            title: Part of the title.
            start: Where from, in pixels from the window's top left.
            end: Where to.
        """
        window = next(number for name, number in self.titles().items() if title in name)
        facts = _Attributes()
        self._x.XGetWindowAttributes(self._display, window, ctypes.byref(facts))
        middle = (start[0] + end[0]) // 2, (start[1] + end[1]) // 2

        def move(place: tuple[int, int]) -> None:
            x, y = facts.x + place[0], facts.y + place[1]
            self._test.XTestFakeMotionEvent(self._display, -1, x, y, 0)
            self._x.XSync(self._display, 0)

        move(start)
        self._test.XTestFakeButtonEvent(self._display, 1, 1, 0)
        for place in (start, middle, end):
            move(place)
        self._test.XTestFakeButtonEvent(self._display, 1, 0, 0)
        self._x.XSync(self._display, 0)
