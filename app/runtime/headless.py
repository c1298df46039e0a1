"""`uvanet run` without a display: annotates the source into a video file."""

from __future__ import annotations

import argparse
import ctypes
import importlib.util
import os
import re
import socket
import sys
from pathlib import Path

from uvanet.i18n import tr

# Debian's packages of the libraries that Qt takes from the system.
_PACKAGES = (
    "libegl1 libgl1 libdbus-1-3 libfontconfig1 libglib2.0-0 libxkbcommon-x11-0 libxcb-cursor0 "
    "libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libxcb-xkb1 fonts-dejavu-core"
)


def display_problem() -> str | None:
    """Returns the reason why no window can be opened, a sentence; None if one can be opened.

    Qt aborts the process if it finds no display or lacks a library, so this is checked before Qt
    starts.
    """
    # Plugins that Qt tries in turn, each with parameters behind a colon.
    plugins = (os.environ.get("QT_QPA_PLATFORM") or "xcb").split(";")
    names = {plugin.partition(":")[0] for plugin in plugins}
    if sys.platform != "linux" or not names <= {"xcb", "wayland"}:
        return None
    wayland, x11 = os.environ.get("WAYLAND_DISPLAY"), os.environ.get("DISPLAY")
    if not wayland and not x11:
        return tr("There is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set).")
    missing = []
    for name, plugin, answers in (
        (wayland, "libqwayland.so", _wayland_answers),
        (x11, "libqxcb.so", _x_answers),
    ):
        library = _missing_library(plugin) if name else None
        if library is not None:
            missing.append(library)
        elif name and answers(name):
            return None
    if missing:
        return tr(
            "The window needs {library}, which is missing on this system (Debian and Ubuntu: "
            "apt install {packages})."
        ).format(library=missing[0], packages=_PACKAGES)
    return tr("The display {name} does not answer.").format(name=x11 or wayland)


def _missing_library(plugin: str) -> str | None:
    """Name of a library that Qt's plugin for a window system needs and does not find."""
    package = importlib.util.find_spec("PySide6")
    places = (package and package.submodule_search_locations) or []
    # Distributions have the plugin elsewhere, and depend on its libraries.
    for path in (Path(place, "Qt/plugins/platforms", plugin) for place in places):
        try:
            if path.is_file():
                ctypes.CDLL(str(path))
        except OSError as error:
            return str(error).partition(":")[0]
    return None


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
        return True  # Qt has a copy of its own, as in conda
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(name.encode(), None)
    failed = bool(xcb.xcb_connection_has_error(connection))
    xcb.xcb_disconnect(connection)
    return not failed


def output_path(source: str, folder: Path) -> Path:
    """Returns the path of a new file for the annotated source.

    Args:
        source: The string that opens the source. No part of a URL is taken into the name.
        folder: Folder of the file.
    """
    from uvanet.atomic_io import numbered

    # A URL may hold a password or a token.
    stem = "stream" if "://" in source else re.sub(r"[^\w.-]+", "-", Path(source).stem).strip("-.")
    wanted = folder / f"uvanet-{stem[:60] or 'clip'}.mp4"
    return next(path for path in numbered(wanted) if not path.exists())


def run_headless(arguments: argparse.Namespace, reason: str) -> int:
    """Annotates the source into an MP4 file in the current folder and prints a summary.

    Args:
        arguments: Arguments of `uvanet run`: `source` (None: demo), `model`, `engine`, `threads`.
        reason: Why there is no window.

    Returns:
        The exit code: 0, or 1 if the source ended early.
    """
    from uvanet.cli.predict import as_text, export_with_bar
    from uvanet.model import load
    from uvanet.video.job import Job

    source = arguments.source or "demo"
    out = output_path(source, Path.cwd())
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
