"""X servers of our own, and programs that run apart from the user's display and files."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from home_kit import home_variables

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def x_server(size: str = "1280x800") -> Iterator[str]:
    """Runs Xvfb in 24 bits on a free display, and gives its name."""
    read_end, write_end = os.pipe()
    # Without -noreset the server starts over whenever its last client leaves.
    options = ["-screen", "0", f"{size}x24", "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write_end), *options],
        pass_fds=[write_end],
        # A server that outlives a killed test run must not hold the pipe that check.py reads.
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(write_end)
    with os.fdopen(read_end) as pipe:
        number = pipe.readline().strip()
    assert number, "Xvfb did not start"
    try:
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(10)


@contextlib.contextmanager
def apart() -> Iterator[dict[str, str]]:
    """Gives the environment of a program in a new home and, on Linux, on an X server of its own."""
    with contextlib.ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory())
        variables = home_variables(Path(home))
        if sys.platform == "linux":
            display = stack.enter_context(x_server())
            variables |= {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
        yield {**os.environ, **variables}
