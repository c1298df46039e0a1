"""Runs the program on a file in a first run, and prints its memory at rest in two states."""

from __future__ import annotations

import json
import sys

import psutil

from app.runtime import import_guards

import_guards.import_qt()
import_guards.import_cv2()

from PySide6.QtCore import QTimer  # noqa: E402

from app.features.analyse.feature import Analyse  # noqa: E402
from app.main import Options, Program  # noqa: E402
from app.runtime.heap_trimmer import HeapTrimmer  # noqa: E402
from app.runtime.shutdown import leave_at_once  # noqa: E402
from app.session.settings import SessionSettings  # noqa: E402

CALM = 5
"""Looks in a row without a job: a job may start the next one."""


class Run:
    """Waits until nothing works in the background, notes the memory, and goes on."""

    def __init__(self, source: str) -> None:
        self.program = Program(Options(source, theme="dark", size=(1100, 720)))
        self.found: dict[str, int] = {}
        self.calm = 0
        self.timer = QTimer(self.program)
        self.timer.timeout.connect(self.look)
        self.timer.start(200)

    def look(self) -> None:
        context = self.program.context
        student = context.session.student
        measured = context.settings.section(SessionSettings).step_times
        busy = context.jobs.busy() or student.pending or not measured
        self.calm = 0 if busy or not context.presenter.overlay_seen else self.calm + 1
        if self.calm < CALM:
            return
        self.calm = 0
        # What its timer does, at once.
        trimmer = self.program.findChild(HeapTrimmer)
        for timer in trimmer.findChildren(QTimer):
            timer.timeout.emit()
        rss = psutil.Process().memory_info().rss
        if not self.found:
            self.found["started"] = rss
            (analyse,) = (part for part in self.program.features if isinstance(part, Analyse))
            analyse.scan_clip()
        else:
            self.found["scanned"] = rss
            self.timer.stop()
            self.program.window.close()


run = Run(sys.argv[1])
code = run.program.run()
sys.stdout.write(json.dumps(run.found) + "\n")
leave_at_once(code)
