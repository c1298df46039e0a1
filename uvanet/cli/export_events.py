"""An export told line by line as JSON, for a program that started this one.

Each line of the output is an object with `event`: `start` (source), `progress` (done, total,
fps, left), then one of `done` (the result), `cancelled`, or `error` (message, hint). A line
`cancel` on the input ends it without a file, `stop` keeps what was finished; so does the end of the
input, since then the other program is gone: it cancels.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from uvanet.errors import UvanetError
from uvanet.video.control import Control, Progress
from uvanet.video.exporter import Cancelled, export

if TYPE_CHECKING:
    from uvanet.video.exporter import Result
    from uvanet.video.job import Job

_EVERY_S = 0.2


def run_with_events(job: Job) -> int:
    """Does a job and tells how it goes; the exit code is 0 where a file was written."""
    control = Control()
    threading.Thread(target=_listen, args=(control,), name="commands", daemon=True).start()
    # The other program's way to end us where it does not read or write any more.
    signal.signal(signal.SIGTERM, lambda *_: control.cancel())
    last = 0.0

    def progress(now: Progress) -> None:
        nonlocal last
        if (moment := time.monotonic()) - last >= _EVERY_S:
            last = moment
            _tell("progress", done=now.done, total=now.total, fps=now.fps, left=now.left)

    _tell("start", source=job.source)
    try:
        result = export(job, progress=progress, control=control)
    except Cancelled:
        _tell("cancelled")
        return 1
    except UvanetError as error:
        _tell("error", message=error.message, hint=error.hint)
        return 1
    _tell("done", **as_json(result))
    return 0


def as_json(result: Result) -> dict[str, Any]:
    """The result's facts for machines."""
    return {
        "paths": [str(path) for path in result.paths],
        "model": result.model,
        "source": {
            name: getattr(result.source, name)
            for name in ("spec", "title", "kind", "width", "height", "fps", "frames", "duration")
        },
        "frames": result.frames,
        "seconds": result.seconds,
        "fps": result.fps,
        "network_p50_ms": result.network_p50_ms,
        "latency_p50_ms": result.latency_p50_ms,
        "latency_p95_ms": result.latency_p95_ms,
        "stopped": result.stopped,
        "note": result.note,
    }


def _tell(event: str, **facts: Any) -> None:
    sys.stdout.write(json.dumps({"event": event, **facts}) + "\n")
    sys.stdout.flush()


def _listen(control: Control) -> None:
    for line in sys.stdin:
        if line.strip() == "stop":
            control.stop()
            return
        if line.strip() == "cancel":
            break
    control.cancel()
