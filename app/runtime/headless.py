"""The program's job where there is no display: annotate, measure, and say what was written."""

from __future__ import annotations

import ctypes
import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def display_problem() -> str | None:
    """Why no window can be opened here, in a sentence; None where one can.

    Qt ends the whole process where it finds no display, so this asks before Qt does.
    """
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM", "xcb") not in (
        "xcb",
        "wayland",
    ):
        return None
    wayland, x11 = os.environ.get("WAYLAND_DISPLAY"), os.environ.get("DISPLAY")
    if not wayland and not x11:
        return "There is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set)."
    if wayland and _wayland_answers(wayland):
        return None
    if x11 and _x_answers(x11):
        return None
    return f"The display {x11 or wayland} does not answer."


def _wayland_answers(name: str) -> bool:
    path = Path(os.environ.get("XDG_RUNTIME_DIR", "/"), name)
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(str(path))
        except OSError:
            return False
    return True


def _x_answers(name: str) -> bool:
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return False
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(name.encode(), None)
    failed = bool(xcb.xcb_connection_has_error(connection))
    xcb.xcb_disconnect(connection)
    return not failed


def run_headless(arguments: argparse.Namespace, reason: str) -> int:
    """Does the same job without a window.

    Args:
        arguments: Of the command `run`: `source` (None: the demo), `model`, `engine` and `threads`.
        reason: Why there is no window.

    Returns:
        The exit code.
    """
    from uvanet.cli.predict import as_text, export_with_bar
    from uvanet.model import load
    from uvanet.video.job import Job

    source = arguments.source or "demo"
    out = Path(f"uvanet-{Path(source).stem or 'clip'}.mp4".replace(":", "-")).absolute()
    sys.stdout.write(f"{reason} The same job without a window:\n")
    sys.stdout.flush()
    model = load(arguments.model, engine=arguments.engine, threads=arguments.threads)
    job = Job(source, (out,), model=model)
    result = export_with_bar(job, show=sys.stderr.isatty())
    sys.stdout.write(f"{as_text(result)}\nThe annotated clip is {out}\n")
    if result.stopped:
        sys.stderr.write(f"uvanet: {result.stopped}\n")
        return 1
    return 0
