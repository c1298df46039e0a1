"""The whole program in this process, driven without a test framework; and what it holds."""

from __future__ import annotations

import gc
import os
import threading
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from app.runtime.import_guards import import_cv2

import_cv2()

import numpy as np  # noqa: E402
import psutil  # noqa: E402
from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402
from shiboken6 import isValid  # noqa: E402

from app.main import Options, Program  # noqa: E402
from app.pipeline.events import PipelineState  # noqa: E402
from uvanet.video.writer import VideoWriter  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PATIENCE_S = 120.0  # a bound for conditions on a busy machine, not a measure of anything
_SETTLED = (PipelineState.PLAYING, PipelineState.PAUSED, PipelineState.ENDED, PipelineState.FAILED)


@dataclass(frozen=True)
class Census:
    """What the process holds.

    Attributes:
        rss: Resident memory in bytes.
        threads: Threads of the process, those of libraries included.
        handles: Open file descriptors; on Windows, handles.
        objects: QObjects below the program and its window.
        widgets: Widgets of the application.
    """

    rss: int
    threads: int
    handles: int
    objects: int
    widgets: int

    def counts(self) -> dict[str, int]:
        """Everything but the memory, which an allocator keeps."""
        values = asdict(self)
        del values["rss"]
        return values


def write_clip(path: Path, frames: int = 40, size: tuple[int, int] = (160, 120)) -> Path:
    """Writes a clip of a bright square that crosses a dark ground."""
    with VideoWriter(path, size, 30, quality="best") as writer:
        for number in range(frames):
            image = np.full((size[1], size[0], 3), 40, np.uint8)
            left = 2 * number % (size[0] - 40)
            image[40:80, left : left + 40] = (80, 160, 240)
            writer.write(image)
    return path


class LiveWindow:
    """A started program.

    Args:
        source: What it opens.
        options: As `app.main.Options` takes them.

    Attributes:
        problems: What the hook for uncaught exceptions reported.
    """

    def __init__(self, source: str | Path, **options: Any) -> None:
        self.program = Program(Options(str(source), **options))
        self.window = self.program.window
        self.session = self.program.session
        self.presenter = self.program.presenter
        self.actions = self.window.actions_by_name
        self.problems: list[str] = []
        self.program.problem.connect(self.problems.append)

    def turn(self, milliseconds: int = 10) -> None:
        """Lets the event loop work, and deletes what asked for it."""
        app = self.program.app
        app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, milliseconds)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Lets the event loop work until a condition holds.

        Raises:
            TimeoutError: It did not for two minutes; `what` says what was awaited.
        """
        end = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > end:
                message = self.window.banner.message
                raise TimeoutError(f"waited in vain for {what}; the window says {message!r}")
            self.turn()
            time.sleep(0.001)

    def open(self, spec: str) -> None:
        """Opens a source and waits until it plays, rests or has failed."""
        self.session.open(spec)
        self.until(lambda: self.session.state in _SETTLED, f"the source {spec}")

    def use(self, model: str) -> None:
        """Chooses a model and waits until it is in use or refused."""
        self.session.student.use(model)
        self.until(lambda: not self.session.student.pending, f"the model {model}")

    def close_dialogs(self) -> None:
        """Closes every menu, dialog and window but the main one."""
        for widget in QApplication.topLevelWidgets():
            if widget is not self.window and isValid(widget) and widget.isVisible():
                widget.close()
        self.turn()

    def settle(self) -> None:
        """Waits until no job runs, sources before are closed, and nothing is left to delete."""
        jobs = self.program._jobs

        def sources() -> int:
            names = [thread.name for thread in threading.enumerate()]
            return sum(name.startswith(("uvanet-capture-", "uvanet-close-")) for name in names)

        self.until(lambda: not jobs.busy() and sources() <= 1, "jobs and sources before to end")
        for _ in range(3):
            gc.collect()
            self.turn()

    def census(self) -> Census:
        """Counts what the process holds."""
        process = psutil.Process()
        roots: tuple[QObject, ...] = (self.program, self.window)
        return Census(
            rss=process.memory_info().rss,
            threads=process.num_threads(),
            handles=process.num_fds() if os.name == "posix" else process.num_handles(),
            objects=sum(len(root.findChildren(QObject)) for root in roots),
            widgets=len(QApplication.allWidgets()),
        )

    def close(self) -> None:
        """Closes the window, without questions; every thread ends, in time or a little later."""
        self.close_dialogs()
        self.window.quit_guard.allow()
        self.window.close()
        self.until(lambda: not self.window.isVisible(), "the window to close")
        self.program.shut_down()
        end = time.monotonic() + PATIENCE_S  # a model that is being loaded cannot be interrupted
        while left := [t for t in threading.enumerate() if t.name.startswith("uvanet-")]:
            assert time.monotonic() < end, f"threads were left behind: {left}"
            time.sleep(0.01)
