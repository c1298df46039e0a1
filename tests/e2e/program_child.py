"""The real program as a child process, and the user before it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
from home_kit import home_variables
from x11 import User

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0  # seconds; a bound for conditions, not a measure of anything


class Child:
    """The program and the user before it.

    Args:
        display: The X server's name.
        home: An empty folder.
        arguments: Of the command.
        scale: Screen pixels a logical pixel, each way.
    """

    def __init__(self, display: str, home: Path, *arguments: str, scale: int = 1) -> None:
        environment = {
            **os.environ,
            "QT_QPA_PLATFORM": "xcb",
            "DISPLAY": display,
            **home_variables(home),
            "QT_SCALE_FACTOR": str(scale),
            "PYTHONWARNINGS": "default",
        }
        environment.pop("WAYLAND_DISPLAY", None)
        self.log = home / ".local" / "state" / "uvanet" / "log" / "uvanet.log"
        self.user = User(display)
        self._display = display
        self._scale = scale
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app", *arguments],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def until(self, condition: Callable[[], object]) -> None:
        """Waits for a condition while the program lives."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if self.process.poll() is not None:
                raise AssertionError(f"the program ended: {self.process.communicate()}")
            assert time.monotonic() < deadline, "the condition did not come true in time"
            time.sleep(0.05)

    def until_still(self, look: Callable[[], NDArray[np.uint8]]) -> NDArray[np.uint8]:
        """Waits until what `look` gives rests; gives it.

        A program that lacks a core paints seldom: as long as a thread of it waits for one, nothing
        counts as rest.
        """
        seen = look()

        def rests() -> bool:
            nonlocal seen
            seen = look()
            for _ in range(6):
                time.sleep(0.08)
                if self._lacks_a_core():
                    return False
            return bool((look() == seen).all())

        self.until(rests)
        return seen

    def _lacks_a_core(self) -> bool:
        for path in Path(f"/proc/{self.process.pid}/task").glob("*/stat"):
            with contextlib.suppress(OSError):  # the thread has ended
                if path.read_text().rpartition(")")[2].split()[0] == "R":
                    return True
        return False

    def until_titled(self, words: str) -> None:
        """Waits for a window with these words in its title."""
        self.until(lambda: any(words in title for title in self.user.titles()))

    def press(self, key: str, modifiers: int = 0, title: str = "UVA-Net Live") -> None:
        """Presses a key in the program's window."""
        self.user.press(title, key, modifiers)

    def drag(
        self, start: tuple[int, int], end: tuple[int, int], title: str = "UVA-Net Live"
    ) -> None:
        """Drags the mouse from one place of the window to another, in logical pixels."""
        first, last = ([value * self._scale for value in place] for place in (start, end))
        self.user.drag(title, (first[0], first[1]), (last[0], last[1]))

    def copied(self) -> str:
        """The text on the clipboard, as another program gets it."""
        words = (
            "from PySide6.QtGui import QGuiApplication;"
            "app = QGuiApplication([]);"
            "print(app.clipboard().text(), end='')"
        )
        environment = {**os.environ, "QT_QPA_PLATFORM": "xcb", "DISPLAY": self._display}
        command = [sys.executable, "-c", words]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=True
        ).stdout

    def keep(self, name: str) -> None:
        """Keeps a picture of the screen among the artefacts of the tests."""
        folder = Path(os.environ.get("UVANET_ARTEFACTS") or ROOT / "artefacts")
        folder.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / f"{name}.png"), self.user.look())

    def interrupt(self) -> int:
        """Presses Ctrl-C in its terminal and waits for its end."""
        self.process.send_signal(signal.SIGINT)
        return self.end()

    def end(self) -> int:
        """Waits for its end; nothing unexpected may have been said by then."""
        self.out, self.err = self.process.communicate(timeout=PATIENCE)
        assert "Traceback" not in self.err, self.err
        assert "CRITICAL" not in (self.log.read_text() if self.log.exists() else "")
        return self.process.returncode
