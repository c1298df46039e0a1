"""Brings the program into states, and quits when a signal of the system asks for it.

    python tests/trust/states.py STATE[+STATE ...] FOLDER

Prints "ready", and at its end the most that one turn of the event loop took.
"""

from __future__ import annotations

import gc
import json
import os
import select
import socket
import sys
import time
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "app")]

from camera_kit import State, set_state  # noqa: E402
from endless_model import write_endless_model  # noqa: E402
from live_window import LiveWindow  # noqa: E402
from PySide6.QtCore import QTimer  # noqa: E402
from training_kit import write_scene, write_teacher  # noqa: E402

from app.features.analyse.feature import Analyse  # noqa: E402
from app.features.export.dialog import ExportDialog  # noqa: E402
from app.features.export.feature import Export  # noqa: E402
from app.features.export.options import ExportOptions  # noqa: E402
from app.features.training.feature import Training  # noqa: E402
from app.features.training.run_folders import RunRequest  # noqa: E402
from app.runtime.shutdown import leave_at_once  # noqa: E402

STUDENT = "uvanet-32"
_BEAT_MS = 5


class TurnMeter:
    """Measures the turns of the event loop by a timer.

    Attributes:
        longest: Most seconds of processor time between two beats so far. A wait for other threads
            is not in it; `gui_watch` finds those.
    """

    def __init__(self) -> None:
        self.longest = 0.0
        self._last = time.thread_time()
        self._timer = QTimer()
        self._timer.timeout.connect(self._beat)
        self._timer.start(_BEAT_MS)

    def _beat(self) -> None:
        now = time.thread_time()
        self.longest, self._last = max(self.longest, now - self._last), now


def running_seconds(pid: int | str = "self") -> float:
    """A clock that stands while the main thread of a process waits for a core.

    How long it waits says something about other programs alone.
    """
    _, waited, _ = Path(f"/proc/{pid}/schedstat").read_text().split()
    return time.monotonic() - int(waited) / 1e9


F = TypeVar("F")
_open: list[socket.socket] = []  # until the end


def feature(live: LiveWindow, kind: type[F]) -> F:
    return next(one for one in live.program.features if isinstance(one, kind))


def paused(live: LiveWindow, folder: Path) -> None:
    live.session.pause()


def camera(live: LiveWindow, folder: Path) -> None:
    live.open("camera:0")
    live.until(lambda: live.session.state.name == "PLAYING", "the camera")


def driver_hangs(live: LiveWindow, folder: Path) -> None:
    """While the camera is read; its release hangs, too."""
    camera(live, folder)
    set_state(Path(os.environ["V4L2_CAMERA_FOLDER"]), State.HANG)
    live.until(lambda: "has sent no picture" in live.window.banner.message, "the message")


def driver_hangs_at_first(live: LiveWindow, folder: Path) -> None:
    """While the camera is opened."""
    set_state(Path(os.environ["V4L2_CAMERA_FOLDER"]), State.HANG)
    live.session.open("camera:0")
    live.until(lambda: live.session.state.name == "OPENING", "the opening")


def connecting(live: LiveWindow, folder: Path) -> None:
    """To a server that accepts and never answers."""
    server = socket.create_server(("127.0.0.1", 0))
    live.session.open(f"http://127.0.0.1:{server.getsockname()[1]}/never.mp4")
    live.until(lambda: select.select([server], [], [], 0)[0], "the connection")
    _open.append(server)


def retrying(live: LiveWindow, folder: Path) -> None:
    live.session.open("rtsp://127.0.0.1:9/nobody")
    live.until(lambda: "127.0.0.1" in live.window.banner.message, "the message")


def scanning(live: LiveWindow, folder: Path) -> None:
    live.actions["scan_clip"].trigger()
    live.until(lambda: feature(live, Analyse).history.scanning, "the scan")


def exporting(live: LiveWindow, folder: Path) -> None:
    export = feature(live, Export)
    for name in ("one", "two"):
        export.builder.add("demo", ExportOptions(), folder / name)
    live.until(lambda: export.queue.tasks[0].done > 5, "the export")


def recording(live: LiveWindow, folder: Path) -> None:
    live.open("screen:")
    live.actions["record"].trigger()
    recorder = feature(live, Export).recording.live

    def recorded() -> bool:
        buffer = recorder._recorder and recorder._recorder.buffer
        span = buffer.span if buffer else None
        return bool(span and span[1] - span[0] > 0.5)

    live.until(recorded, "the recording")


def training(live: LiveWindow, folder: Path) -> None:
    """The run goes on when the window is closed, as it is meant to."""
    scene, teacher = write_scene(folder / "scene.mp4"), write_teacher(folder / "green.onnx")
    arguments = [str(scene), "--teacher", str(teacher), "--steps", "100000"]
    controller = feature(live, Training).controller
    controller.start(RunRequest("adapt", "scene", arguments))
    live.until(lambda: controller.running, "the training")


def comparing(live: LiveWindow, folder: Path) -> None:
    live.session.teacher.use("uvanet-64")
    live.until(lambda: live.session.teacher.stats(), "the teacher")
    live.actions.trigger("compare_student")


def in_a_dialog(live: LiveWindow, folder: Path) -> None:
    live.actions["export_clip"].trigger()
    live.until(lambda: any(one.isVisible() for one in live.window.findChildren(ExportDialog)), "it")


def asked(live: LiveWindow, folder: Path) -> None:
    exporting(live, folder)
    live.window.close()
    live.until(lambda: live.window.quit_guard.box is not None, "the question")


def trying_a_model(live: LiveWindow, folder: Path) -> None:
    """A model that never returns is on trial."""
    live.session.student.use(str(write_endless_model(folder / "endless.onnx")))
    live.until(lambda: live.session.student.pending, "the trial")


def told(live: LiveWindow, folder: Path) -> None:
    """What the run before left is told."""
    live.until(lambda: live.window.banner.message, "a message")


STATES = {
    state.__name__: state
    for state in (
        *(paused, camera, driver_hangs, driver_hangs_at_first, connecting, retrying),
        *(scanning, exporting, recording),
        *(training, comparing, in_a_dialog, asked, trying_a_model, told),
    )
}


def main() -> None:
    """Runs until a signal asks for the end."""
    states, folder = sys.argv[1].split("+"), Path(sys.argv[2])
    live = LiveWindow("demo", model=STUDENT)
    gc.freeze()  # as `app.main.run` does
    live.until(lambda: live.presenter.overlay_seen, "the first overlay")
    # Once, behind the first overlay, the import of the charts takes 0.2 s.
    live.until(lambda: "pyqtgraph" in sys.modules, "the charts")
    for state in states:
        STATES[state](live, folder)
    meter = TurnMeter()
    for _ in range(20):
        live.turn(20)
    print("ready", flush=True)
    said = live.window.banner.message
    code = live.program.run()
    report = {"longest_turn_s": meter.longest, "problems": live.problems, "said": said}
    report["said_last"] = live.window.banner.message
    print(json.dumps(report), flush=True)
    leave_at_once(code)  # as `app.main.run` does


if __name__ == "__main__":
    main()
