"""Numbers and pictures of the running program, for `uvanet bench` and the README."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

import psutil
from PySide6.QtCore import QObject, QProcess, Qt, QTimer
from PySide6.QtGui import QGuiApplication

from app.session.models import short_name
from app.ui.i18n import tr
from uvanet.system_info import seconds_alive
from uvanet.training.progress import LineReader

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtGui import QPixmap
    from PySide6.QtWidgets import QWidget

    from app.shell.context import FeatureContext
    from uvanet.errors import UvanetError

_PATIENCE_SECONDS = 60.0
_TRAINING_SECONDS = 300.0  # until a training takes its first step
_END_SECONDS = 5.0
_PULSE_MS = 4


class ScheduledTask(QObject):
    """Lets the program run for a while after the first overlay, does something, and leaves.

    Args:
        context: The parts of the program.
        seconds: How long after the first overlay.

    Attributes:
        code: What the process should exit with.
        start: Seconds from the process's start to the end of the first paint with a map; None
            before.
    """

    def __init__(self, context: FeatureContext, seconds: float) -> None:
        super().__init__(context.slots.window)
        self._context = context
        self._seconds = seconds
        self.code = 0
        self.start: float | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._finish)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.timeout.connect(self._lose_patience)
        self._patience.start(round(_PATIENCE_SECONDS * 1000))
        context.presenter.first_overlay.connect(self._on_first_overlay)
        context.session.failed.connect(self._fail)
        context.session.student.inference_failed.connect(self._fail)

    def act(self) -> None:
        """Does the errand; subclasses say what."""
        raise NotImplementedError

    def _on_first_overlay(self) -> None:
        self.start = self.start or seconds_alive()
        self._patience.stop()
        self._timer.start(round(self._seconds * 1000))

    def _finish(self) -> None:
        self.act()
        self._context.slots.window.close()

    def _fail(self, error: UvanetError) -> None:
        self.give_up(str(error))

    def _lose_patience(self) -> None:
        self.give_up(
            tr("There was no overlay within {seconds:.0f} seconds.").format(
                seconds=_PATIENCE_SECONDS
            )
        )

    def give_up(self, words: str) -> None:
        """Says why on stderr and leaves."""
        sys.stderr.write(f"uvanet: {words}\n")
        self.code = 1
        self._context.slots.window.close()


class _Pulse(QObject):
    """Finds the longest time for which the window's thread heard nothing.

    Attributes:
        longest: Seconds beyond the pulse's own interval.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.longest = 0.0
        self._last: float | None = None
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start(_PULSE_MS)

    def _beat(self) -> None:
        now = time.perf_counter()
        if self._last is not None:
            self.longest = max(self.longest, now - self._last - _PULSE_MS / 1000)
        self._last = now


class Measurement(ScheduledTask):
    """Prints one line of JSON: start-up, latency, rates, memory, what it costs."""

    def _on_first_overlay(self) -> None:
        self._before = self._context.session.stats()
        self._since = time.perf_counter()
        self._cpu = _cpu_seconds()
        self._pulse = _Pulse(self)
        super()._on_first_overlay()

    def act(self) -> None:
        """Prints the line."""
        context, info = self._context, self._context.session.info
        stats = context.session.stats()
        elapsed = time.perf_counter() - self._since
        size = context.slots.canvas.picture_rect().size().toSize()
        numbers = {
            "source": info.spec if info else "",
            "width": info.width if info else 0,
            "height": info.height if info else 0,
            "model": short_name(context.session.student.name),
            "platform": QGuiApplication.platformName(),
            "painted_width": size.width(),
            "painted_height": size.height(),
            "pixel_ratio": context.slots.window.devicePixelRatioF(),
            "seconds": round(elapsed, 3),
            "cores": round((_cpu_seconds() - self._cpu) / elapsed, 3),
            "gui_blocked_ms": round(1000 * self._pulse.longest, 1),
            "start_to_first_overlay_s": round(self.start or 0.0, 3),
            "latency_p50_ms": _rounded(stats.latency_p50_ms),
            "latency_p95_ms": _rounded(stats.latency_p95_ms),
            "inference_p50_ms": _rounded(stats.inference_p50_ms),
            "fps_captured": round((stats.captured - self._before.captured) / elapsed, 2),
            "fps_inferred": round((stats.inferred - self._before.inferred) / elapsed, 2),
            "fps_painted": round((stats.painted - self._before.painted) / elapsed, 2),
            "captured": stats.captured,
            "inferred": stats.inferred,
            "painted": stats.painted,
            "overwritten": {str(cause): count for cause, count in stats.dropped_by_cause.items()},
            "in_flight": stats.in_flight,
            "failed": stats.failed,
            "rss_bytes": stats.rss_bytes,
        }
        numbers |= self.more()
        sys.stdout.write(json.dumps(numbers) + "\n")
        sys.stdout.flush()

    def more(self) -> dict[str, Any]:
        """Numbers of a special measurement."""
        return {}


