"""`uvanet predict --events`: an export that reports to the program that started it.

Stdout carries the events of `uvanet.video.events`, one JSON object per line. Stdin takes the lines
`cancel` (end without files) and `stop` (end and keep the finished files). The end of stdin cancels,
since the other program has ended then.
"""

from __future__ import annotations

import signal
import sys
import threading
import time

from uvanet.errors import UvanetError
from uvanet.redaction import printable, redact_source
from uvanet.sources import SourceStatus
from uvanet.video.control import Cancelled, Control, Progress
from uvanet.video.events import (
    ExportCancelled,
    ExportDone,
    ExportedSource,
    ExportEvent,
    ExportFailed,
    ExportProgress,
    ExportStarted,
    ExportStatus,
    encode_export_event,
)
from uvanet.video.exporter import ExportResult, export
from uvanet.video.job import Job

_PROGRESS_INTERVAL_S = 0.2


def run_with_events(job: Job) -> int:
    """Exports and writes events; gives the exit code, 0 if files were written."""
    control = Control()
    threading.Thread(target=_listen, args=(control,), name="commands", daemon=True).start()
    # The parent may end the export by a signal, when it no longer serves the pipes.
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: control.cancel())
    last = 0.0

    def progress(now: Progress) -> None:
        nonlocal last
        if (moment := time.monotonic()) - last >= _PROGRESS_INTERVAL_S:
            last = moment
            _emit(ExportProgress(now.done, now.total, now.fps, now.left))

    def on_status(status: SourceStatus) -> None:
        problem, hint = printable(status.problem), printable(status.hint)
        _emit(ExportStatus(str(status.condition), problem, hint, status.retry_in))

    _emit(ExportStarted(printable(redact_source(job.source))))
    try:
        result = export(job, progress=progress, control=control, on_status=on_status)
    except Cancelled:
        _emit(ExportCancelled())
        return 1
    except UvanetError as error:
        _emit(ExportFailed(error.message, error.hint))
        return 1
    _emit(done_event(result))
    return 0


def done_event(result: ExportResult) -> ExportDone:
    """The result of an export as an event."""
    source = result.source
    return ExportDone(
        paths=tuple(printable(path) for path in result.paths),
        model=result.model,
        source=ExportedSource(
            spec=printable(redact_source(source.spec)),
            title=printable(source.title),
            kind=str(source.kind),
            width=source.width,
            height=source.height,
            fps=source.fps,
            frames=source.frames,
            duration=source.duration,
            pixel_format=source.pixel_format,
            requested=str(source.requested or ""),
        ),
        frames=result.frames,
        seconds=result.seconds,
        fps=result.fps,
        network_p50_ms=result.network_p50_ms,
        latency_p50_ms=result.latency_p50_ms,
        latency_p95_ms=result.latency_p95_ms,
        stopped=result.stopped,
        note=result.note,
    )


def _emit(event: ExportEvent) -> None:
    # Through the text stream, which turns its errors into OutputError; see `uvanet.cli.streams`.
    sys.stdout.write(encode_export_event(event).decode())
    sys.stdout.flush()


def _listen(control: Control) -> None:
    for line in sys.stdin:
        if line.strip() == "stop":
            control.stop()
        if line.strip() == "cancel":
            break
    control.cancel()
