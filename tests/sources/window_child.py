"""A program with two windows at one place, red and blue; obeys lines on its standard input."""

import sys

from Xlib import X, Xatom
from Xlib.display import Display


def tell(*words):
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


display = Display()
screen = display.screen()
windows = []
for title, color in (("Red one", 0xFF0000), ("Blüe", 0x0000FF)):
    window = screen.root.create_window(
        40, 30, 200, 120, 0, screen.root_depth, background_pixel=color, event_mask=X.ExposureMask
    )
    window.change_property(
        display.intern_atom("_NET_WM_NAME"), display.intern_atom("UTF8_STRING"), 8, title.encode()
    )
    window.map()
    windows.append(window)
# The window manager's part.
screen.root.change_property(
    display.intern_atom("_NET_CLIENT_LIST"),
    display.intern_atom("WINDOW"),
    32,
    [window.id for window in windows],
)
display.sync()
tell(*(hex(window.id) for window in windows))
red = windows[0]
for line in sys.stdin:
    match line.strip():
        case "grow":
            red.configure(width=240, height=160)
        case "spoil":  # properties of types and lengths that no program should give them
            pid, name = (display.intern_atom(one) for one in ("_NET_WM_PID", "_NET_WM_NAME"))
            red.change_property(pid, Xatom.STRING, 8, b"\xff\x01")
            red.change_property(name, Xatom.CARDINAL, 32, [1, 2, 3])
            windows[1].change_property(name, Xatom.STRING, 8, b"\xffx" * 50_000)
        case "hide":
            red.unmap()
        case "show":
            red.map()
        case "close":
            red.destroy()
    display.sync()
    tell("done")