class TrainingMeasurement(Measurement):
    """The same while a student trains in a process of its own.

    Args:
        context: The parts of the program.
        seconds: How long, from the first step of the training.
        folder: Of the run, which ends with the measurement.
    """

    def __init__(self, context: FeatureContext, seconds: float, folder: Path) -> None:
        super().__init__(context, seconds)
        self._folder, self._rss = folder, 0
        self._reader = LineReader()
        self._process = QProcess(self)
        self._process.setProcessChannelMode(QProcess.ProcessChannelMode.ForwardedErrorChannel)
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.finished.connect(self._on_ended)
        self._process.errorOccurred.connect(self._on_ended)

    def _on_first_overlay(self) -> None:
        self.start = seconds_alive()
        self._patience.start(round(_TRAINING_SECONDS * 1000))
        command = ["-m", "uvanet", "adapt", "demo", "--seconds", "10", "--steps", "1000000"]
        command += ["--out", str(self._folder), "--events", "jsonl", "--background"]
        self._process.start(sys.executable, command)

    def _read(self) -> None:
        for event in self._reader.feed(bytes(self._process.readAllStandardOutput().data())):
            if getattr(event, "phase", "") == "train" and not self._rss:
                self._rss = psutil.Process().memory_info().rss
                super()._on_first_overlay()

    def _on_ended(self) -> None:
        self.give_up(tr("The training ended early; its messages are above."))

    def _finish(self) -> None:
        self._process.blockSignals(True)
        super()._finish()
        self._process.kill()
        self._process.waitForFinished(round(_END_SECONDS * 1000))

    def more(self) -> dict[str, Any]:
        """The memory when the training began."""
        return {"rss_at_first_bytes": self._rss}


class Screenshot(ScheduledTask):
    """Saves a picture of the window as it is on the screen.

    Args:
        context: The parts of the program.
        seconds: How long after the first overlay.
        path: The picture's file; its ending says the format.
    """

    def __init__(self, context: FeatureContext, seconds: float, path: Path) -> None:
        super().__init__(context, seconds)
        self._path = path

    def act(self) -> None:
        """Takes the picture."""
        if not grab(self._context.slots.window).save(str(self._path)):
            sys.stderr.write(
                f"uvanet: {tr('The picture cannot be saved to {path}.').format(path=self._path)}\n"
            )
            self.code = 1


def grab(window: QWidget) -> QPixmap:
    """The window's picture: from the screen where the system lets us, else painted anew."""
    if QGuiApplication.platformName() == "xcb":
        taken = window.screen().grabWindow(window.winId())
        if not taken.isNull():
            return taken
    return window.grab()


def _cpu_seconds() -> float:
    """What this process, all threads together, has had of the processor."""
    times = psutil.Process().cpu_times()
    return float(times.user + times.system)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
