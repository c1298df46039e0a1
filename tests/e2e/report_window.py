"""Runs the program and reports its window, one JSON object a line; takes commands on stdin.

Usage: report_window.py SOURCE. Commands: "press" (the button of the newest message), "quit".
"""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app.runtime import import_guards

import_guards.import_qt()
import_guards.import_cv2()

from camera_kit import number_in  # noqa: E402 - after the guards, as in the program
from PySide6.QtCore import QObject, QTimer, Signal  # noqa: E402

from app.features.cameras.camera_menu import CameraMenu  # noqa: E402
from app.main import Options, Program  # noqa: E402
from app.runtime.shutdown import leave_at_once  # noqa: E402

_POLL_MS = 20


class Reporter(QObject):
    """Reports changes of the messages, and each painted frame."""

    command = Signal(str)

    def __init__(self, program: Program) -> None:
        super().__init__()
        self._program = program
        self._before: dict[str, Any] = {}
        self._timer = QTimer(self, interval=_POLL_MS)
        self._timer.timeout.connect(self._report)
        self._timer.start()
        program.presenter.presented.connect(self._on_frame)
        self.command.connect(self._on_command)
        threading.Thread(target=self._read, daemon=True).start()

    def _report(self) -> None:
        banner = self._program.window.banner
        now = {
            "message": banner.message,
            "alerts": banner.alerts,
            "button": banner.button.text() if banner.button.isVisible() else "",
            "state": str(self._program.session.state),
        }
        if now != self._before:
            self._before = now
            say("window", **now)

    def _on_frame(self, packet: Any) -> None:
        stats = self._program.session.stats()
        menu = self._program.window.findChild(CameraMenu)
        say(
            "frame",
            number=number_in(packet.frame.image),
            latency_ms=stats.latency_p50_ms,
            from_exposure=stats.latency_from_exposure,
            damaged=stats.damaged,
            format=menu.toolTip() if menu is not None and menu.isVisible() else "",
        )

    def _read(self) -> None:
        for line in sys.stdin:
            self.command.emit(line.strip())

    def _on_command(self, command: str) -> None:
        if command == "press":
            self._program.window.banner.button.click()
        else:
            self._program.window.close()


def say(kind: str, **facts: Any) -> None:
    sys.stdout.write(json.dumps({"kind": kind, **facts}) + "\n")
    sys.stdout.flush()


def main() -> None:
    program = Program(Options(sys.argv[1], size=(1100, 720), theme="dark"))
    reporter = Reporter(program)
    code = program.run()
    del reporter
    leave_at_once(code if program.clean else 1)


if __name__ == "__main__":
    main()
