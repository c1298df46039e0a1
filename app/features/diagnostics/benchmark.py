"""Measurements of the running program, for `uvanet bench`."""

from __future__ import annotations

import itertools
import json
import sys
import time
from pathlib import Path
from typing import Any

import psutil
from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication

from app.features.diagnostics.scheduled_task import ScheduledTask
from app.pipeline.packets import SaliencyPacket
from app.runtime.child_process import ChildProcess, own_command
from app.session.models import short_name
from app.shell.context import FeatureContext
from app.ui.i18n import tr
from uvanet.redaction import redact
from uvanet.system_info import seconds_alive
from uvanet.training.progress import decode_event

_TRAINING_SECONDS = 600.0  # time limit for the first step of a training
_END_SECONDS = 5.0  # time limit for its end
_PULSE_MS = 4
_DRAG_MS = 16  # interval at which a mouse reports its position


class _Pulse(QObject):
    """Measures the longest time for which the GUI thread processed no events.

    Attributes:
        longest: Seconds beyond the interval of the timer.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.longest = 0.0
        self._last: float | None = None
        self._timer = QTimer(self, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start(_PULSE_MS)

    def _beat(self) -> None:
        now = time.perf_counter()
        if self._last is not None:
            self.longest = max(self.longest, now - self._last - _PULSE_MS / 1000)
        self._last = now


class Measurement(ScheduledTask):
    """Prints start-up time, latency, rates, memory and CPU use as one line of JSON."""

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
            "source": redact(info.spec) if info else "",
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
            "latency_from": "exposure" if stats.latency_from_exposure else "arrival",
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
        """Further values; defined by subclasses."""
        return {}


class DragMeasurement(Measurement):
    """A measurement while the timeline is dragged from the start of a file to its end and back."""

    def _on_first_overlay(self) -> None:
        super()._on_first_overlay()
        self._requests = 0
        self._shown: list[int] = []
        self._context.presenter.presented.connect(self._on_presented)
        self._drag = QTimer(self, timerType=Qt.TimerType.PreciseTimer)
        self._drag.timeout.connect(self._move)
        self._drag.start(_DRAG_MS)

    def _move(self) -> None:
        info = self._context.session.info
        share = 2 * (time.perf_counter() - self._since) / self._seconds
        if info is not None and info.duration is not None:
            self._context.session.seek(info.duration * (1 - abs(1 - min(share, 2))))
            self._requests += 1

    def _on_presented(self, packet: SaliencyPacket) -> None:
        self._shown.append(packet.frame.index)

    def more(self) -> dict[str, Any]:
        """Per second: requested positions, paints, and paints of another frame than the last."""
        elapsed = time.perf_counter() - self._since
        changes = sum(a != b for a, b in itertools.pairwise(self._shown))
        return {
            "drag_requests_per_s": round(self._requests / elapsed, 1),
            "drag_paints_per_s": round(len(self._shown) / elapsed, 1),
            "drag_positions_per_s": round(changes / elapsed, 1),
        }


class TrainingMeasurement(Measurement):
    """A measurement while a student trains in another process.

    Args:
        context: The parts of the program.
        seconds: Duration in seconds, from the first step of the training.
        folder: Folder of the training, which is stopped after the measurement.
    """

    def __init__(self, context: FeatureContext, seconds: float, folder: Path) -> None:
        super().__init__(context, seconds)
        self._rss = 0
        command = [*own_command(), "finetune", "demo", "--seconds", "1", "--steps", "1000000"]
        command += ["--out", str(folder), "--events", "jsonl", "--background"]
        self._process = ChildProcess(command, self)
        self._process.line.connect(self._on_line)
        self._process.ended.connect(self._on_ended)

    def _on_first_overlay(self) -> None:
        self.start = seconds_alive()
        self._limit.start(round(_TRAINING_SECONDS * 1000))
        self._process.start()

    def _on_line(self, line: bytes) -> None:
        if getattr(decode_event(line), "phase", "") == "train" and not self._rss:
            self._rss = psutil.Process().memory_info().rss
            super()._on_first_overlay()

    def _awaited(self) -> str:
        return tr("overlay") if self.start is None else tr("step of the training")

    def _on_ended(self) -> None:
        errors = self._process.start_error or self._process.error_text
        self.give_up(tr("The training ended early: {0}").format(errors.strip()))

    def give_up(self, text: str) -> None:
        """Writes the reason to stderr, ends the training and quits."""
        self._process.blockSignals(True)
        super().give_up(text)
        self._end_training()

    def _finish(self) -> None:
        self._process.blockSignals(True)
        super()._finish()
        self._end_training()

    def _end_training(self) -> None:
        self._process.kill()
        self._process.close(_END_SECONDS)

    def more(self) -> dict[str, Any]:
        """Memory of the program at the first step of the training."""
        return {"rss_at_first_bytes": self._rss}


def _cpu_seconds() -> float:
    """Returns the CPU time of this process in seconds, all threads together."""
    times = psutil.Process().cpu_times()
    return float(times.user + times.system)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
