"""A random walk through the window: every action, source, drop, key, click, size and theme.

    python tests/trust/monkey.py --steps 2000 --walks 10 [--seed 7]

Runs in a home and, on Linux, on an X server of its own. Prints the seed of each walk. A walk that
fails prints its last steps; its seed belongs into `SEEDS` of test_monkey.py. `make monkey` calls
it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import cv2  # noqa: E402
import numpy as np  # noqa: E402
import soak  # noqa: E402
from display_kit import apart  # noqa: E402
from live_window import LiveWindow, write_clip  # noqa: E402
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl  # noqa: E402
from PySide6.QtGui import QDesktopServices, QDropEvent  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402
from PySide6.QtWidgets import QApplication, QWidget  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

STEPS_SHOWN = 30
_CHECK_EVERY = 50
_MENU_MS = 100
_STUDENT = "uvanet-32"
# Leaving is tried at the end; a mouse that is not there cannot be grabbed by a menu.
_NOT_TRIGGERED = {"quit"}
_KEYS = [
    *(getattr(Qt.Key, f"Key_{letter}") for letter in "ABCDEFGIJKLMNOPRSTUVWXYZ0123456789"),
    *(Qt.Key.Key_Space, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down),
    *(Qt.Key.Key_Escape, Qt.Key.Key_Delete, Qt.Key.Key_Return, Qt.Key.Key_Tab, Qt.Key.Key_Home),
    *(Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Comma, Qt.Key.Key_F2),
]
_MODIFIERS = [
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
]


class DeadStateError(AssertionError):
    """The window no longer does what it is for."""


class Walk:
    """One random walk.

    Args:
        live: The program; made anew for each walk.
        seed: Of the generator of all choices.
        folder: An empty folder for the files that are opened and dropped.

    Attributes:
        steps: What was done, in words.
    """

    def __init__(self, live: LiveWindow, seed: int, folder: Path) -> None:
        self.steps: list[str] = []
        self._live = live
        self._random = random.Random(seed)
        self._clip = write_clip(folder / "walk.mp4")
        self._files = _write_files(folder)
        # A button with a menu waits in a loop of its own until the menu is closed.
        self._timer = QTimer()
        self._timer.timeout.connect(_close_menu)
        self._timer.start(_MENU_MS)
        self._moves: list[tuple[int, Callable[[], str]]] = [
            (8, self._trigger),
            (2, self._open),
            (1, self._drop),
            (1, self._resize),
            (4, self._press),
            (4, self._click),
            (1, self._use_model),
            (1, self._wait),
            (2, self._leave_dialogs),
        ]

    def run(self, steps: int) -> None:
        """Walks so many steps.

        Raises:
            AssertionError: An exception was not caught, the counts do not balance, or nothing
                plays any more.
        """
        weights = [weight for weight, _ in self._moves]
        for number in range(steps):
            (_, move) = self._random.choices(self._moves, weights)[0]
            self.steps.append(move())
            self._live.turn(self._random.choice([0, 5, 30]))
            self._check()
            if number % _CHECK_EVERY == _CHECK_EVERY - 1:
                self._check_alive()
        self._check_alive()

    def _check(self) -> None:
        live = self._live
        if live.problems:
            raise DeadStateError(f"unexpected: {live.problems}")
        if not live.window.isVisible():
            raise DeadStateError("the window is gone")
        if not soak.balanced(live.session.stats()):
            raise DeadStateError(f"unbalanced: {live.session.stats()}")

    def _check_alive(self) -> None:
        """A clip that is opened now plays, whatever was done before."""
        live = self._live
        live.close_dialogs()
        live.open(str(self._clip))
        live.session.play()
        before = live.presenter.packet
        live.until(lambda: live.presenter.packet not in (None, before), "a picture")

    def _trigger(self) -> str:
        spec = self._random.choice([s for s in self._live.actions if s.name not in _NOT_TRIGGERED])
        action = self._live.actions[spec.name]
        if action.isEnabled():
            action.trigger()
        return f"action {spec.name}"

    def _open(self) -> str:
        spec = str(self._random.choice([*self._files, "demo", "camera:9", "rtsp://127.0.0.1:9/x"]))
        self._live.session.open(spec)
        return f"open {spec}"

    def _drop(self) -> str:
        files = self._random.sample(self._files, self._random.choice([1, 1, 2]))
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in files])
        self._live.window.dropEvent(
            QDropEvent(
                QPointF(200, 200),
                Qt.DropAction.CopyAction,
                data,
                Qt.MouseButton.LeftButton,
                Qt.KeyboardModifier.NoModifier,
            )
        )
        return f"drop {files}"

    def _resize(self) -> str:
        size = self._random.randint(1, 1600), self._random.randint(1, 1000)
        self._live.window.resize(*size)
        return f"resize {size}"

    def _press(self) -> str:
        key, modifier = self._random.choice(_KEYS), self._random.choice(_MODIFIERS)
        target = QApplication.focusWidget() or self._live.window
        # A dialog's default button would start what takes minutes; the tests of dialogs do.
        if key is not Qt.Key.Key_Return or target.window() is self._live.window:
            QTest.keyClick(target, key, modifier)
        return f"press {key.name} {modifier.name}"

    def _click(self) -> str:
        window = self._live.window
        widgets = [one for one in window.findChildren(QWidget) if one.isVisible()]
        widget = self._random.choice([self._live.window.slots.canvas, *widgets])
        places = [
            QPoint(
                self._random.randrange(widget.width() + 1),
                self._random.randrange(widget.height() + 1),
            )
            for _ in range(2)
        ]
        name = f"{type(widget).__name__} {widget.accessibleName()!r}"
        QTest.mousePress(widget, Qt.MouseButton.LeftButton, pos=places[0])
        QTest.mouseMove(widget, places[1])
        QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=places[1])
        return f"drag over {name} from {places[0].toTuple()} to {places[1].toTuple()}"

    def _use_model(self) -> str:
        model = self._random.choice([_STUDENT, "uvanet-64", "no-such-model", "auto"])
        self._live.session.student.use(model)
        return f"model {model}"

    def _wait(self) -> str:
        seconds = self._random.choice([0.05, 0.2, 0.5])
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._live.turn()
        return f"wait {seconds} s"

    def _leave_dialogs(self) -> str:
        self._live.close_dialogs()
        return "close dialogs"


def _close_menu() -> None:
    menu = QApplication.activePopupWidget()
    if menu is not None:
        menu.close()


def _write_files(folder: Path) -> list[Path]:
    """Files of all kinds, good and bad."""
    slides = folder / "slides"
    slides.mkdir()
    for number in range(4):
        cv2.imwrite(str(slides / f"{number}.png"), np.full((50, 70, 3), 60 * number, np.uint8))
    (folder / "bad.mp4").write_bytes(os.urandom(4000))
    (folder / "bad.onnx").write_bytes(b"\x08\x07" + os.urandom(400))
    (folder / "bad.uvanet").write_text('{"version": 1, "source": 5}')
    (folder / "empty").mkdir()
    return [
        write_clip(folder / "tall.mp4", 20, (90, 160)),
        slides,
        slides / "0.png",
        *(folder / name for name in ("bad.mp4", "bad.onnx", "bad.uvanet", "empty", "missing.mkv")),
    ]


def walk(seed: int, steps: int) -> None:
    """Starts the program, walks, and closes it; a failure names the seed and the last steps."""
    opened: list[QUrl] = []
    real, QDesktopServices.openUrl = QDesktopServices.openUrl, opened.append  # type: ignore[method-assign]  # no other program may start
    with tempfile.TemporaryDirectory() as name:
        one = None
        live = LiveWindow("demo", model=_STUDENT, size=(1000, 640))
        try:
            live.until(lambda: live.presenter.overlay_seen, "the first overlay")
            one = Walk(live, seed, Path(name))
            one.run(steps)
        except Exception as error:
            done = one.steps if one else []
            last = "\n".join(f"   {step}" for step in done[-STEPS_SHOWN:])
            raise AssertionError(
                f"seed {seed} failed after {len(done)} steps: {error}\n{last}"
            ) from error
        finally:
            live.close()
            QDesktopServices.openUrl = real  # type: ignore[method-assign]  # as it was


def main() -> int:
    """Walks with random seeds, or with one; gives 0 if no walk failed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--walks", type=int, default=10)
    parser.add_argument("--seed", type=int, help="of the only walk")
    parser.add_argument("-o", "--out", type=Path, help="append a JSON line for each walk")
    parser.add_argument("--here", action="store_true", help="on this display, in this home")
    options = parser.parse_args()
    if not options.here:  # a walk changes settings, regions and whatever else the window stores
        with apart() as environment:
            command = [sys.executable, str(Path(__file__).resolve()), *sys.argv[1:], "--here"]
            return subprocess.run(command, env=environment, check=False).returncode
    seeds = [random.SystemRandom().randrange(10**6) for _ in range(options.walks)]
    failed = 0
    for seed in seeds if options.seed is None else [options.seed]:
        began, fault = time.monotonic(), ""
        try:
            walk(seed, options.steps)
        except AssertionError as error:
            failed, fault = failed + 1, str(error)
            print(traceback.format_exc(), flush=True)
        seconds = round(time.monotonic() - began)
        print(f"seed {seed}: {options.steps} steps, {seconds} s", flush=True)
        if options.out is not None:
            options.out.parent.mkdir(parents=True, exist_ok=True)
            row = {"seed": seed, "steps": options.steps, "seconds": seconds, "fault": fault}
            with options.out.open("a") as file:
                file.write(json.dumps(row) + "\n")
    return failed


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(1 if code else 0)
