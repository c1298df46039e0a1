"""Opens a source and prints what happens, one JSON object a line, until a line comes on stdin.

Usage: read_source.py SPEC RECONNECT [NAME=SECONDS ...], with constants of uvanet.sources.camera.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from camera_kit import number_in

from uvanet.errors import UvanetError
from uvanet.sources import camera, make_source


def say(kind: str, **facts: Any) -> None:
    sys.stdout.write(json.dumps({"kind": kind, **facts}, default=str) + "\n")
    sys.stdout.flush()


def main() -> None:
    spec, reconnect, *constants = sys.argv[1:]
    for name, value in (text.split("=") for text in constants):
        setattr(camera, name, float(value))
    source = make_source(spec, reconnect=float(reconnect))
    source.on_status = lambda status: say("status", **dataclasses.asdict(status))

    def read() -> None:
        try:
            source.open()
            say("opened", info=dataclasses.asdict(source.info))
            while (frame := source.read()) is not None:
                say(
                    "frame",
                    number=number_in(frame.image),
                    size=frame.image.shape[:2],
                    index=frame.index,
                    pts=frame.pts,
                    captured=frame.captured,
                    now=time.perf_counter(),
                    damaged=source.status.damaged,
                )
        except UvanetError as error:
            say("error", type=type(error).__name__, message=error.message, hint=error.hint)

    reader = threading.Thread(target=read)
    reader.start()
    sys.stdin.readline()
    began = time.monotonic()
    source.close()
    reader.join()
    say("closed", seconds=time.monotonic() - began)


main()
